#include "os/author_frames.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "os/process_state.h"

// An author's code is not in the framework's namespace.
namespace author {
namespace {

__attribute__((noinline)) void take(ofn::os::Frames& frames) {
  frames.take();
  asm volatile("");  // not a tail call
}

template <int kDepth>
__attribute__((noinline)) void deep(ofn::os::Frames& frames) {
  if constexpr (kDepth == 0) {
    take(frames);
  } else {
    deep<kDepth - 1>(frames);
  }
  asm volatile("");
}

__attribute__((noinline)) void recurse(int depth, ofn::os::Frames& frames) {
  if (depth == 0) return take(frames);
  recurse(depth - 1, frames);
  asm volatile("");
}

__attribute__((noinline)) void through_library(ofn::os::Frames& frames) {
  const std::array<int, 1> once{};
  std::ranges::for_each(once, [&](int) { take(frames); });
  asm volatile("");
}

}  // namespace
}  // namespace author

namespace ofn::os {
namespace {

struct Described {
  std::string text;
  AuthorFrameCount count;
};

Described describe(const Frames& frames) {
  std::vector<char> room(16'384);
  FixedText text(room);
  Described described;
  described.count = each_author_frame(Symbols(), frames.from(0), [&](const AuthorFrame& frame) {
    if (!text.text().empty()) text.add(" < ");
    add_frame(frame, text);
  });
  described.text = text.text();
  return described;
}

TEST(AuthorFrames, NamesAreShort) {
  const std::string string =
      "std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"price", "price()"},
      {"main", "main()"},
      {"price(int)", "price()"},
      {"app::save(ofn::Request const&)", "app::save()"},
      {"(anonymous namespace)::hid(void (*)(int))", "hid()"},
      {"app::(anonymous namespace)::hid()", "app::hid()"},
      {"t[abi:cxx11](ofn::Request const&)", "t()"},
      {"void run<int>(int)", "run<int>()"},
      {"std::vector<int> app::all<long>()", "app::all<long>()"},
      {"decltype ({parm#1}+(1)) tf<int>(int)", "tf<int>()"},
      {string + " app::Cache<" + string + " >::get<char const*>(char const*) const",
       "app::Cache<…>::get<char const*>()"},
      {"app::Cache<int>::~Cache()", "app::Cache<int>::~Cache()"},
      {"app::Cache<int>::operator[](int)", "app::Cache<int>::operator[]()"},
      {"app::Cache<int>::operator<(app::Cache<int> const&) const", "app::Cache<int>::operator<()"},
      {"app::Cache<int>::operator()(int) const", "app::Cache<int>::operator()"},
      {"operator()", "operator()"},
      {"operator new(unsigned long)", "operator new()"},
      {"mk(int)::{lambda(int)#1}::operator()(int) const", "mk()::{lambda}::operator()"},
      {"mk(int)::{lambda(int)#1}::operator()(int) const::L::f(int)",
       "mk()::{lambda}::operator()::L::f()"},
      {"void run<y()::{lambda(int)#1}>(y()::{lambda(int)#1})", "run<y()::{lambda(int)#1}>()"},
      {"co(co(" + string + ")::_Z2co.Frame*) [clone .actor]", "co()"},
      {"app::f(int) const [clone .cold]", "app::f()"},
      {"non-virtual thunk to app::Hook::pre(ofn::Context&)", "app::Hook::pre()"},
      {"", "()"},
      {"unbalanced(((", "unbalanced()"},
      {"unbalanced<", "unbalanced<()"},
      {")>]} a", "a()"},
  };
  for (const auto& [name, expected] : cases) {
    std::array<char, 512> room;
    FixedText text(room);
    add_short_name(name, text);
    EXPECT_EQ(text.text(), expected) << name;
  }
}

#if defined(OFN_HAS_LIBBACKTRACE)

TEST(AuthorFrames, HaveNeitherTheFrameworkNorLibraries) {
  Frames frames;
  author::through_library(frames);
  const auto [text, count] = describe(frames);
  EXPECT_EQ(text.find("author::take()"), 0U) << text;
  EXPECT_NE(text.find("author::through_library()"), std::string::npos) << text;
  for (const char* other : {"std::", "ofn::", "Frames::take", "main()", "libc", "_start"})
    EXPECT_EQ(text.find(other), std::string::npos) << other << " in " << text;
  EXPECT_GE(count.left_out, 5U) << "the test, the C library's start, …";
}

TEST(AuthorFrames, AreAtMostTen) {
  Frames frames;
  author::deep<14>(frames);
  const auto [text, count] = describe(frames);
  EXPECT_EQ(count.shown, 10U);
  EXPECT_EQ(std::ranges::count(text, '<'), 9 + 9) << text << ": 9 between frames, 9 in deep<N>()";
  EXPECT_GE(count.left_out, 6U);
}

TEST(AuthorFrames, ARecursionIsOneFrame) {
  Frames frames;
  author::recurse(1000, frames);
  const auto [text, count] = describe(frames);
  EXPECT_NE(text.find("author::recurse() "), std::string::npos) << text;
  EXPECT_NE(text.find(" (1000 times)"), std::string::npos) << text;
}

#if !defined(OFN_ADDRESS_SANITIZER) && !defined(OFN_THREAD_SANITIZER)  // it has frames of its own
TEST(AuthorFrames, AreNoneOnAStackOfTheFramework) {
  Frames frames;
  std::thread([&] { frames.take(); }).join();
  EXPECT_GE(frames.count, 3U);
  EXPECT_EQ(describe(frames).text, "");
}
#endif

#endif

}  // namespace
}  // namespace ofn::os
