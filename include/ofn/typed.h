// Functions of your own types, from JSON to JSON, with one declaration beside each struct.
//
//   #include <ofn/function.h>
//   #include <ofn/typed.h>
//
//   struct Order { std::string item; int count = 1; std::optional<std::string> note; };
//   OFN_FIELDS(Order, item, count, note)
//   struct Receipt { std::string text; };
//   OFN_FIELDS(Receipt, text)
//
//   Receipt order(const Order& order) { return {order.item}; }
//
// A body that does not fit gets a 400 that names the field: "$.count: expected an integer from
// -2147483648 to 2147483647, found a string". This header only describes fields; the host reads and
// writes the JSON.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <ofn/abi.h>
#include <ofn/failure.h>
#include <ofn/signature.h>

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

// The author's own form of a type, for any media type. Specialise it:
//
//   template <>
//   struct ofn::Codec<Csv> {
//     static constexpr const char* media_type = "text/csv";   // others are refused with 415
//     static Csv decode(std::string_view body);               // throws ofn::BadInput: 400
//     static std::string encode(const Csv& csv);
//   };
// An argument needs only decode, a result only encode.
template <class T>
struct Codec;

}  // namespace ofn

namespace ofn::internal {

template <class T>
concept Coded = requires { Codec<T>::media_type; };
template <class T>
concept WithFields = requires(const T* type) { ofn_fields(type); };
template <class T>
concept WithWords = std::is_enum_v<T> && requires(const T* type) { ofn_words(type); };
template <class T>
concept Number = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> &&
                 !std::same_as<T, wchar_t> && !std::same_as<T, char8_t> &&
                 !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;
// std::vector, std::list, std::deque. But not std::vector<bool>, because it contains no bool
// objects.
template <class T>
concept List = requires(T& list) {
  { list.emplace_back() } -> std::same_as<typename T::value_type&>;
} && !std::same_as<T, std::string>;
// std::map and std::unordered_map with strings as keys.
template <class T>
concept Map = requires(T& map) {
  map.try_emplace(std::string());
  typename T::mapped_type;
} && std::same_as<typename T::key_type, std::string>;
template <class T>
constexpr bool kIsOptional = false;
template <class T>
constexpr bool kIsOptional<std::optional<T>> = true;

template <class T>
constexpr bool kIsBitVector = false;
template <class A>
constexpr bool kIsBitVector<std::vector<bool, A>> = true;
template <class T>
concept BitVector = kIsBitVector<T>;

template <class T>
concept TypedArgument = Coded<T> || WithFields<T> || List<T> || Map<T>;
template <class T>
concept Describable = TypedArgument<T> || WithWords<T> || Number<T> || std::floating_point<T> ||
                      std::same_as<T, bool> || std::same_as<T, std::string> || kIsOptional<T>;
template <class R>
concept TypedResult = std::is_void_v<R> || std::same_as<R, Response> || Describable<R>;
// The result of a function, or of its task.
template <class R>
using TypedAnswer = std::remove_cvref_t<Awaited<std::remove_cvref_t<R>>>;

template <class T>
OFN_INTERNAL_HIDDEN const abi::Type& type_of() noexcept;

template <std::size_t kCount>
struct FieldList {
  const char* type;
  abi::TypeField fields[kCount];
};
template <std::size_t kCount>
struct WordList {
  const char* type;
  abi::TypeWord words[kCount];
};

template <class T>
inline constexpr auto kFields = ofn_fields(static_cast<const T*>(nullptr));
template <class T>
inline constexpr auto kWords = ofn_words(static_cast<const T*>(nullptr));

template <class T>
T& in(void* object) noexcept {
  return *static_cast<T*>(object);
}
template <class T>
const T& in(const void* object) noexcept {
  return *static_cast<const T*>(object);
}

template <class T>
constexpr abi::Type describe() {
  static_assert(
      !BitVector<T>,
      "ofn: std::vector<bool> cannot be in a typed function's argument or result, since it "
      "holds\n  bits, not bools; write std::deque<bool>");
  static_assert(
      BitVector<T> || (Describable<T> && !Coded<T>),
      "ofn: this type cannot be part of a typed function's argument or result; supported are\n"
      "  bool, integers, float, double, std::string, std::optional, std::vector and other lists,\n"
      "  std::map and std::unordered_map with std::string as key, enumerations with OFN_ENUM\n"
      "  and structs with OFN_FIELDS");
  abi::Type type;
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
  } else if constexpr (std::same_as<T, std::string>) {
    type.kind = abi::Kind::kText;
    type.set = [](void* object, const abi::Scalar& value) { in<T>(object) = value.text; };
    type.get = [](const void* object) { return abi::Scalar{.text = in<T>(object)}; };
  } else if constexpr (WithFields<T>) {
    type.kind = abi::Kind::kObject;
    type.name = kFields<T>.type;
    type.fields = kFields<T>.fields;
    type.count = sizeof(kFields<T>.fields) / sizeof(abi::TypeField);
    type.refuses_unknown = refuse_unknown_fields<T>;
    type.defaults_absent = default_absent_fields<T>;
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
    type.add = [](void* object, std::string_view key) -> void* {
      const auto [place, is_new] = in<T>(object).try_emplace(std::string(key));
      return is_new ? &place->second : nullptr;
    };
    type.each = [](const void* object, void* visitor, abi::Visit* visit) {
      for (const auto& [key, value] : in<T>(object)) visit(visitor, key, &value);
    };
  } else if constexpr (List<T>) {
    type.kind = abi::Kind::kList;
    type.element = &type_of<typename T::value_type>;
    type.add = [](void* object, std::string_view) -> void* {
      return &in<T>(object).emplace_back();
    };
    type.each = [](const void* object, void* visitor, abi::Visit* visit) {
      for (const auto& element : in<T>(object)) visit(visitor, {}, &element);
    };
  }
  return type;
}

