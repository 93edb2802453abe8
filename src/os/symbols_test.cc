#include "os/symbols.h"

#include <stdexcept>
#include <string>
#include <typeinfo>
#include <vector>

#include <gtest/gtest.h>

namespace ofn::os {
namespace {

template <class Add>
std::string text_of(Add add) {
  std::vector<char> room(4096);
  FixedText text(room);
  add(text);
  return std::string(text.text());
}

// Not inlined, so that the stack has a frame with this name.
__attribute__((noinline)) void take_here(Frames& frames) {
  frames.take();
  asm volatile("");  // not a tail call
}

__attribute__((noinline)) void recurse(int depth, Frames& frames) {
  if (depth == 0) return take_here(frames);
  recurse(depth - 1, frames);
  asm volatile("");
}

TEST(Symbols, NamesTheFramesOfThisThread) {
  Frames frames;
  take_here(frames);
  const std::string stack =
      text_of([&](FixedText& text) { Symbols().describe(frames.from(0), text); });
  EXPECT_NE(stack.find("main"), std::string::npos) << stack;
#ifdef OFN_HAS_LIBBACKTRACE
  EXPECT_NE(stack.find("take_here"), std::string::npos) << stack;
#endif
}

TEST(Symbols, ARecursionIsOneFrame) {
  Frames frames;
  recurse(1000, frames);
  EXPECT_LT(frames.count, Frames::kMost);
  std::size_t most = 0;
  for (const auto& frame : frames.from(0)) most = std::max(most, frame.times);
  EXPECT_GE(most, 900U);
}

TEST(Symbols, AnAddressWithoutCodeIsWrittenAsANumber) {
  EXPECT_EQ(text_of([](FixedText& text) { Symbols().describe(0x10, text); }), "? 0x10");
}

TEST(Symbols, NamesAreAsInTheSource) {
  const auto named = [](const char* name) {
    return text_of([&](FixedText& text) { add_demangled(name, text); });
  };
  EXPECT_EQ(named("read"), "read");
  EXPECT_EQ(named("_Znonsense"), "_Znonsense");
  const std::string type =
      text_of([](FixedText& text) { add_type_name(typeid(std::runtime_error).name(), text); });
  const std::string function = named("_ZN3app4saveERKN3ofn7RequestE");
  if (function.starts_with("_Z")) GTEST_SKIP() << "this build has no demangler";
  EXPECT_EQ(function, "app::save(ofn::Request const&)");
  EXPECT_EQ(type, "std::runtime_error");
}

}  // namespace
}  // namespace ofn::os
