// Reads one JSON text (RFC 8259) from its beginning to its end, value by value. It makes no tree, and copies only strings with escapes.
//
//   JsonScanner json(R"({"ids": [1, 2]})", 64);
//   if (json.next() == JsonScanner::Kind::kObject) {
//     while (json.member()) json.skip();
//   }
//   if (!json.finish()) say(json.mistake_position());
//
// Why it is our own: docs/decisions/0019-own-json-scanner.md. A byte order mark before a text is skipped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ofn::document {

// Lifetime: borrows the text. Strict: after the first mistake next() returns kMistake, and the other functions return false.
// Cost: linear, without recursion.
class JsonScanner {
 public:
  // kObject and kList are their opening brackets, the other kinds are whole values.
  enum class Kind : std::uint8_t { kNull, kFalse, kTrue, kNumber, kText, kObject, kList, kMistake };
  // A place to which the scanner can return.
  struct Place {
    std::size_t at;
    std::size_t depth;
  };

  JsonScanner(std::string_view text, std::size_t max_depth);

  // Reads what stands at the beginning of a value. Call it once for the text, and once after each item() and member().
  Kind next();
  // Steps to the next item of a list, or returns false at its end.
  bool item();
  // Steps to the next member of an object and reads its key, or returns false at its end.
  bool member();
  // Passes over the next value, or over the rest of a value of which next() has returned this kind.
  bool skip() { return skip_rest(next()); }
  bool skip_rest(Kind kind);
  // Returns true if nothing but white space follows.
  bool finish();

  // The member's key, without escapes. It is valid until the next key or string.
  std::string_view key() const { return string_; }
  // True if the key or string stands in the text as it is, so that it is valid as long as the text.
  bool is_borrowed() const { return is_borrowed_; }
  // The string without escapes, or the number as it stands in the text. It is valid until the next key or string.
  std::string_view text() const { return string_; }

  // The place at which the last value of next() begins.
  std::size_t begin() const { return begin_; }
  // The number of bytes that were read.
  std::size_t position() const { return at_; }
  // Call it directly after next() has returned kObject. Another scanner may not return to it.
  Place place() const { return {at_, depth_}; }
  void return_to(const Place& place);

  bool is_mistaken() const { return mistaken_; }
  bool is_too_deep() const { return too_deep_; }
  // From 1: the byte that is wrong, or the one behind the text if the text ends too early.
  std::size_t mistake_position() const { return at_ + 1; }

 private:
  void skip_space();
  bool fail();
  Kind open(Kind kind);
  Kind word(std::string_view rest, Kind kind);
  Kind number();
  bool digits();
  bool string();
  bool escape();
  bool hex(std::uint32_t& code);

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t begin_ = 0;
  std::size_t depth_ = 0;
  std::size_t max_depth_;
  bool is_first_ = false;  // an object or list has been opened, and nothing of it read
  bool mistaken_ = false;
  bool too_deep_ = false;
  bool is_borrowed_ = true;
  std::string_view string_;
  std::string buffer_;  // of a string with escapes
};

}  // namespace ofn::document