template <class T>
OFN_INTERNAL_HIDDEN const abi::Type& type_of() noexcept {
  static constexpr abi::Type kType = describe<T>();
  return kType;
}

// The argument or result of a typed function, for the schema.
template <class T>
constexpr abi::TypedEnd typed_end() {
  abi::TypedEnd end;
  if constexpr (Coded<T>) {
    end.media_type = Codec<T>::media_type;
  } else if constexpr (!std::is_void_v<T> && !std::same_as<T, Response>) {
    end.type = &type_of<T>;
  }
  return end;
}

template <class R, class A>
struct OFN_INTERNAL_HIDDEN TypedForm {
  static constexpr abi::Signature kSignature = abi::Signature::kTyped;
  static constexpr bool kStreams = false;
  static constexpr abi::Typed kTyped = {.argument = typed_end<A>(), .result = typed_end<R>()};

  // Returns nullopt if the host or the decoder has already answered with an error.
  static std::optional<A> read(const abi::Call& call, abi::Outcome& outcome) {
    std::optional<A> argument;
    if constexpr (Coded<A>) {
      if (!call.codec->accept(call, Codec<A>::media_type, outcome.response)) return argument;
      try {
        argument.emplace(Codec<A>::decode(call.request->body()));
      } catch (const BadInput& error) {
        outcome.response = Response(std::string(error.what()) + "\n").status(400);
      }
    } else if (!call.codec->read(call, type_of<A>(), &argument.emplace(), outcome.response)) {
      argument.reset();
    }
    return argument;
  }

  static void write(const abi::Call& call, const auto& result, abi::Outcome& outcome) {
    if constexpr (std::same_as<R, Response>) {
      outcome.response = result;
    } else if constexpr (Coded<R>) {
      outcome.response = Response(Codec<R>::encode(result)).content_type(Codec<R>::media_type);
    } else {
      call.codec->write(type_of<R>(), &result, outcome.response);
    }
  }

  template <class F>
  static decltype(auto) call_with(F function, const abi::Call& call, A& argument) {
    if constexpr (std::is_invocable_v<F, A>) {
      return function(std::move(argument));
    } else {
      return function(*call.context, std::move(argument));
    }
  }

