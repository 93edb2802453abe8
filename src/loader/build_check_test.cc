#include "loader/build_check.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ofn/abi.h>

namespace ofn::loader {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

// In a process without sanitizers.
Result<void> check_plainly(const std::string& program, const std::string& framework) {
  return check_build(program, framework, [](std::string_view) { return false; });
}

const std::string kPlain =
    "ofn=1\nlibrary=libstdc++\nstring=cxx11\ndebug=no\nsanitizer=none\ncompiler=gcc-12\n"
    "library-release=12\ncxx-abi=1017\n";

TEST(BuildCheck, TheOwnBuildSuits) {
  EXPECT_TRUE(check_plainly(abi::kBuild, abi::kBuild));
  EXPECT_TRUE(check_plainly(kPlain, kPlain));
}

TEST(BuildCheck, OtherCompilersAndPropertiesSuit) {
  EXPECT_TRUE(check_plainly(replaced(kPlain, "gcc-12", "clang-19"), kPlain));
  EXPECT_TRUE(check_plainly(replaced(kPlain, "1017", "1002"), kPlain));
  EXPECT_TRUE(check_plainly(kPlain + "future=1\n", kPlain));
  // Code without a sanitizer may join a process with one.
  EXPECT_TRUE(check_plainly(kPlain, replaced(kPlain, "sanitizer=none", "sanitizer=address")));
}

TEST(BuildCheck, EveryDifferenceIsNamed) {
  const auto check = [](const std::string& from, const std::string& to, const char* title,
                        const char* has, const char* wants) {
    SCOPED_TRACE(to);
    const auto checked = check_plainly(replaced(kPlain, from, to), kPlain);
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code(), Code::kFailedPrecondition);
    EXPECT_THAT(checked.error().message(),
                AllOf(HasSubstr(title), HasSubstr(std::string("'") + has +
                                                  "', the framework has '" + wants + "'; ")));
  };
  check("ofn=1", "ofn=2", "ABI number", "2", "1");
  check("library=libstdc++", "library=libc++", "C++ standard library", "libc++", "libstdc++");
  check("cxx11", "cxx98", "std::string", "cxx98", "cxx11");
  check("debug=no", "debug=yes", "_GLIBCXX_DEBUG", "yes", "no");
  check("sanitizer=none", "sanitizer=address", "sanitizer", "address", "none");
  check("sanitizer=none", "sanitizer=thread", "sanitizer", "thread", "none");
  check("debug=no\n", "", "_GLIBCXX_DEBUG", "unknown", "no");

  const auto sanitized = replaced(kPlain, "sanitizer=none", "sanitizer=address");
  EXPECT_THAT(check_plainly(sanitized, kPlain).error().message(),
              HasSubstr("LD_PRELOAD=$(g++ -print-file-name=libasan.so)"));
  const auto all = check_plainly("", kPlain);
  ASSERT_FALSE(all);
  EXPECT_THAT(all.error().message(),
              AllOf(HasSubstr("ABI number"), HasSubstr("std::string"), HasSubstr("sanitizer")));
}

TEST(BuildCheck, TheProcessSaysWhichSanitizersItHas) {
  const auto has_address = [](std::string_view name) { return name == "address"; };
  EXPECT_TRUE(
      check_build(replaced(kPlain, "sanitizer=none", "sanitizer=address"), kPlain, has_address));
  EXPECT_FALSE(
      check_build(replaced(kPlain, "sanitizer=none", "sanitizer=thread"), kPlain, has_address));
}

}  // namespace
}  // namespace ofn::loader
