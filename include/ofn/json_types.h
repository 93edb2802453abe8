// Which C++ types have a JSON form: see <ofn/fields.h>, which authors include.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <ofn/field_options.h>

namespace ofn::internal {

// A codec for a whole body, and one for a value in JSON.
template <class T>
concept Coded = requires { Codec<T>::media_type; };
template <class T>
concept CodedValue = requires { &Codec<T>::from_json; } || requires { &Codec<T>::to_json; };
template <class T>
concept WithFields = requires(const T* type) { ofn_fields(type); };
template <class T>
concept WithWords = std::is_enum_v<T> && requires(const T* type) { ofn_words(type); };
template <class T>
concept WithAlternatives = requires(const T* type) { ofn_alternatives(type); };
template <class T>
concept Number = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> &&
                 !std::same_as<T, wchar_t> && !std::same_as<T, char8_t> &&
                 !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;
using Bits = std::vector<bool>;
using ByteList = std::vector<std::byte>;
// std::vector, std::list, std::deque.
template <class T>
concept List = requires(T& list) {
  { list.emplace_back() } -> std::same_as<typename T::value_type&>;
} && !std::same_as<T, std::string> && !std::same_as<T, ByteList>;
// std::set, std::unordered_set.
template <class T>
concept Set = requires(T& set, typename T::key_type&& key) { set.insert(std::move(key)); } &&
              std::same_as<typename T::key_type, typename T::value_type>;
// std::map and std::unordered_map with strings as keys.
template <class T>
concept Map = requires(T& map) {
  map.try_emplace(std::string());
  typename T::mapped_type;
} && std::same_as<typename T::key_type, std::string>;
// std::array, std::tuple, std::pair.
template <class T>
concept Tuple = requires { std::tuple_size<T>::value; };
template <class T>
concept Array = Tuple<T> && requires(T& array) { array[0]; };

template <class T>
constexpr bool kIsOptional = false;
template <class T>
constexpr bool kIsOptional<std::optional<T>> = true;
template <class T>
constexpr bool kIsTime = false;
template <class D>
constexpr bool kIsTime<std::chrono::time_point<std::chrono::system_clock, D>> = true;
template <class T>
constexpr bool kIsDuration = false;
template <class R, class P>
constexpr bool kIsDuration<std::chrono::duration<R, P>> = std::integral<R>;

// One bit of a std::vector<bool>, which contains no bool objects.
struct Bit {
  bool value = false;
};

// The types that can be the argument of a typed function: what cannot be taken for a part of another form.
template <class T>
concept TypedArgument = Coded<T> || CodedValue<T> || WithFields<T> || WithAlternatives<T> ||
                        List<T> || Set<T> || Map<T> || Tuple<T> || std::same_as<T, RawJson> ||
                        std::same_as<T, ByteList> || std::same_as<T, Bits>;
template <class T>
concept Describable =
    TypedArgument<T> || WithWords<T> || Number<T> || std::floating_point<T> ||
    std::same_as<T, bool> || std::same_as<T, Bit> || std::same_as<T, std::string> ||
    kIsOptional<T> || kIsTime<T> || kIsDuration<T>;

}  // namespace ofn::internal
