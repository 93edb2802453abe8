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

TEST(Unit, RegistersTheTargetBehindTheAuthorsText) {
  const std::string tail =
      tail_text("/a \"b\"\n/hello.cc", *target_of("app::hello"), Tail::kIfPresent, {});
  EXPECT_TRUE(tail.starts_with("\n#line 1 \"<target app::hello>\"\n")) << tail;
  EXPECT_THAT(tail, HasSubstr("namespace app { using namespace ::ofn_absent; }"));
  EXPECT_THAT(tail, HasSubstr(R"(kTarget, "app::hello", "/a \"b\"\n/hello.cc")"));
  EXPECT_THAT(tail_text("a.cc", *target_of("f"), Tail::kAlways, {}), Not(HasSubstr("absent")));
  EXPECT_EQ(tail_text("a.cc", *target_of("f"), Tail::kNothing, {}), "");
}

TEST(Unit, OffersWhatWasFound) {
  const std::vector<DefinedFunction> found = {{.name = "app::a"},
                                              {.name = "b", .is_local = true},
                                              {.name = "c", .is_overloaded = true},
                                              {.name = "function"}};
  const std::string tail = tail_text("a.cc", *target_of(std::nullopt), Tail::kSearch, found);
  EXPECT_THAT(tail, HasSubstr("(offer, found_1, ::ofn::abi::Origin::kFound, \"app::a\""));
  EXPECT_THAT(tail, HasSubstr("(offer, found_2, ::ofn::abi::Origin::kFoundLocal, \"b\""));
  EXPECT_THAT(tail, HasSubstr("(select, found_3, ::ofn::abi::Origin::kFound, \"c\""));
  EXPECT_THAT(tail, Not(HasSubstr("found_4")));
  EXPECT_TRUE(registers_something("x\nOFN_ROUTE(\"/\", f)"));
  EXPECT_FALSE(registers_something("std::string f();"));
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
  EXPECT_EQ(refused_type("  221 |   static_assert(kIsSupported<F>,\n"
                         "note: 'ofn::internal::kIsSupported<int (*)(int, std::vector<int>)>' "
                         "evaluates to false\n",
                         target),
            "int hello(int, std::vector<int>)");
  EXPECT_EQ(refused_type("error: static assertion failed due to requirement 'kIsSupported<void "
                         "(*)(char)>': ofn",
                         target),
            "void hello(char)");
  EXPECT_EQ(refused_type("error: expected ';'", target), std::nullopt);
  EXPECT_EQ(refused_type("'ofn::internal::kIsSupported<int (*)(", target), std::nullopt);
}

}  // namespace
}  // namespace ofn::loader
