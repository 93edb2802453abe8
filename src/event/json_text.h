// JSON texts as bytes: judged by nlohmann's parser, then read by slices, so that what is passed on
// stays the sender's own: numbers lose no digit, members keep their order.
//
//   if (auto json = check_json(text); !json) return json.error();
//   const auto members = Members::of(text);                       // nullopt: no object
//   if (const auto data = members->find("data")) use(*data);      // {"b":1, "a":1.0}
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace ofn::event {

// How deep objects and arrays may nest, `data` included: what parses an event's data after us must
// not be led to overflow its stack. The limit is generous: people write five levels.
inline constexpr std::size_t kMaxDepth = 256;

// Is this one JSON text? Errors: kInvalidArgument, "the body is not JSON: error at byte 7".
// A byte order mark before it is allowed. Neither this nor Walk recurses, so `max_depth` is for others.
Result<void> check_json(std::string_view text, std::size_t max_depth = kMaxDepth);

// The text with U+FFFD in the place of what is no Unicode: bytes that are not UTF-8, and escapes of half a
// surrogate pair. Most readers of JSON, Go's among them, read it so; check_json refuses it.
std::string with_unicode_repaired(std::string_view text);

// The same for a text that is to be embedded: without a byte order mark.
bool is_json(std::string_view text);

// Walks the members of one object or the elements of one array. The text is known to be JSON.
class Walk {
 public:
  explicit Walk(std::string_view text);
  bool is_object() const { return opening_ == '{'; }
  bool is_array() const { return opening_ == '['; }

  // Steps to the next member or element; false behind the last one.
  bool next();
  // The raw text of the next value (or key), and past it.
  std::string_view value();

 private:
  void skip_space();
  std::size_t length_of_string(std::size_t from) const;
  std::size_t length_of_value() const;

  std::string_view rest_;
  char opening_ = '\0';
};

// One object's members in their order. A value that is only read: the texts are borrowed.
class Members {
 public:
  struct Member {
    std::string name;
    std::string_view value;  // raw JSON text
  };

  // nullopt when the text, which is known to be JSON, is no object.
  static std::optional<Members> of(std::string_view text);

  // The raw text of a member; of several of one name the last, as most readers do. nullopt: none.
  std::optional<std::string_view> find(std::string_view name) const;
  // A name that occurs twice; nullopt: none does.
  std::optional<std::string> repeated() const;
  // Sets a member, behind the others when it is new. `value` is borrowed.
  void set(std::string_view name, std::string_view value);
  void remove(std::string_view name);
  // Gives a member another name, which no other has then; none: nothing happens.
  void rename(std::string_view from, std::string_view to);

  // The object as text, without blanks between its members.
  std::string text() const;

 private:
  std::vector<Member> members_;
};

// The text of a raw JSON string, and the reverse. The text is UTF-8.
std::string unquote(std::string_view raw);
std::string quote(std::string_view text);

// "a string", "an object": what a raw value is, for an error message.
std::string_view kind_of(std::string_view raw);

}  // namespace ofn::event
