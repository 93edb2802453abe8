// Each type that can be a field: it comes back as it was, and what does not fit is named.
#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <set>
#include <tuple>
#include <unordered_set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ofn/function.h>
#include <ofn/typed.h>

#include "typed/json_table.h"

namespace types {
namespace {

using std::chrono::system_clock;

enum class Color { red, kGreen };  // NOLINT(readability-identifier-naming): JSON's words
OFN_ENUM(Color, red, (kGreen, "green"))

struct Base {
  int id = 0;
};
OFN_FIELDS(Base, id)

struct Second {
  std::string text;
};
struct Derived : Second, Base {
  bool own = false;
};
OFN_DERIVED_FIELDS(Derived, Base, own)
struct Further : Derived {};
OFN_DERIVED_FIELDS(Further, Derived)

struct Circle {
  double radius = 0;
};
OFN_FIELDS(Circle, radius)
struct Square {
  double side = 0;
  std::optional<std::string> name;
};
OFN_FIELDS(Square, side, name)
struct Nothing {};
OFN_FIELDS(Nothing)
using Shape = std::variant<Circle, Square, Nothing>;
OFN_VARIANT(Shape, "kind", "circle", "square", "none")

struct Even {
  int number = 0;
};

using Ids = std::set<std::int64_t>;
using Flags = std::vector<bool>;
using Blob = std::vector<std::byte>;
using Triple = std::array<int, 3>;
using Pair = std::pair<std::string, int>;
using Tuple = std::tuple<int, std::optional<bool>, std::string>;
using Shapes = std::map<std::string, Shape>;
using Nanos = std::chrono::time_point<system_clock, std::chrono::nanoseconds>;
using Seconds = std::chrono::time_point<system_clock, std::chrono::seconds>;
using Days = std::chrono::time_point<system_clock, std::chrono::duration<int, std::ratio<86400>>>;

struct Options {
  int least = 5;
  std::optional<int> range = 5;
  std::uint64_t high = 0;
  double real = 0.5;
  std::string name = "n";
  std::vector<int> list = {1};
  std::set<int> set;
  std::map<std::string, int> map;
  std::int64_t id = 0;
  std::optional<std::uint64_t> other_id;
};
OFN_FIELDS(Options, (least, ofn::min(1), ofn::or_default), (range, ofn::min(-1), ofn::max(10)),
           (high, ofn::max(18'000'000'000'000'000'000U), ofn::or_default),
           (real, ofn::min(0.25), ofn::max(1), ofn::or_default),
           (name, ofn::name("Full name"), ofn::length(1, 3), ofn::or_default),
           (list, ofn::length(1), ofn::or_default), (set, ofn::length(0, 2), ofn::or_default),
           (map, ofn::length(0, 1), ofn::or_default), (id, ofn::as_text, ofn::or_default),
           (other_id, ofn::as_text, ofn::max(100)))

}  // namespace
}  // namespace types

template <>
struct ofn::Codec<types::Even> {
  static types::Even from_json(int number) {
    if (number % 2 != 0) throw BadInput("expected an even number");
    return {number};
  }
  static int to_json(const types::Even& even) { return even.number; }
};

