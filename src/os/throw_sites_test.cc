#include "os/throw_sites.h"

#include <exception>
#include <fstream>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "os/process_state.h"

// An author's code is not in the framework's namespace.
namespace author {

const std::map<std::string, int> kPrices;

__attribute__((noinline)) int thrower() { throw std::runtime_error("thrown"); }
__attribute__((noinline)) int library() { return kPrices.at("missing"); }
__attribute__((noinline)) int number() { throw 42; }
__attribute__((noinline)) int no_memory() {
  const std::vector<char> large(std::size_t{1} << 46);
  return large.front();
}
__attribute__((noinline)) int again() {
  try {
    return thrower();
  } catch (...) {
    throw;
  }
}
__attribute__((noinline)) int another() {
  try {
    return thrower();
  } catch (const std::exception&) {
    throw std::logic_error("another");
  }
}
__attribute__((noinline)) std::exception_ptr made() {
  return std::make_exception_ptr(std::runtime_error("made"));
}
__attribute__((noinline)) int out_of_pointer() {
  std::exception_ptr kept;
  try {
    library();
  } catch (...) {
    kept = std::current_exception();
  }
  std::rethrow_exception(kept);
}

}  // namespace author

namespace ofn::os {
namespace {

class ThrowSites : public testing::Test {
 protected:
  ThrowSites() { process_state.author_reads = true; }
  ~ThrowSites() override { process_state.author_reads = false; }

  static std::string site_of(const std::function<void()>& code) {
    try {
      code();
    } catch (...) {
      const auto site = throw_site(std::current_exception());
      if (site.empty()) return "unknown";
      std::string names;
      for (const SourceFrame& frame : site) names += frame.function + " ";
      return names;
    }
    return "nothing was thrown";
  }
};

#if defined(OFN_HAS_LIBBACKTRACE)

TEST_F(ThrowSites, AreWhereAnExceptionWasThrownFirst) {
  const std::vector<std::pair<int (*)(), std::string>> cases = {
      {author::thrower, "author::thrower()"},
      {author::library, "author::library()"},
      {author::number, "author::number()"},
      {author::again, "author::thrower() author::again()"},
      {author::another, "author::another()"},
      {author::out_of_pointer, "author::library() author::out_of_pointer()"},
#if !defined(OFN_ADDRESS_SANITIZER) && !defined(OFN_THREAD_SANITIZER)
      {author::no_memory, "author::no_memory()"},
#endif
  };
  for (const auto& [code, expected] : cases)
    EXPECT_EQ(site_of([function = code] { function(); }).substr(0, expected.size()), expected);
}

TEST_F(ThrowSites, OfAnExceptionThatWasMadeButNotThrownIsWhereItWasMade) {
  EXPECT_EQ(site_of([] { std::rethrow_exception(author::made()); }).find("author::made()"), 0U);
}

TEST_F(ThrowSites, AreThoseOfTheNewestExceptions) {
  const auto behind = [](int others) {
    return site_of([others] {
      try {
        author::thrower();
      } catch (...) {
        const auto kept = std::current_exception();
        for (int i = 0; i < others; ++i) site_of([] { author::number(); });
        std::rethrow_exception(kept);
      }
    });
  };
  EXPECT_EQ(behind(100).find("author::thrower()"), 0U);
  EXPECT_EQ(behind(200), "unknown");
}

TEST_F(ThrowSites, MemoryDoesNotGrowWithExceptions) {
  const auto mapped = [] {
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    return pages;
  };
  for (int i = 0; i < 100; ++i) site_of([] { author::library(); });
  const std::size_t before = mapped();
  for (int i = 0; i < 2'000; ++i) site_of([] { author::library(); });
  EXPECT_LE(mapped(), before + 64) << "in pages";
}

#endif

TEST_F(ThrowSites, AreUnknownIfNobodyWantsThem) {
  process_state.author_reads = false;
  EXPECT_EQ(site_of([] { author::thrower(); }), "unknown");
  process_state.author_reads = true;
  EXPECT_TRUE(throw_site(nullptr).empty());
}

}  // namespace
}  // namespace ofn::os
