#include "loader/unit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ofn::loader {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Target, IsAQualifiedName) {
  EXPECT_EQ(target_of("hello")->name, "hello");
  EXPECT_EQ(target_of("::app::v1::hello")->name, "app::v1::hello");
  EXPECT_FALSE(target_of("hello")->is_default);
  EXPECT_EQ(target_of(std::nullopt)->name, "function");
  EXPECT_TRUE(target_of(std::nullopt)->is_default);
}

TEST(Target, NothingElseGetsIntoTheGeneratedSource) {
  for (const char* name : {"", "::", "a::", "a:b", "1a", "a b", "a()", "a)\nint x;", "a::::b", "\"",
                           "f<int>", "-x", "\xc3\xa4"}) {
    const auto target = target_of(name);
    ASSERT_FALSE(target) << name;
    EXPECT_EQ(target.error().code(), Code::kInvalidArgument);
  }
}

TEST(Unit, KeepsTheAuthorsLinesAndName) {
  const std::string unit =
      generate("/a \"b\"/hello.cc", "first\nsecond", *target_of("app::hello"), Tail::kIfPresent);
  EXPECT_TRUE(
      unit.starts_with("#line 1 \"/a \\\"b\\\"/hello.cc\"\nfirst\nsecond\n#line 1 "
                       "\"<target app::hello>\"\n"))
      << unit;
  EXPECT_THAT(unit, HasSubstr("namespace app { using namespace ::ofn_absent; }"));
  EXPECT_THAT(unit, HasSubstr("kTarget, \"app::hello\""));
  EXPECT_THAT(generate("a.cc", "x", *target_of("f"), Tail::kAlways), Not(HasSubstr("absent")));
  EXPECT_EQ(generate("a.cc", "x", *target_of("f"), Tail::kNothing), "#line 1 \"a.cc\"\nx");
  EXPECT_EQ(generate("a.cc", "\xEF\xBB\xBFx", *target_of("f"), Tail::kNothing),
            "#line 1 \"a.cc\"\nx")
      << "a byte order mark";
}

TEST(Unit, MayHideTheTargetInAnUnnamedNamespace) {
  const Target target = *target_of("app::hello");
  for (const char* text : {"namespace { void hello(); }", "namespace\n{\nvoid hello();",
                           "namespace app { namespace\t{ void hello(); } }"}) {
    EXPECT_TRUE(may_hide(text, target)) << text;
  }
  for (const char* text : {"", "hello", "namespace app { void hello(); }",
                           "namespace { void f(); }", "hello namespace"}) {
    EXPECT_FALSE(may_hide(text, target)) << text;
  }
}

TEST(Unit, ReadsTheRefusedTypeFromDiagnostics) {
  const Target target = *target_of("hello");
  EXPECT_EQ(refused_type("In instantiation of 'constexpr auto ofn::internal::select(F) [with F = "
                         "int (*)(int)]':\n",
                         target),
            "int hello(int)");
  EXPECT_EQ(refused_type("error: static assertion failed due to requirement 'kIsSupported<void "
                         "(*)(char)>': ofn",
                         target),
            "void hello(char)");
  EXPECT_EQ(refused_type("error: expected ';'", target), std::nullopt);
  EXPECT_EQ(refused_type("ofn::internal::select(F) [with F = ", target), std::nullopt);
}

}  // namespace
}  // namespace ofn::loader
