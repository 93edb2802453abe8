// JSON texts (RFC 8259): parsed into a tree, read value by value by a listener, or only checked.
//
//   auto tree = parse_json(R"({"port": 8080})");
//   tree->root.find("port")->text();                    // "8080"
//   if (auto json = check_json(body); !json) return json.error();
//   to_json(Node::object({{"id", "7"}}));               // {"id":"7"}
//
// json.cc is the only file of the house that sees the JSON library. A byte order mark before a text is skipped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "document/node.h"
#include "document/tree_builder.h"

namespace ofn::document {

struct JsonFailure {
  std::size_t line = 1;    // from 1
  std::size_t column = 1;  // in bytes, from 1
  std::string reason;      // repeats nothing of the text
};

// Errors: JsonFailure for anything that is not one JSON text in UTF-8, or that nests deeper. Cost: linear, without recursion.
std::expected<Tree, JsonFailure> parse_json(std::string_view text,
                                            std::size_t max_depth = kMaxDepth);
// The same, if only the value counts; nullopt if there is none.
std::optional<Node> json_value(std::string_view text, std::size_t max_depth = kMaxDataDepth);

// Returns nothing if this is one JSON text.
// Errors: kInvalidArgument, "the body is not JSON: error at byte 7". Cost: linear, without recursion or a tree.
Result<void> check_json(std::string_view text, std::size_t max_depth = kMaxDataDepth);
// Returns true if this is one JSON text that may be embedded in another: without a byte order mark.
bool is_json(std::string_view text);

// Told of each value of a text in its order. A function that returns false ends the reading.
class JsonListener {
 public:
  virtual ~JsonListener() = default;
  virtual bool on_null() = 0;
  virtual bool on_bool(bool value) = 0;
  virtual bool on_negative(std::int64_t value) = 0;  // an integer that begins with a minus
  virtual bool on_unsigned(std::uint64_t value) = 0;
  // `text` is the number as it was written. Also told of integers beyond 64 bits.
  virtual bool on_real(double value, const std::string& text) = 0;
  virtual bool on_text(std::string& text) = 0;  // may be moved away
  virtual bool on_object() = 0;
  virtual bool on_key(std::string& key) = 0;  // may be moved away
  virtual bool on_object_end() = 0;
  virtual bool on_list() = 0;
  virtual bool on_list_end() = 0;
};

struct JsonMistake {
  enum class Kind : std::uint8_t {
    kStopped,  // the listener returned false
    kSyntax,
    kNumberTooLarge,  // for a double
  };
  Kind kind = Kind::kStopped;
  std::size_t position = 0;  // of the byte at which the reading ended, from 1
  std::string reason{};      // repeats nothing of the text
};

// Tells the listener of each value. Returns nullopt if it was told of the whole text.
std::optional<JsonMistake> read_json(std::string_view text, JsonListener& listener);

// Compact JSON, in the order of the tree.
std::string to_json(const Node& node);
// The same with each item and member on a line of its own, indented by two blanks a level.
std::string to_indented_json(const Node& node);
// Appends a JSON string. The text is UTF-8.
void append_json_string(std::string& out, std::string_view text);

}  // namespace ofn::document
