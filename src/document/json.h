// JSON texts (RFC 8259): parsed into a tree, read value by value by a listener, or only checked.
//
//   auto tree = parse_json(R"({"port": 8080})");
//   tree->root.find("port")->text();                    // "8080"
//   if (auto json = check_json(body); !json) return json.error();
//   to_json(Node::object({{"id", "7"}}));               // {"id":"7"}
//
// json.cc is the only file of the project that includes the JSON library. A byte order mark before
// a text is skipped.
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
  std::string reason;      // contains no part of the text
};

// Errors: JsonFailure if `text` is not one JSON text in UTF-8, or nests deeper than `max_depth`.
// Cost: linear, without recursion.
std::expected<Tree, JsonFailure> parse_json(std::string_view text,
                                            std::size_t max_depth = kMaxDepth);
// The same for callers that need only the value. Returns nullopt instead of an error.
std::optional<Node> json_value(std::string_view text, std::size_t max_depth = kMaxDataDepth);

// Succeeds if `text` is one JSON text.
// Errors: kInvalidArgument, "the body is not JSON: error at byte 7". Cost: linear, without recursion or a tree.
Result<void> check_json(std::string_view text, std::size_t max_depth = kMaxDataDepth);
// Returns true if this is one JSON text without a byte order mark, so that it may be embedded in
// another.
bool is_json(std::string_view text);

// Gets each value of a text in its order. A function that returns false ends the reading.
class JsonListener {
 public:
  virtual ~JsonListener() = default;
  virtual bool on_null() = 0;
  virtual bool on_bool(bool value) = 0;
  virtual bool on_negative(std::int64_t value) = 0;  // an integer that begins with a minus
  virtual bool on_unsigned(std::uint64_t value) = 0;
  // `text` is the number as it was written. Integers that need more than 64 bits come here too.
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
  std::size_t position = 0;  // from 1, of the byte at which the reading ended
  std::string reason{};      // contains no part of the text
};

// Passes each value to the listener. Returns nullopt if the listener got the whole text.
std::optional<JsonMistake> read_json(std::string_view text, JsonListener& listener);

// Compact JSON, in the order of the tree.
std::string to_json(const Node& node);
// The same with each item and member on a line of its own, indented by two blanks for each level.
std::string to_indented_json(const Node& node);
// Appends a JSON string. The text is UTF-8.
void append_json_string(std::string& out, std::string_view text);

}  // namespace ofn::document
