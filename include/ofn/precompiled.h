// The header that the loader precompiles: <ofn/function.h>, and the code of the standard library
// that functions usually need. Authors include <ofn/function.h>.
//
// GCC instantiates templates at the end of a compilation, but a precompiled header ends before
// that. So each file that uses one instantiates everything that the header's inline functions
// mention, even if the file does not need it. But GCC instantiates at once what a constant
// expression calls. So the assertions below call, while the header is precompiled, the code that
// each file would instantiate again. They generate no code.
#pragma once

#include <ofn/function.h>

// Left out if the compiler cannot use the precompiled file and reads this header instead, for
// example after another -include; for containers whose functions are not constexpr; and for Clang,
// which instantiates all templates before the precompiled header ends
// (-fpch-instantiate-templates).
#if !defined(__clang__) && __INCLUDE_LEVEL__ <= 1 && defined(__cpp_lib_constexpr_string) && \
    __cpp_lib_constexpr_string >= 201907L && defined(__cpp_lib_constexpr_vector) &&         \
    !defined(_GLIBCXX_DEBUG)

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ofn::internal {

template <class C>
constexpr bool uses_strings_of() {
  const C letters[] = {C('a'), C('b'), C(0)};
  std::basic_string<C> text(letters);
  const std::basic_string<C> other(letters, 2);
  std::basic_string<C> third(std::size_t{20}, C('x'));
  third = std::move(text);
  third.reserve(100);
  third += other;
  return std::basic_string_view<C>(letters).length() == 2 &&
         std::basic_string_view<C>(letters, 2).data() != nullptr && third.c_str()[0] == C('a');
}

constexpr bool uses_text() {
  std::string text("hello, ");
  text += std::string("world") + "\n";
  text = "hello, " + std::string("world") + "\n";
  text += std::string_view("!");
  text += '!';
  text.append("a").append(std::string_view("b"));
  text.replace(0, 1, "abc");
  text.erase(3);
  text = text.substr(0, 3) + text;
  std::string copy = text;
  copy = std::move(text);
  copy = "b";
  copy.clear();
  const std::string_view view = std::string_view("/a?b=c").substr(3);
  return view.find('=') == 1 && view == "b=c" && copy.empty() && copy.find('x') != 3 && copy < "z";
}

constexpr bool uses_values() {
  std::optional<std::string> value = std::string("x");
  std::optional<std::string> other(std::move(value));
  value.reset();
  value = std::string("y");
  const std::optional<std::string_view> view = *other;
  std::vector<Header> headers;
  headers.push_back({.name = std::string("a"), .value = std::string("b")});
  std::vector<Header> moved = std::move(headers);
  headers = std::move(moved);
  return view.value_or("z") == "x" && std::move(value).value_or("z") == "y" &&
         headers.front().name == "a";
}

// Members of the framework's own types that are empty at first.
constexpr bool uses_members() {
  [[maybe_unused]] const StateTransaction transaction;
  [[maybe_unused]] const GetBulkState bulk;
  [[maybe_unused]] const ServerSentEvent event;
  [[maybe_unused]] const std::span<const Field> fields;
  [[maybe_unused]] const std::optional<CloudEvent> none;
  return std::chrono::steady_clock::time_point::max() > std::chrono::steady_clock::time_point();
}

static_assert(uses_strings_of<char>() && uses_strings_of<wchar_t>() && uses_strings_of<char8_t>() &&
              uses_strings_of<char16_t>() && uses_strings_of<char32_t>());
static_assert(uses_text() && uses_values() && uses_members());

// The usual functions.
static_assert(kIsSupported<Response (*)(const Request&)> &&
              kIsSupported<std::string (*)(const Request&)> && kIsSupported<std::string (*)()> &&
              kIsSupported<void (*)(const CloudEvent&)> && kIsSupported<Out (*)(Context&, Bytes)>);

}  // namespace ofn::internal
#endif

// Code that functions often need and that is slow to compile. The loader compiles it once, beside the precompiled header, and links
// it to each program with a file that it compiles behind that header, because such a file only declares the code. A program that
// is built in another way has its own copy, as it has of any template.
//
//   OFN_INTERNAL_KEPT_CODE(extern)   // declares it
//   OFN_INTERNAL_KEPT_CODE()         // defines it
// NOLINTNEXTLINE(cppcoreguidelines-macro-usage)
#define OFN_INTERNAL_KEPT_CODE(keyword)                                                       \
  keyword template class std::basic_string<char>;                                             \
  keyword template std::optional<std::string> ofn::Request::query<0>(std::string_view) const; \
  keyword template ofn::abi::Push ofn::Writer::push_event(const ofn::ServerSentEvent&);       \
  keyword template ofn::FailureError::FailureError(ofn::Failure);

#ifdef OFN_INTERNAL_CODE_IS_KEPT
OFN_INTERNAL_KEPT_CODE(extern)
#endif

// Clang (19) takes each section of a precompiled header for one of a #pragma, and refuses variables
// in it afterwards. So the loader defines OFN_INTERNAL_ENTRIES_FOLLOW while it makes the header, and
// each file begins with OFN_INTERNAL_ENTRIES() of <ofn/register.h>.