namespace ofn {
namespace {

using ::testing::HasSubstr;
using namespace types;

// Returns the JSON of what was read, or what did not fit.
template <class T>
std::string back(std::string_view text) {
  T value{};
  const std::string mistake = json_table().read(text, internal::type_of<T>(), &value);
  if (!mistake.empty()) return mistake;
  std::string out;
  json_table().write(internal::type_of<T>(), &value, out);
  return out;
}

struct Case {
  std::string (*back)(std::string_view);
  const char* text;
  const char* result;  // null: the same as the text
};

TEST(Types, ComeBack) {
  for (const Case& each : {
           Case{back<Color>, R"("green")", nullptr},
           Case{back<Derived>, R"({"id":7,"own":true})", nullptr},
           Case{back<Further>, R"({"own":true,"id":7})", R"({"id":7,"own":true})"},
           Case{back<Shape>, R"({"kind":"circle","radius":1.5})", nullptr},
           Case{back<Shape>, R"({"side":2,"name":"a","other":[{}],"kind":"square"})",
                R"({"kind":"square","side":2,"name":"a"})"},
           Case{back<Shape>, R"({"kind":"none"})", nullptr},
           Case{back<Shapes>, R"({"a":{"kind":"none"},"b":{"kind":"circle","radius":1}})", nullptr},
           Case{back<std::optional<Shape>>, "null", nullptr},
           Case{back<Nothing>, R"({"x":1})", "{}"},
           Case{back<Even>, "4", nullptr},
           Case{back<std::vector<Even>>, "[2,4]", nullptr},
           Case{back<Ids>, "[3,1,2]", "[1,2,3]"},
           Case{back<std::unordered_set<std::string>>, R"(["a"])", nullptr},
           Case{back<Flags>, "[true,false,true]", nullptr},
           Case{back<Blob>, R"("AAH/")", nullptr},
           Case{back<Blob>, R"("")", nullptr},
           Case{back<Triple>, "[1,2,3]", nullptr},
           Case{back<Pair>, R"(["a",1])", nullptr},
           Case{back<Tuple>, R"([1,null,"b"])", nullptr},
           Case{back<std::tuple<>>, "[]", nullptr},
           Case{back<Nanos>, R"("2026-11-30T06:37:28.123456789Z")", nullptr},
           Case{back<Seconds>, R"("1899-12-31T23:59:58.9+00:01")", R"("1899-12-31T23:58:58Z")"},
           Case{back<Days>, R"("2026-11-30T06:37:28Z")", R"("2026-11-30T00:00:00Z")"},
           Case{back<std::chrono::milliseconds>, R"("PT1.5S")", R"("PT1.500S")"},
           Case{back<std::chrono::milliseconds>, R"("-PT0.25S")", R"("-PT0.250S")"},
           Case{back<std::chrono::hours>, R"("PT119M")", R"("PT1H")"},
           Case{back<RawJson>, R"( {"a" : [1.0, "\u00e4"]} )", R"({"a" : [1.0, "\u00e4"]})"},
           Case{back<std::vector<RawJson>>, R"([ 1.0 , "x" ,null])", R"([1.0,"x",null])"},
           Case{
               back<Options>, R"({"id":"-9007199254740993","Full name":"äöü","range":-1})",
               R"({"least":5,"range":-1,"high":0,"real":0.5,"Full name":"äöü","list":[1],"set":[],)"
               R"("map":{},"id":"-9007199254740993"})"},
           Case{back<Options>, R"({"list":[2],"other_id":null})",
                R"({"least":5,"range":5,"high":0,"real":0.5,"Full name":"n","list":[2],"set":[],)"
                R"("map":{},"id":"0"})"},
           Case{back<Options>, R"({"id":12,"other_id":"100"})",
                R"({"least":5,"range":5,"high":0,"real":0.5,"Full name":"n","list":[1],"set":[],)"
                R"("map":{},"id":"12","other_id":"100"})"},
       }) {
    SCOPED_TRACE(each.text);
    EXPECT_EQ(each.back(each.text), each.result == nullptr ? each.text : each.result);
  }
}

TEST(Types, WhatDoesNotFitIsNamed) {
  for (const Case& each : {
           Case{back<Color>, R"("kGreen")",
                R"($: expected one of "red", "green", found another string)"},
           Case{back<Derived>, R"({"own":true})",
                "$.id: expected an integer from -2147483648 to 2147483647, found nothing"},
           Case{back<Shape>, R"({"radius":1})",
                R"($.kind: expected one of "circle", "square", "none", found nothing)"},
           Case{back<Shape>, R"({"kind":"line"})",
                R"($.kind: expected one of "circle", "square", "none", found another string)"},
           Case{back<Shape>, R"({"kind":7})",
                R"($.kind: expected one of "circle", "square", "none", found a number)"},
           Case{back<Shape>, R"({"kind":"circle","radius":"1"})",
                "$.radius: expected a number, found a string"},
           Case{back<Shape>, R"({"kind":"none","kind":"circle","radius":1})",
                "$.kind: expected once, found twice"},
           Case{back<Shape>, "[]", "$: expected an object, found an array"},
           Case{back<Even>, "3", "$: expected an even number"},
           Case{back<std::vector<Even>>, R"([2,"4",5])",
                "$[1]: expected an integer from -2147483648 to 2147483647, found a string\n"
                "$[2]: expected an even number"},
           Case{back<Ids>, "[1,2,1]", "$: expected each item once"},
           Case{back<Ids>, "{}", "$: expected an array, found an object"},
           Case{back<Flags>, "[1]", "$[0]: expected true or false, found the number 1"},
           Case{back<Blob>, R"("AAH")", "$: expected bytes in base64, found another string"},
           Case{back<Triple>, "[1,2]", "$: expected an array of 3 items, found 2"},
           Case{back<Triple>, "[1,2,3,{}]", "$: expected an array of 3 items, found 4"},
           Case{back<Triple>, "1", "$: expected an array of 3 items, found the number 1"},
           Case{back<Tuple>, R"([1,2,3])",
                "$[1]: expected true or false, found the number 2\n"
                "$[2]: expected a string, found the number 3"},
           Case{back<Nanos>, R"("yesterday")",
                R"($: expected a time such as "2026-11-30T06:37:28Z", found another string)"},
           Case{back<Nanos>, R"("2300-01-01T00:00:00Z")",
                "$: expected an earlier one: it is too late for the field"},
           Case{back<Nanos>, R"("1600-01-01T00:00:00Z")",
                "$: expected a later one: it is too early for the field"},
           Case{back<std::chrono::milliseconds>, "1500",
                R"($: expected a duration such as "PT1.5S", found the number 1500)"},
           Case{back<RawJson>, "[1,]", "the body is not JSON: there is a mistake at byte 4"},
           Case{back<Options>, R"({"least":0})",
                "$.least: expected an integer at least 1, found the number 0"},
           Case{back<Options>, R"({"range":11})",
                "$.range: expected an integer from -1 to 10, found the number 11"},
           Case{back<Options>, R"({"range":-2})",
                "$.range: expected an integer from -1 to 10, found the number -2"},
           Case{back<Options>, R"({"high":18000000000000000001})",
                "$.high: expected an integer at most 18000000000000000000, found the number "
                "18000000000000000001"},
           Case{back<Options>, R"({"real":1.5})",
                "$.real: expected a number from 0.25 to 1, found the number 1.5"},
           Case{back<Options>, R"({"Full name":"äöüa"})",
                "$[…]: expected a string of 1 to 3 characters, found 4"},
           Case{back<Options>, R"({"list":[]})",
                "$.list: expected an array of at least 1 item, found 0"},
           Case{back<Options>, R"({"set":[1,2,3]})",
                "$.set: expected an array of at most 2 items, found 3"},
           Case{back<Options>, R"({"map":{"a":1,"b":2}})",
                "$.map: expected an object of at most 1 member, found 2"},
           Case{back<Options>, R"({"id":"x"})",
                "$.id: expected an integer from -9223372036854775808 to 9223372036854775807 in a "
                "string, found a string"},
           Case{back<Options>, R"({"other_id":"101"})",
                "$.other_id: expected an integer at most 100, found the number 101"},
       }) {
    SCOPED_TRACE(each.text);
    EXPECT_EQ(each.back(each.text), each.result);
  }
}

TEST(Types, AllMistakesAreNamedUpToALimit) {
  EXPECT_EQ(back<std::vector<bool>>("[1,true,null,{\"a\":[]},[2]]"),
            "$[0]: expected true or false, found the number 1\n"
            "$[2]: expected true or false, found null\n"
            "$[3]: expected true or false, found an object\n"
            "$[4]: expected true or false, found an array");
  EXPECT_EQ(back<Square>(R"({"side":"a","name":1,"side":2} x)"),
            "$.side: expected a number, found a string\n"
            "$.name: expected a string, found the number 1\n"
            "$.side: expected once, found twice");
  EXPECT_EQ(back<Square>(R"({"side":"a",})"),
            "$.side: expected a number, found a string\n"
            "the body is not JSON: there is a mistake at byte 13");
  std::string many = "[1";
  for (int i = 0; i < 100; ++i) many += ",1";
  const std::string said = back<std::vector<bool>>(many + "]");
  EXPECT_EQ(std::ranges::count(said, '\n'), 20);
  EXPECT_THAT(said, HasSubstr("\nand what follows was not read"));
}

TEST(Types, WhatJsonCannotSayIsAnError) {
  const auto write = [](const auto& value) {
    std::string out;
    json_table().write(internal::type_of<std::remove_cvref_t<decltype(value)>>(), &value, out);
  };
  EXPECT_THROW(write(RawJson{"{"}), std::runtime_error);
  EXPECT_THROW(write(Seconds(std::chrono::hours(24 * 366 * 9000))), std::runtime_error);
  EXPECT_THROW(write(std::string("\xFF")), std::runtime_error);
}

TEST(Types, CutAtEveryByte) {
  constexpr std::string_view kText =
      R"([{"a":{"side":2,"name":"a","kind":"square"}},{"b":{"kind":"none"}}])";
  EXPECT_THAT(back<std::vector<Shapes>>(kText), HasSubstr("square"));
  for (std::size_t size = 0; size < kText.size(); ++size)
    EXPECT_THAT(back<std::vector<Shapes>>(kText.substr(0, size)), HasSubstr("the body is")) << size;
}

}  // namespace
}  // namespace ofn
