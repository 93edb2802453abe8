// The JSON form of an author's types, with one declaration beside each struct.
//
//   struct Order {
//     std::string item;
//     int count = 1;
//     std::optional<std::string> note;
//   };
//   OFN_FIELDS(Order, item, (count, ofn::or_default, ofn::min(1), ofn::max(100)), (note, ofn::name("Note")))
//
// A field may be: bool, an integer, float, double, std::string, another struct with OFN_FIELDS, an enumeration with OFN_ENUM;
// std::optional, std::vector and other lists, std::set, std::map with std::string as key, std::array, std::tuple, std::pair and
// OFN_VARIANT of these; a time point of std::chrono::system_clock and a duration of std::chrono; std::vector<std::byte> (base64);
// ofn::RawJson; and any type with a Codec. This header only describes fields. The host reads and writes the JSON.
#pragma once

#include <cstdint>
#include <utility>
#include <variant>

#include <ofn/describe.h>
#include <ofn/register.h>

// NOLINTBEGIN(cppcoreguidelines-macro-usage): names become texts.

// OFN_FIELDS(Type, field, …): the fields for JSON, by their own names; up to 64. Use it in the
// namespace of the type, after its definition. The type must not be a template. A field with options stands in parentheses:
//   OFN_FIELDS(Order, item, (count, ofn::min(1), ofn::max(100)), (note, ofn::name("Note"), ofn::length(0, 80)))
#define OFN_FIELDS(Type, ...)                                           \
  [[maybe_unused]] constexpr auto ofn_fields(const Type*) {             \
    using OfnType [[maybe_unused]] = Type;                              \
    return ::ofn::internal::FieldList<OFN_INTERNAL_COUNT(__VA_ARGS__)>{ \
        #Type, {OFN_INTERNAL_EACH(OFN_INTERNAL_FIELD, __VA_ARGS__)}};   \
  }

// OFN_DERIVED_FIELDS(Type, Base, field, …): the same for a type that derives from Base. The fields of Base, which OFN_FIELDS has
// named, come first, in the same JSON object.
#define OFN_DERIVED_FIELDS(Type, Base, ...)                                \
  [[maybe_unused]] constexpr auto ofn_fields(const Type*) {                \
    using OfnType [[maybe_unused]] = Type;                                 \
    return ::ofn::internal::with_base<Type, Base>(                         \
        ::ofn::internal::FieldList<OFN_INTERNAL_COUNT(__VA_ARGS__)>{       \
            #Type, {OFN_INTERNAL_EACH(OFN_INTERNAL_FIELD, __VA_ARGS__)}}); \
  }

// OFN_ENUM(Type, enumerator, …): an enumeration whose JSON is the enumerator's name; up to 64. For another word, write the
// enumerator and the word in parentheses: OFN_ENUM(Color, red, (kGreen, "green")).
#define OFN_ENUM(Type, ...)                                            \
  [[maybe_unused]] constexpr auto ofn_words(const Type*) {             \
    using OfnType [[maybe_unused]] = Type;                             \
    return ::ofn::internal::WordList<OFN_INTERNAL_COUNT(__VA_ARGS__)>{ \
        #Type, {OFN_INTERNAL_EACH(OFN_INTERNAL_WORD, __VA_ARGS__)}};   \
  }

// OFN_VARIANT(Type, tag, word, …): a std::variant of structs with OFN_FIELDS, with a word for each. Its JSON is the object of the
// struct, with the word in the member `tag`, which is not a field:
//   using Shape = std::variant<Circle, Square>;
//   OFN_VARIANT(Shape, "kind", "circle", "square")      // {"kind":"circle","radius":1}
// Use it in the namespace of one of the structs.
#define OFN_VARIANT(Type, tag, ...)                                                                \
  [[maybe_unused]] constexpr auto ofn_alternatives(const Type*) {                                  \
    return ::ofn::internal::alternatives<Type>(                                                    \
        #Type, tag, ::std::make_index_sequence<OFN_INTERNAL_COUNT(__VA_ARGS__)>(), {__VA_ARGS__}); \
  }

#define OFN_INTERNAL_FIELD(field) \
  OFN_INTERNAL_JOIN(OFN_INTERNAL_FIELD_, OFN_INTERNAL_IS_PACKED(field))(field)
#define OFN_INTERNAL_FIELD_0(field) OFN_INTERNAL_FIELD_WITH(field)
#define OFN_INTERNAL_FIELD_1(packed) OFN_INTERNAL_FIELD_WITH packed
#define OFN_INTERNAL_FIELD_WITH(field, ...)                                            \
  ::ofn::internal::one_field<OfnType>(#field, []<class OfnStruct>(OfnStruct* object) { \
    if constexpr (requires { &object->field; }) {                                      \
      return &object->field;                                                           \
    } else {                                                                           \
      return ::ofn::internal::FixedText(#field);                                       \
    }                                                                                  \
  } __VA_OPT__(, ) __VA_ARGS__),
#define OFN_INTERNAL_WORD(word) \
  OFN_INTERNAL_JOIN(OFN_INTERNAL_WORD_, OFN_INTERNAL_IS_PACKED(word))(word)
#define OFN_INTERNAL_WORD_0(word) OFN_INTERNAL_WORD_WITH(word, #word)
#define OFN_INTERNAL_WORD_1(packed) OFN_INTERNAL_WORD_WITH packed
#define OFN_INTERNAL_WORD_WITH(enumerator, text)                        \
  ::ofn::internal::one_word<OfnType>(text, []<class OfnEnum>(OfnEnum) { \
    if constexpr (requires { OfnEnum::enumerator; }) {                  \
      return OfnEnum::enumerator;                                       \
    } else {                                                            \
      return ::ofn::internal::FixedText(#enumerator);                   \
    }                                                                   \
  }),

// 1 for an argument in parentheses, 0 for any other.
#define OFN_INTERNAL_IS_PACKED(x) OFN_INTERNAL_SECOND_OF(OFN_INTERNAL_PROBE x, 0, 0)
#define OFN_INTERNAL_PROBE(...) ~, 1
#define OFN_INTERNAL_SECOND_OF(...) OFN_INTERNAL_SECOND(__VA_ARGS__)
#define OFN_INTERNAL_SECOND(a, b, ...) b

#define OFN_INTERNAL_COUNT(...) (0 OFN_INTERNAL_EACH(OFN_INTERNAL_ONE, __VA_ARGS__))
#define OFN_INTERNAL_ONE(x) +1  // NOLINT(bugprone-macro-parentheses): one summand of many

// Applies a macro to each argument. Each level of OFN_INTERNAL_SCAN scans four times as often.
#define OFN_INTERNAL_EACH(macro, ...) \
  __VA_OPT__(OFN_INTERNAL_SCAN(OFN_INTERNAL_STEP(macro, __VA_ARGS__)))
#define OFN_INTERNAL_STEP(macro, first, ...) \
  macro(first) __VA_OPT__(OFN_INTERNAL_AGAIN OFN_INTERNAL_PARENS(macro, __VA_ARGS__))
#define OFN_INTERNAL_AGAIN() OFN_INTERNAL_STEP
#define OFN_INTERNAL_PARENS ()
#define OFN_INTERNAL_SCAN(...) \
  OFN_INTERNAL_SCAN3(OFN_INTERNAL_SCAN3(OFN_INTERNAL_SCAN3(OFN_INTERNAL_SCAN3(__VA_ARGS__))))
#define OFN_INTERNAL_SCAN3(...) \
  OFN_INTERNAL_SCAN2(OFN_INTERNAL_SCAN2(OFN_INTERNAL_SCAN2(OFN_INTERNAL_SCAN2(__VA_ARGS__))))
#define OFN_INTERNAL_SCAN2(...) \
  OFN_INTERNAL_SCAN1(OFN_INTERNAL_SCAN1(OFN_INTERNAL_SCAN1(OFN_INTERNAL_SCAN1(__VA_ARGS__))))
#define OFN_INTERNAL_SCAN1(...) __VA_ARGS__

// NOLINTEND(cppcoreguidelines-macro-usage)
