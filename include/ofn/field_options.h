// What an author may say about a type and its fields, beside their C++ types: see <ofn/fields.h>.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>

namespace ofn {

// Options of a struct. Specialise them at namespace scope:
//   template <> inline constexpr bool ofn::refuse_unknown_fields<Order> = true;
// If true, a member of the JSON object that is not a field is an error. By default it is ignored.
template <class T>
// NOLINTNEXTLINE(readability-identifier-naming): authors write it
inline constexpr bool refuse_unknown_fields = false;
// If true, fields may be missing; they keep the struct's default value. By default only
// std::optional fields may be missing.
template <class T>
// NOLINTNEXTLINE(readability-identifier-naming): authors write it
inline constexpr bool default_absent_fields = false;

// The author's own form of a type. Specialise it in one of two ways.
//
// As the whole body of a request or response, with any media type:
//   template <>
//   struct ofn::Codec<Csv> {
//     static constexpr const char* media_type = "text/csv";   // others are refused with 415
//     static Csv decode(std::string_view body);               // throws ofn::BadInput: 400
//     static std::string encode(const Csv& csv);
//   };
// An argument needs only decode, a result only encode.
//
// As a value in JSON, in the form of another type, which is the parameter of from_json:
//   template <>
//   struct ofn::Codec<Uuid> {
//     static Uuid from_json(std::string text);                // throws ofn::BadInput("expected a UUID")
//     static std::string to_json(const Uuid& uuid);
//   };
template <class T>
struct Codec;

// A JSON value that the author reads and writes as text, whatever it is. Errors: a result whose text is not JSON cannot be written.
struct RawJson {
  std::string text = "null";
  friend bool operator==(const RawJson&, const RawJson&) = default;
};

namespace internal {

// A text as an argument of a template.
template <std::size_t kSize>
struct FixedText {
  // NOLINTNEXTLINE(google-explicit-constructor,modernize-avoid-c-arrays): a literal converts.
  consteval FixedText(const char (&literal)[kSize]) {
    for (std::size_t i = 0; i < kSize; ++i) text[i] = literal[i];
  }
  char text[kSize]{};  // NOLINT(modernize-avoid-c-arrays)
};

}  // namespace internal

// The options of a field, in OFN_FIELDS.
namespace option {
struct Name {
  std::string_view name;
};
template <class N>
struct Least {
  N number;
};
template <class N>
struct Most {
  N number;
};
struct Length {
  std::size_t shortest;
  std::size_t longest;
};
template <internal::FixedText kText>
struct Pattern {
  static constexpr const char* kPattern = kText.text;
};
struct OrDefault {};
struct AsText {};
}  // namespace option

// The name of the member; by default that of the field.
constexpr option::Name name(std::string_view name) { return {name}; }
// The least and the largest value of a number.
template <class N>
  requires std::is_arithmetic_v<N>
constexpr option::Least<N> min(N number) {
  return {number};
}
template <class N>
  requires std::is_arithmetic_v<N>
constexpr option::Most<N> max(N number) {
  return {number};
}
// The length of a text in characters, or the number of elements of a list or map.
constexpr option::Length length(std::size_t shortest,
                                std::size_t longest = std::numeric_limits<std::size_t>::max()) {
  return {shortest, longest};
}
// A regular expression that some part of a text must match: ofn::pattern<"^[A-Z]{3}$">. Write ^ and $ for the whole text. The syntax is that
// of JSON Schema (ECMA-262), as far as PCRE2 has it: \d, \w and \s are ASCII, and a character is one of Unicode.
// Errors: a wrong expression stops the start of the program, and names the field. PCRE2 is a library of the system, which the program opens
// only for a function that has a pattern. Cost: a text that takes more than some milliseconds to compare does not match.
template <internal::FixedText kText>
// NOLINTNEXTLINE(readability-identifier-naming): authors write it
inline constexpr option::Pattern<kText> pattern;
// The field may be missing; then it keeps the struct's default value.
// NOLINTBEGIN(readability-identifier-naming): authors write them
inline constexpr option::OrDefault or_default;
// The JSON of an integer is a string with its digits, because many readers of JSON round integers above 2^53. A number is read, too.
inline constexpr option::AsText as_text;
// NOLINTEND(readability-identifier-naming)

}  // namespace ofn
