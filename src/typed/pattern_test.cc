#include "typed/pattern.h"

#include <deque>
#include <string>

#include <gtest/gtest.h>

#include <ofn/abi.h>
#include <ofn/fields.h>
#include <ofn/typed.h>

#include "function/registry.h"
#include "typed/patterns_check.h"
#include "typed/reader.h"

namespace ofn {
namespace {

struct Part {
  std::string code;
  std::optional<std::string> note;
};
OFN_FIELDS(Part, (code, ofn::pattern<"^[A-Z]{2}-[0-9]+$">, ofn::length(4, 8)),
           (note, ofn::pattern<"ü">))

std::string problem_of(std::string_view json) {
  Part part;
  return lines_of(read_json(json, internal::type_of<Part>(), &part));
}

// A pattern lives as long as the process, as that of a field does.
abi::Pattern& kept_pattern(const char* text) {
  static std::deque<abi::Pattern>& all = *new std::deque<abi::Pattern>();
  return all.emplace_back(text);
}

TEST(Pattern, WhatMatches) {
  struct Row {
    const char* pattern;
    const char* text;
    PatternMatch found;
  };
  for (const Row& row : {
           Row{"b", "abc", PatternMatch::kYes},  // some part of the text
           Row{"^b", "abc", PatternMatch::kNo},
           Row{"^abc$", "abc\n", PatternMatch::kNo},   // ECMA-262: $ is the end alone
           Row{"^.$", "ü", PatternMatch::kYes},        // a character, not a byte
           Row{"^\\d$", "٣", PatternMatch::kNo},       // digits are ASCII
           Row{"^\\u00fc$", "ü", PatternMatch::kYes},  // ECMA-262's notation
           Row{"", "", PatternMatch::kYes},
           Row{"^(?:a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", PatternMatch::kTooDear},
       }) {
    abi::Pattern& pattern = kept_pattern(row.pattern);
    EXPECT_EQ(match(pattern, row.text), row.found) << row.pattern << " in " << row.text;
  }
}

TEST(Pattern, TextsWithZeros) {
  abi::Pattern& pattern = kept_pattern("^a.b$");
  EXPECT_EQ(match(pattern, std::string_view("a\0b", 3)), PatternMatch::kYes);
}

TEST(Pattern, AWrongOneSaysWhere) {
  abi::Pattern pattern{"a[b"};
  const auto compiled = compile(pattern);
  ASSERT_FALSE(compiled);
  EXPECT_EQ(compiled.error().message(),
            "the pattern \"a[b\" is wrong at offset 3: missing terminating ] for character class");
  EXPECT_THROW(match(pattern, "a"), std::logic_error);
}

TEST(Pattern, AFieldHasOne) {
  EXPECT_EQ(problem_of(R"({"code":"AB-12"})"), "");
  EXPECT_EQ(problem_of(R"({"code":"AB-12","note":null})"), "");
  EXPECT_EQ(problem_of(R"({"code":"AB-12","note":"für"})"), "");
  EXPECT_EQ(problem_of(R"({"code":"ab-12","note":"fur"})"),
            "$.code: expected a string that matches ^[A-Z]{2}-[0-9]+$\n"
            "$.note: expected a string that matches ü");
  // The length is checked first, so a long text is not compared.
  EXPECT_EQ(problem_of(R"({"code":"AB-123456"})"),
            "$.code: expected a string of 4 to 8 characters, found 9");
}

struct Wrong {
  std::string code;
};
OFN_FIELDS(Wrong, (code, ofn::pattern<"(">))
struct Outer {
  std::vector<std::optional<Wrong>> all;
};
OFN_FIELDS(Outer, all)

TEST(Pattern, TheStartChecksEachFunction) {
  static constexpr abi::Typed kTyped = internal::Form<void (*)(const Outer&)>::kTyped;
  const std::vector<Function> functions = {
      {.name = "take", .place = "parts.cc:7", .typed = &kTyped}};
  const auto compiled = compile_patterns(functions);
  ASSERT_FALSE(compiled);
  EXPECT_EQ(compiled.error().message(),
            "parts.cc:7: take: Wrong.code: the pattern \"(\" is wrong at offset 1: missing closing "
            "parenthesis");
}

}  // namespace
}  // namespace ofn