  // The argument lives as long as the coroutine that takes it.
  template <class F>
  static task<void> run_later(F function, const abi::Call& call, abi::Outcome& outcome,
                              A argument) {
    if constexpr (std::is_void_v<R>) {
      co_await call_with(function, call, argument);
      outcome.response.status(204);
    } else {
      write(call, co_await call_with(function, call, argument), outcome);
    }
  }

  template <class F>
  static void run(F function, const abi::Call& call, abi::Outcome& outcome) {
    std::optional<A> argument = read(call, outcome);
    if (!argument) return;
    using Returned = std::remove_cvref_t<decltype(call_with(function, call, *argument))>;
    if constexpr (kIsTask<Returned>) {
      become(run_later(function, call, outcome, *std::move(argument)), call, outcome);
    } else if constexpr (std::is_void_v<R>) {
      call_with(function, call, *argument);
      outcome.response.status(204);
    } else {
      write(call, call_with(function, call, *argument), outcome);
    }
  }
};

template <class R, class A>
  requires TypedArgument<std::remove_cvref_t<A>> && TypedResult<TypedAnswer<R>>
struct OFN_INTERNAL_HIDDEN Form<R (*)(A)> : TypedForm<TypedAnswer<R>, std::remove_cvref_t<A>> {
  static constexpr bool kTakesContext = false;
  static void call(R (*function)(A), const abi::Call& call, abi::Outcome& outcome) {
    Form::run(function, call, outcome);
  }
};

template <class R, class A>
  requires TypedArgument<std::remove_cvref_t<A>> && TypedResult<TypedAnswer<R>>
struct OFN_INTERNAL_HIDDEN Form<R (*)(Context&, A)>
    : TypedForm<TypedAnswer<R>, std::remove_cvref_t<A>> {
  static constexpr bool kTakesContext = true;
  static void call(R (*function)(Context&, A), const abi::Call& call, abi::Outcome& outcome) {
    Form::run(function, call, outcome);
  }
};

template <class R, class A>
  requires TypedArgument<std::remove_cvref_t<A>> && TypedResult<TypedAnswer<R>>
constexpr auto select(R (*function)(A)) {
  return function;
}
template <class R, class A>
  requires TypedArgument<std::remove_cvref_t<A>> && TypedResult<TypedAnswer<R>>
constexpr auto select(R (*function)(Context&, A)) {
  return function;
}

}  // namespace ofn::internal

// NOLINTBEGIN(cppcoreguidelines-macro-usage): names become texts.

// OFN_FIELDS(Type, field, …): the fields for JSON, by their own names; up to 64. Use it in the
// namespace of the type, after its definition. The type must not be a template or have bases.
#define OFN_FIELDS(Type, ...)                                           \
  [[maybe_unused]] constexpr auto ofn_fields(const Type*) {             \
    using OfnType = Type;                                               \
    return ::ofn::internal::FieldList<OFN_INTERNAL_COUNT(__VA_ARGS__)>{ \
        #Type, {OFN_INTERNAL_EACH(OFN_INTERNAL_FIELD, __VA_ARGS__)}};   \
  }

// OFN_ENUM(Type, enumerator, …): an enumeration whose JSON is the enumerator's name; up to 64.
#define OFN_ENUM(Type, ...)                                            \
  [[maybe_unused]] constexpr auto ofn_words(const Type*) {             \
    using OfnType = Type;                                              \
    return ::ofn::internal::WordList<OFN_INTERNAL_COUNT(__VA_ARGS__)>{ \
        #Type, {OFN_INTERNAL_EACH(OFN_INTERNAL_WORD, __VA_ARGS__)}};   \
  }

#define OFN_INTERNAL_FIELD(field)                                  \
  ::ofn::abi::TypeField{                                           \
      #field, &::ofn::internal::type_of<decltype(OfnType::field)>, \
      [](void* object) -> void* { return &static_cast<OfnType*>(object)->field; }},
#define OFN_INTERNAL_WORD(word) \
  ::ofn::abi::TypeWord{#word, static_cast<::std::uint64_t>(OfnType::word)},

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
