// How the host accesses a type of <ofn/fields.h>: the tables of <ofn/abi.h>, made from the C++ type. Authors include <ofn/fields.h>.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <ofn/abi.h>
#include <ofn/failure.h>
#include <ofn/field_options.h>
#include <ofn/json_types.h>
#include <ofn/signature.h>

namespace ofn::internal {

template <class T>
OFN_INTERNAL_HIDDEN const abi::Type& type_of() noexcept;

// The type from which a Codec of a value reads, and to which it writes.
template <class T, class P>
P parameter_of(T (*)(P));
template <class T>
auto other_form_of() {
  if constexpr (requires { &Codec<T>::from_json; }) {
    return std::type_identity<std::remove_cvref_t<decltype(parameter_of(&Codec<T>::from_json))>>();
  } else {
    return std::type_identity<
        std::remove_cvref_t<decltype(Codec<T>::to_json(std::declval<const T&>()))>>();
  }
}

constexpr std::size_t kMostFields = 64;

template <std::size_t kCount>
struct FieldList {
  static_assert(kCount <= kMostFields,
                "ofn: a struct has at most 64 fields, with those of its bases");
  const char* type;
  abi::TypeField fields[kCount == 0 ? 1 : kCount];
};
template <std::size_t kCount>
struct WordList {
  const char* type;
  abi::TypeWord words[kCount];
};
template <std::size_t kCount>
struct AlternativeList {
  const char* type;
  const char* tag;
  abi::TypeField fields[kCount];
};

template <class T>
inline constexpr auto kFields = ofn_fields(static_cast<const T*>(nullptr));
template <class T>
inline constexpr auto kWords = ofn_words(static_cast<const T*>(nullptr));
template <class T>
inline constexpr auto kAlternatives = ofn_alternatives(static_cast<const T*>(nullptr));
template <std::size_t kCount>
constexpr std::size_t count_of(const FieldList<kCount>&) {
  return kCount;
}

template <class T>
T& in(void* object) noexcept {
  return *static_cast<T*>(object);
}
template <class T>
const T& in(const void* object) noexcept {
  return *static_cast<const T*>(object);
}

// The value inside of optionals: what limits speak of.
template <class T>
struct Inside {
  using Type = T;
};
template <class T>
struct Inside<std::optional<T>> : Inside<T> {};

// These name what is missing: compilers repeat the arguments of a template.
template <class Type, FixedText kName>
constexpr bool kHas = false;
template <class Struct, FixedText kName>
constexpr void refuse_field() {
  static_assert(kHas<Struct, kName>,
                "ofn: OFN_FIELDS names what is no data member of the type, or is private");
}
template <class Enum, FixedText kName>
constexpr void refuse_word() {
  static_assert(kHas<Enum, kName>, "ofn: OFN_ENUM names what is no enumerator of the type");
}

// The word of an enumerator of Enum, which `Get` returns; if there is no such enumerator, `Get` returns its name.
template <class Enum, class Get>
constexpr auto one_word(std::string_view text, Get) {
  constexpr auto kValue = Get()(Enum());
  if constexpr (std::is_same_v<const Enum, decltype(kValue)>) {
    return abi::TypeWord{text, static_cast<std::uint64_t>(kValue)};
  } else {
    refuse_word<Enum, kValue>();
    return abi::TypeWord{};
  }
}

// The place of a compiled pattern. Fields with the same pattern share it.
template <FixedText kText>
OFN_INTERNAL_HIDDEN inline constinit abi::Pattern pattern_place{kText.text};

template <FixedText kText>
constexpr abi::Pattern* place_of(option::Pattern<kText>) {
  return &pattern_place<kText>;
}

template <class T, class O>
constexpr void set_option(abi::TypeField& field, const O& option) {
  using V = typename Inside<T>::Type;
  // Variables and no concepts, because compilers explain why a concept does not hold.
  constexpr bool kIsInteger = Number<V>;
  constexpr bool kIsNumber = kIsInteger || std::floating_point<V>;
  constexpr bool kIsText = std::is_same_v<V, std::string>;
  constexpr bool kIsList = List<V> || Set<V> || Map<V>;
  constexpr bool kIsAsText = std::is_same_v<O, option::AsText>;
  if constexpr (std::same_as<O, option::Name>) {
    field.name = option.name;
  } else if constexpr (requires { O::number; }) {
    static_assert(kIsNumber, "ofn: ofn::min and ofn::max are options of a number");
    field.is_limited = true;
    constexpr bool kIsLeast = std::same_as<O, option::Least<decltype(O::number)>>;
    (kIsLeast ? field.limits.has_least : field.limits.has_most) = true;
    (kIsLeast ? field.limits.least : field.limits.most) = static_cast<std::int64_t>(option.number);
    (kIsLeast ? field.limits.least_real : field.limits.most_real) =
        static_cast<double>(option.number);
  } else if constexpr (std::same_as<O, option::Length>) {
    static_assert(kIsText || kIsList, "ofn: ofn::length is an option of a text, list, set or map");
    field.is_limited = true;
    field.limits.shortest = option.shortest;
    field.limits.longest = option.longest;
  } else if constexpr (requires { O::kPattern; }) {
    static_assert(kIsText, "ofn: ofn::pattern is an option of a text");
    field.is_limited = true;
    field.limits.pattern = place_of(option);
  } else if constexpr (std::same_as<O, option::OrDefault>) {
    field.may_be_absent = true;
  } else {
    static_assert(kIsAsText, "ofn: this is not an option of a field");
    static_assert(!kIsAsText || kIsInteger, "ofn: ofn::as_text is an option of an integer");
    field.as_text = true;
  }
}

// A field of Struct, whose address `Get` returns; if there is no such field, `Get` returns its name.
// `auto`, because then a compiler reads the body where OFN_FIELDS stands, and says that place.
template <class Struct, class Get, class... O>
constexpr auto one_field(std::string_view name, Get, const O&... options) {
  using Address = decltype(Get()(static_cast<Struct*>(nullptr)));
  constexpr bool kIsField = std::is_pointer_v<Address>;
  abi::TypeField field;
  if constexpr (kIsField) {
    using T = std::remove_pointer_t<Address>;
    field = {.name = name, .type = &type_of<T>, .in = [](void* object) -> void* {
               return const_cast<std::remove_cv_t<T>*>(Get()(static_cast<Struct*>(object)));
             }};
    (set_option<T>(field, options), ...);
  } else {
    refuse_field<Struct, Get()(static_cast<Struct*>(nullptr))>();
  }
  return field;
}

// The fields of a struct, after those of its base.
template <class Struct, class Base, std::size_t kOwn>
constexpr auto with_base(const FieldList<kOwn>& own) {
  constexpr std::size_t kInherited = count_of(kFields<Base>);
  FieldList<kInherited + kOwn> all{own.type, {}};
  [&]<std::size_t... kIndex>(std::index_sequence<kIndex...>) {
    ((
         all.fields[kIndex] = kFields<Base>.fields[kIndex],
         all.fields[kIndex].in = [](void* object) -> void* {
           return kFields<Base>.fields[kIndex].in(static_cast<Base*>(static_cast<Struct*>(object)));
         }),
     ...);
  }(std::make_index_sequence<kInherited>());
  for (std::size_t i = 0; i < kOwn; ++i) all.fields[kInherited + i] = own.fields[i];
  return all;
}

template <class T, std::size_t... kIndex>
constexpr auto alternatives(const char* type, const char* tag, std::index_sequence<kIndex...>,
                            const std::string_view (&words)[sizeof...(kIndex)]) {
  constexpr bool kHasAWordForEach = sizeof...(kIndex) == std::variant_size_v<T>;
  static_assert(kHasAWordForEach,
                "ofn: OFN_VARIANT needs one word for each alternative of the std::variant");
  constexpr bool kHaveFields = (WithFields<std::variant_alternative_t<kIndex, T>> && ...);
  static_assert(kHaveFields, "ofn: each alternative of OFN_VARIANT is a struct with OFN_FIELDS");
  return AlternativeList<sizeof...(kIndex)>{
      type,
      tag,
      {abi::TypeField{.name = words[kIndex],
                      .type = &type_of<std::variant_alternative_t<kIndex, T>>,
                      .in = [](void* object) -> void* {
                        return &in<T>(object).template emplace<kIndex>();
                      }}...}};
}

// Elements of a tuple, as fields without names.
template <class T>
inline constexpr auto kElements = []<std::size_t... kIndex>(std::index_sequence<kIndex...>) {
  return FieldList<sizeof...(kIndex)>{
      nullptr,
      {abi::TypeField{
          .type = &type_of<std::tuple_element_t<kIndex, T>>,
          .in = [](void* object) -> void* { return &std::get<kIndex>(in<T>(object)); }}...}};
}(std::make_index_sequence<std::tuple_size_v<T>>());

inline std::vector<Bit> to_other_form(const Bits& bits) {
  std::vector<Bit> other;
  for (const bool bit : bits) other.push_back({bit});
  return other;
}
inline Bits from_other_form(std::vector<Bit> other, const Bits*) {
  Bits bits;
  for (const Bit& bit : other) bits.push_back(bit.value);
  return bits;
}
template <Set T>
std::vector<typename T::key_type> to_other_form(const T& set) {
  return {set.begin(), set.end()};
}
template <Set T>
T from_other_form(std::vector<typename T::key_type> other, const T*) {
  T set;
  for (auto& element : other) {
    const std::size_t before = set.size();
    set.insert(std::move(element));
    if (set.size() == before) throw BadInput("expected each item once");
  }
  return set;
}

// Describes a type by another one, into which it is converted.
template <class T, class Other>
constexpr void describe_through(abi::Type& type, auto convert, auto convert_back) {
  static_cast<void>(convert);
  static_cast<void>(convert_back);
  type.kind = abi::Kind::kThrough;
  type.element = &type_of<Other>;
  type.through = [](void* object, void* reader, abi::Fill* fill, std::string& refusal) {
    Other other{};
    if (!fill(reader, &other)) return false;
    try {
      in<T>(object) = decltype(convert)()(std::move(other));
      return true;
    } catch (const BadInput& error) {
      refusal = error.what();
      return false;
    }
  };
  type.each = [](const void* object, void* visitor, abi::Visit* visit) {
    const Other other = decltype(convert_back)()(in<T>(object));
    visit(visitor, {}, &other);
  };
}

// Whole seconds, rounded down, and the rest.
template <class D>
abi::Scalar seconds_of(D time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return {.integer = static_cast<std::uint64_t>(static_cast<std::int64_t>(seconds.count())),
          .nanoseconds = static_cast<std::uint32_t>(
              std::chrono::duration_cast<std::chrono::nanoseconds>(time - seconds).count())};
}
template <class D>
D duration_of(const abi::Scalar& value) {
  const std::chrono::seconds seconds(static_cast<std::int64_t>(value.integer));
  if constexpr (std::ratio_less_equal_v<typename D::period, std::ratio<1>>) {
    return std::chrono::duration_cast<D>(seconds) +
           std::chrono::duration_cast<D>(std::chrono::nanoseconds(value.nanoseconds));
  } else {
    return std::chrono::floor<D>(seconds);
  }
}
// The seconds that fit into a duration: its own limits, or those of a 64-bit number of seconds.
template <class D>
constexpr std::int64_t seconds_at(D limit) {
  using Wide = std::chrono::duration<double>;
  constexpr double kMost = 9.2e18;
  const double seconds = Wide(limit).count();
  if (seconds >= kMost || seconds <= -kMost)
    return seconds > 0 ? std::numeric_limits<std::int64_t>::max()
                       : std::numeric_limits<std::int64_t>::min();
  // One less, so that a fraction of a second fits, too.
  return static_cast<std::int64_t>(seconds) + (seconds > 0 ? -1 : 1);
}
template <class D>
constexpr void describe_seconds(abi::Type& type, abi::Kind kind) {
  type.kind = kind;
  type.min = seconds_at(D::min());
  type.max = static_cast<std::uint64_t>(seconds_at(D::max()));
}

template <class T>
constexpr abi::Type describe() {
  abi::Type type;
  if constexpr (CodedValue<T>) {
    using Other = typename decltype(other_form_of<T>())::type;
    describe_through<T, Other>(
        type,
        [](Other&& other) -> T {
          if constexpr (requires { &Codec<T>::from_json; }) {
            return Codec<T>::from_json(std::move(other));
          } else {
            throw BadInput("expected nothing: its Codec has no from_json");
          }
        },
        [](const T& value) -> Other {
          if constexpr (requires { &Codec<T>::to_json; }) {
            return Codec<T>::to_json(value);
          } else {
            throw std::runtime_error("its Codec has no to_json");
          }
        });
    return type;
  }
  if constexpr (std::same_as<T, bool> || Number<T> || WithWords<T>) {
    type.set = [](void* object, const abi::Scalar& value) {
      in<T>(object) = static_cast<T>(value.integer);
    };
    type.get = [](const void* object) {
      return abi::Scalar{.integer = static_cast<std::uint64_t>(in<T>(object))};
    };
  }
  if constexpr (std::same_as<T, bool>) {
    type.kind = abi::Kind::kBool;
  } else if constexpr (Number<T>) {
    type.kind = abi::Kind::kInteger;
    // NOLINTNEXTLINE(bugprone-signed-char-misuse): a number, and its sign counts.
    type.min = static_cast<std::int64_t>(std::numeric_limits<T>::min());
    type.max = static_cast<std::uint64_t>(std::numeric_limits<T>::max());
  } else if constexpr (WithWords<T>) {
    type.kind = abi::Kind::kEnum;
    type.name = kWords<T>.type;
    type.words = kWords<T>.words;
    type.count = sizeof(kWords<T>.words) / sizeof(abi::TypeWord);
  } else if constexpr (std::floating_point<T>) {
    type.kind = abi::Kind::kReal;
    type.largest = static_cast<double>(std::numeric_limits<T>::max());
    type.set = [](void* object, const abi::Scalar& value) {
      in<T>(object) = static_cast<T>(value.real);
    };
    type.get = [](const void* object) {
      return abi::Scalar{.real = static_cast<double>(in<T>(object))};
    };
  } else if constexpr (std::same_as<T, Bit>) {
    type.kind = abi::Kind::kBool;
    type.set = [](void* object, const abi::Scalar& value) {
      in<T>(object).value = value.integer != 0;
    };
    type.get = [](const void* object) {
      return abi::Scalar{.integer = in<T>(object).value ? 1U : 0U};
    };
  } else if constexpr (std::same_as<T, std::string>) {
    type.kind = abi::Kind::kText;
    type.set = [](void* object, const abi::Scalar& value) { in<T>(object) = value.text; };
    type.get = [](const void* object) { return abi::Scalar{.text = in<T>(object)}; };
  } else if constexpr (std::same_as<T, RawJson>) {
    type.kind = abi::Kind::kRaw;
    type.set = [](void* object, const abi::Scalar& value) { in<T>(object).text = value.text; };
    type.get = [](const void* object) { return abi::Scalar{.text = in<T>(object).text}; };
  } else if constexpr (std::same_as<T, ByteList>) {
    type.kind = abi::Kind::kBytes;
    type.set = [](void* object, const abi::Scalar& value) {
      const auto* const bytes = reinterpret_cast<const std::byte*>(value.text.data());
      in<T>(object).assign(bytes, bytes + value.text.size());
    };
    type.get = [](const void* object) {
      const T& bytes = in<T>(object);
      return abi::Scalar{.text = {reinterpret_cast<const char*>(bytes.data()), bytes.size()}};
    };
  } else if constexpr (kIsTime<T>) {
    describe_seconds<typename T::duration>(type, abi::Kind::kTime);
    type.set = [](void* object, const abi::Scalar& value) {
      in<T>(object) = T(duration_of<typename T::duration>(value));
    };
    type.get = [](const void* object) { return seconds_of(in<T>(object).time_since_epoch()); };
  } else if constexpr (kIsDuration<T>) {
    describe_seconds<T>(type, abi::Kind::kDuration);
    type.set = [](void* object, const abi::Scalar& value) {
      in<T>(object) = duration_of<T>(value);
    };
    type.get = [](const void* object) { return seconds_of(in<T>(object)); };
  } else if constexpr (WithFields<T>) {
    type.kind = abi::Kind::kObject;
    type.name = kFields<T>.type;
    type.fields = kFields<T>.fields;
    type.count = count_of(kFields<T>);
    type.refuses_unknown = refuse_unknown_fields<T>;
    type.defaults_absent = default_absent_fields<T>;
  } else if constexpr (WithAlternatives<T>) {
    type.kind = abi::Kind::kVariant;
    type.name = kAlternatives<T>.type;
    type.tag = kAlternatives<T>.tag;
    type.fields = kAlternatives<T>.fields;
    type.count = sizeof(kAlternatives<T>.fields) / sizeof(abi::TypeField);
    type.each = [](const void* object, void* visitor, abi::Visit* visit) {
      const std::string_view word = kAlternatives<T>.fields[in<T>(object).index()].name;
      std::visit([&](const auto& value) { visit(visitor, word, &value); }, in<T>(object));
    };
  } else if constexpr (kIsOptional<T>) {
    type.kind = abi::Kind::kOptional;
    type.element = &type_of<typename T::value_type>;
    type.set = [](void* object, const abi::Scalar&) { in<T>(object).reset(); };
    type.add = [](void* object, std::string_view) -> void* { return &in<T>(object).emplace(); };
    type.each = [](const void* object, void* visitor, abi::Visit* visit) {
      if (in<T>(object)) visit(visitor, {}, &*in<T>(object));
    };
  } else if constexpr (Map<T>) {
    type.kind = abi::Kind::kMap;
    type.element = &type_of<typename T::mapped_type>;
    type.set = [](void* object, const abi::Scalar&) { in<T>(object).clear(); };
    type.add = [](void* object, std::string_view key) -> void* {
      const auto [place, is_new] = in<T>(object).try_emplace(std::string(key));
      return is_new ? &place->second : nullptr;
    };
    type.each = [](const void* object, void* visitor, abi::Visit* visit) {
      for (const auto& [key, value] : in<T>(object)) visit(visitor, key, &value);
    };
  } else if constexpr (Set<T>) {
    using Other = std::vector<typename T::key_type>;
    type.is_set = true;
    describe_through<T, Other>(
        type,
        [](Other&& other) {
          return from_other_form(std::move(other), static_cast<const T*>(nullptr));
        },
        [](const T& set) { return to_other_form(set); });
  } else if constexpr (std::same_as<T, Bits>) {
    describe_through<T, std::vector<Bit>>(
        type,
        [](std::vector<Bit>&& other) {
          return from_other_form(std::move(other), static_cast<const Bits*>(nullptr));
        },
        [](const T& bits) { return to_other_form(bits); });
  } else if constexpr (List<T>) {
    type.kind = abi::Kind::kList;
    type.element = &type_of<typename T::value_type>;
    type.set = [](void* object, const abi::Scalar&) { in<T>(object).clear(); };
    type.add = [](void* object, std::string_view) -> void* {
      return &in<T>(object).emplace_back();
    };
    type.each = [](const void* object, void* visitor, abi::Visit* visit) {
      for (const auto& element : in<T>(object)) visit(visitor, {}, &element);
    };
  } else if constexpr (Array<T>) {
    type.kind = abi::Kind::kArray;
    type.element = &type_of<typename T::value_type>;
    type.count = std::tuple_size_v<T>;
    type.at = [](void* object, std::size_t index) -> void* { return &in<T>(object)[index]; };
  } else if constexpr (Tuple<T>) {
    type.kind = abi::Kind::kTuple;
    type.fields = kElements<T>.fields;
    type.count = std::tuple_size_v<T>;
  }
  return type;
}

template <class T>
OFN_INTERNAL_HIDDEN const abi::Type& type_of() noexcept {
  constexpr bool kIsDescribable = Describable<T> && !Coded<T>;
  static_assert(
      kIsDescribable,
      "ofn: this type cannot be part of a typed function's argument or result; supported are\n"
      "  bool, numbers, std::string, vector, list, set, array, tuple, optional, byte vectors, maps "
      "of strings, time points, durations, ofn::RawJson, types with OFN_ENUM, OFN_FIELDS, "
      "OFN_VARIANT or a Codec");
  static constexpr abi::Type kType = describe<T>();
  return kType;
}

}  // namespace ofn::internal
