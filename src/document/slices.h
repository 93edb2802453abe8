// The parts of a JSON text as slices of it. Parts that are passed on stay as the sender wrote them:
// numbers lose no digit, members keep their order. These functions check nothing; check the text
// first (document/json.h).
//
//   if (auto json = check_json(text); !json) return json.error();
//   const auto members = Members::of(text);                       //  nullopt if it is not an object
//   if (const auto data = members->find("data")) use(*data);      // {"b":1, "a":1.0}
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ofn::document {

// Returns the text with U+FFFD in place of each part that is not Unicode: bytes that are not UTF-8,
// and escapes of half a surrogate pair. Most JSON readers, including Go's, read such a text in this
// way; check_json() refuses it. The text need not be JSON.
std::string with_unicode_repaired(std::string_view text);

// Walks the members of one object or the elements of one array. Borrows the text.
class Walk {
 public:
  explicit Walk(std::string_view text);
  bool is_object() const { return opening_ == '{'; }
  bool is_array() const { return opening_ == '['; }

  // Steps to the next member or element. Returns false if there are no more.
  bool next();
  // Returns the raw text of the next value (or key), and steps past it.
  std::string_view value();

 private:
  void skip_space();
  std::size_t length_of_string(std::size_t from) const;
  std::size_t length_of_value() const;

  std::string_view rest_;
  char opening_ = '\0';
};

// One object's members in their order. Borrows the texts of the values.
class Members {
 public:
  struct Member {
    std::string name;
    std::string_view value;  // raw JSON text
  };

  // Returns nullopt if the text is not an object.
  static std::optional<Members> of(std::string_view text);

  // Returns the raw text of a member. If several have the name, returns the last one, as most
  // readers do. nullopt if none has it.
  std::optional<std::string_view> find(std::string_view name) const;
  // Returns a name that occurs twice; nullopt if none does.
  std::optional<std::string> repeated() const;
  // Sets a member. A new member comes after the others. `value` is borrowed.
  void set(std::string_view name, std::string_view value);
  void remove(std::string_view name);
  // Gives a member another name, and removes others that have it. Does nothing if there is no such member.
  void rename(std::string_view from, std::string_view to);

  // The object as text, without blanks between its members.
  std::string text() const;

 private:
  std::vector<Member> members_;
};

// Decodes a raw JSON string, and encodes a text as one. The text is UTF-8.
std::string unquote(std::string_view raw);
std::string quote(std::string_view text);

// Returns the kind of a raw value for an error message: "a string", "an object".
std::string_view kind_of(std::string_view raw);

}  // namespace ofn::document
