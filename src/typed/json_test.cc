// Typed functions as the host calls them: JSON in, JSON out, every kind of field, every mistake.
#include "document/json.h"

#include <cmath>
#include <map>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ofn/function.h>
#include <ofn/typed.h>

#include "document/slices.h"
#include "typed/json_table.h"
#include "typed/registry_for_test.h"
#include "typed/schema.h"

namespace shop {
namespace {

enum class Color { red, green = 7 };  // NOLINT(readability-identifier-naming): JSON's words
OFN_ENUM(Color, red, green)

struct Item {
  std::string name;
  Color color = Color::red;
};
OFN_FIELDS(Item, name, color)

struct All {
  bool yes = false;
  std::int8_t tiny = 0;
  std::uint64_t huge = 0;
  std::int64_t low = 0;
  float half = 0;
  double whole = 0;
  std::string text;
  std::optional<int> maybe;
  std::vector<Item> items;
  std::map<std::string, std::vector<int>> groups;
  std::optional<Item> one;
};
OFN_FIELDS(All, yes, tiny, huge, low, half, whole, text, maybe, items, groups, one)

struct Tree {
  int value = 0;
  std::vector<Tree> below;
};
OFN_FIELDS(Tree, value, below)

struct Strict {
  int a = 1;
  int b = 2;
};
OFN_FIELDS(Strict, a, b)

struct Limited {
  std::optional<int> limit = 10;
  std::optional<Item> item = Item{.name = "i"};
  std::optional<std::optional<int>> nested = 5;
};
OFN_FIELDS(Limited, limit, item, nested)

struct Line {
  std::string text;
};

struct Message {
  std::string message;
};
OFN_FIELDS(Message, message)
struct Payload {
  Message payload;
};
OFN_FIELDS(Payload, payload)

}  // namespace
}  // namespace shop

template <>
// NOLINTNEXTLINE(readability-identifier-naming)
inline constexpr bool ofn::refuse_unknown_fields<shop::Strict> = true;
template <>
// NOLINTNEXTLINE(readability-identifier-naming)
inline constexpr bool ofn::default_absent_fields<shop::Strict> = true;
template <>
struct ofn::Codec<shop::Line> {
  static constexpr const char* media_type = "text/x-line";  // NOLINT(readability-identifier-naming)
  static shop::Line decode(std::string_view body) {
    if (!body.ends_with('\n')) throw BadInput("a line ends with a line break");
    return {std::string(body.substr(0, body.size() - 1))};
  }
  static std::string encode(const shop::Line& line) { return line.text + "\n"; }
};

namespace shop {
namespace {

Payload wrap(const Message& message) { return {message}; }
All all(All all) { return all; }
Line line(const Line& line) { return {line.text + "!"}; }
void nothing(const Message&) {}
ofn::Response respond(const Message& message) { return ofn::Response(message.message).status(404); }
int count(const std::vector<Message>& messages) { return static_cast<int>(messages.size()); }
double infinite(const Message&) { return HUGE_VAL; }
Color unnamed(const Message&) { return static_cast<Color>(3); }
Strict strict(Strict&& strict) noexcept { return strict; }
Tree tree(const Tree& tree) { return tree; }
Limited limited(const Limited& limited) { return limited; }
std::string in_context(ofn::Context& context, const Message& message) {
  return message.message + std::string(context.name());
}

}  // namespace
}  // namespace shop

OFN_FUNCTION(shop::wrap)
OFN_FUNCTION(shop::all)
OFN_FUNCTION(shop::line)
OFN_FUNCTION(shop::nothing)
OFN_FUNCTION(shop::respond)
OFN_FUNCTION(shop::count)
OFN_FUNCTION(shop::infinite)
OFN_FUNCTION(shop::unnamed)
OFN_FUNCTION(shop::strict)
OFN_FUNCTION(shop::tree)
OFN_FUNCTION(shop::limited)
OFN_FUNCTION(shop::in_context)

namespace ofn {
namespace {

using ::testing::HasSubstr;

Response called(const char* name, std::string_view body,
                const char* content_type = "application/json") {
  const Registry registry = own_registry();
  const Function* function = registry.find(name);
  EXPECT_NE(function, nullptr) << name;
  EXPECT_EQ(function->signature, Signature::kTyped);
  const Field header{"Content-Type", content_type == nullptr ? "" : content_type};
  Request::Parts parts;
  if (content_type != nullptr) parts.headers = {&header, 1};
  parts.body = body;
  const Request request(parts);
  const abi::ContextTable table{};
  const abi::ContextFacts facts{.name = "fn"};
  Context context(table, nullptr, facts);
  abi::Outcome outcome;
  function->invoke({.request = &request, .context = &context, .json = &json_table()}, outcome);
  return outcome.response;
}

TEST(Typed, Answers) {
  struct Case {
    const char* name;
    const char* body;
    int status;
    const char* answer;
  };
  for (const Case& each : {
           Case{"shop::wrap", R"({"message":"Hello world!"})", 200,
                R"({"payload":{"message":"Hello world!"}})"},
           Case{"shop::wrap",
                R"( {"other":[{"a":[]},null,1,{"message":2}],"message":"\u00e4\n\"\\\u0001"} )",
                200, "{\"payload\":{\"message\":\"\xC3\xA4\\n\\\"\\\\\\u0001\"}}"},
           Case{"shop::nothing", R"({"message":""})", 204, ""},
           Case{"shop::respond", R"({"message":"x"})", 404, "x"},
           Case{"shop::count", R"([{"message":"a"},{"message":"b"}])", 200, "2"},
           Case{"shop::in_context", R"({"message":"x"})", 200, R"("xfn")"},
           Case{"shop::strict", R"({"b":3})", 200, R"({"a":1,"b":3})"},
           Case{"shop::limited", "{}", 200,
                R"({"limit":10,"item":{"name":"i","color":"red"},"nested":5})"},
           Case{"shop::limited", R"({"limit":null,"item":null,"nested":null})", 200, "{}"},
           Case{"shop::tree", R"({"value":1,"below":[{"value":2,"below":[]}]})", 200,
                R"({"value":1,"below":[{"value":2,"below":[]}]})"},
       }) {
    SCOPED_TRACE(each.body);
    const Response response = called(each.name, each.body);
    EXPECT_EQ(response.status(), each.status);
    EXPECT_EQ(response.body(), each.answer);
    const std::string* type = response.find_header("content-type");
    EXPECT_EQ(type != nullptr && *type == "application/json", each.status == 200);
  }
}

using document::Members;

constexpr const char* kAll =
    R"({"yes":true,"tiny":-128,"huge":18446744073709551615,"low":-9223372036854775808,"half":0.5,)"
    R"("whole":-1e+300,"text":"t","maybe":3,"items":[{"name":"n","color":"green"}],)"
    R"("groups":{"a":[1,2],"b":[]},"one":{"name":"o","color":"red"}})";

TEST(Typed, EveryKindOfFieldComesBack) {
  EXPECT_EQ(called("shop::all", kAll).body(), kAll);
  Members some = *Members::of(kAll);
  some.set("maybe", "null");
  some.remove("one");
  some.set("whole", "7");
  const Response response = called("shop::all", some.text());
  const Members back = *Members::of(response.body());
  EXPECT_FALSE(back.find("maybe") || back.find("one"));
  EXPECT_EQ(back.find("whole"), "7");
}

TEST(Typed, WhatDoesNotFitIsNamed) {
  const auto all_with = [](const char* name, const char* value) {
    Members all = *Members::of(kAll);
    all.set(name, value);
    return all.text();
  };
  struct Case {
    const char* field;
    const char* value;
    const char* problem;
  };
  for (const Case& each : {
           Case{"yes", "1", "$.yes: expected true or false, found the number 1"},
           Case{"yes", "null", "$.yes: expected true or false, found null"},
           Case{"tiny", "128",
                "$.tiny: expected an integer from -128 to 127, found the number 128"},
           Case{"tiny", "-129",
                "$.tiny: expected an integer from -128 to 127, found the number -129"},
           Case{"tiny", "1.5",
                "$.tiny: expected an integer from -128 to 127, found the number 1.5"},
           Case{"tiny", "1e-1",
                "$.tiny: expected an integer from -128 to 127, found the number 1e-1"},
           Case{"tiny", "128.0", "found the number 128.0"},
           Case{"tiny", "-129.0", "found the number -129.0"},
           Case{"tiny", "1e400", "$.tiny: expected a number that a double can hold"},
           Case{"tiny", "true", "$.tiny: expected an integer from -128 to 127, found true"},
           Case{"huge", "-1.0", "found the number -1.0"},
           Case{"huge", "9007199254740993.5", "found the number 9007199254740993.5"},
           Case{"low", "9223372036854775808.0", "found the number 9223372036854775808.0"},
           Case{"groups", R"({"a":[1,1e999]})", "$.groups.a[1]: expected a number that a double"},
           Case{"half", "3.4028236e38",
                "$.half: expected a number, found the number 3.4028236e+38"},
           Case{"half", "-340282360000000000000000000000000000000.0", "$.half: expected a number"},
           Case{"huge", "-1",
                "$.huge: expected an integer from 0 to 18446744073709551615, found the number -1"},
           Case{"huge", "18446744073709551616",
                "$.huge: expected an integer from 0 to 18446744073709551615, found the number "
                "18446744073709551616"},
           Case{"low", "9223372036854775808", "found the number 9223372036854775808"},
           Case{"half", "1e39", "$.half: expected a number, found the number 1e+39"},
           Case{"whole", "1e999", "$.whole: expected a number that a double can hold"},
           Case{"whole", R"("1")", "$.whole: expected a number, found a string"},
           Case{"text", "true", "$.text: expected a string, found true"},
           Case{"maybe", R"("")",
                "$.maybe: expected an integer from -2147483648 to 2147483647, found a string"},
           Case{"items", "{}", "$.items: expected an array, found an object"},
           Case{"items", R"([{"name":"a","color":"red"},{"name":1}])",
                "$.items[1].name: expected a string, found the number 1"},
           Case{"items", R"([{"name":"a"}])",
                R"($.items[0].color: expected one of "red", "green", found nothing)"},
           Case{"items", R"([{"name":"a","color":"blue"}])",
                R"($.items[0].color: expected one of "red", "green", found another string)"},
           Case{"items", "[null]", "$.items[0]: expected an object, found null"},
           Case{
               "groups", R"({"a":[1,[]]})",
               "$.groups.a[1]: expected an integer from -2147483648 to 2147483647, found an array"},
           Case{"groups", R"({"a b":1})", "$.groups[…]: expected an array, found the number 1"},
           Case{"groups", R"({"a":[],"a":[]})", "$.groups.a: expected once, found twice"},
           Case{"one", "[]", "$.one: expected an object, found an array"},
           Case{"one", R"({"name":"a","color":"red","name":"b"})",
                "$.one.name: expected once, found twice"},
       }) {
    SCOPED_TRACE(each.problem);
    const Response response = called("shop::all", all_with(each.field, each.value));
    EXPECT_EQ(response.status(), 400);
    EXPECT_THAT(response.body(), HasSubstr(each.problem));
    EXPECT_TRUE(response.body().ends_with('\n'));
  }
  const auto problem = [](const char* name, std::string_view body) {
    const Response response = called(name, body);
    EXPECT_EQ(response.status(), 400);
    return response.body();
  };
  EXPECT_EQ(problem("shop::wrap", ""), "the body is empty: expected an object\n");
  EXPECT_EQ(problem("shop::wrap", "{}"), "$.message: expected a string, found nothing\n");
  EXPECT_EQ(problem("shop::wrap", "[]"), "$: expected an object, found an array\n");
  EXPECT_EQ(problem("shop::count", "{}"), "$: expected an array, found an object\n");
  EXPECT_EQ(problem("shop::strict", R"({"c":1})"),
            "$.c: expected nothing: there is no such field\n");
  EXPECT_EQ(problem("shop::wrap", R"({"message":"a"} x)"),
            "the body is not JSON: there is a mistake at byte 17\n");
  EXPECT_EQ(problem("shop::wrap", std::string_view("{\"message\":\"a\"}\0", 16)),
            "the body is not JSON: there is a mistake at byte 16\n");
  EXPECT_THAT(problem("shop::wrap", "{\"message\":\"\xff\"}"), HasSubstr("is not JSON"));
}

// A number counts by its value, not by its spelling. A real is written as the shortest text with
// its value.
TEST(Typed, NumbersComeBack) {
  struct Case {
    const char* field;
    const char* value;
    const char* back;
  };
  for (const Case& each : {
           Case{"tiny", "1.0", "1"},
           Case{"tiny", "-1.28e2", "-128"},
           Case{"tiny", "-0.0", "0"},
           Case{"tiny", "-0", "0"},
           Case{"huge", "1.8446744073709551615e19", "18446744073709551615"},
           Case{"huge", "9007199254740993.0", "9007199254740993"},
           Case{"low", "-9223372036854775808.0", "-9223372036854775808"},
           Case{"low", "9223372036854775807.0", "9223372036854775807"},
           Case{"low", "90071992547409930e-1", "9007199254740993"},
           Case{"maybe", "1e2", "100"},
           Case{"groups", R"({"a":[1e1,2.0]})", R"({"a":[10,2]})"},
           Case{"half", "0.1", "0.1"},
           Case{"half", "0.10000000149011612", "0.1"},
           Case{"half", "3.4028235e38", "3.4028235e+38"},
           Case{"half", "3.4028234663852886e+38", "3.4028235e+38"},
           Case{"half", "-3.4028235e38", "-3.4028235e+38"},
           Case{"half", "1e-45", "1e-45"},
           Case{"half", "1e-60", "0"},
           Case{"half", "-0.0", "-0"},
           Case{"half", "-0", "-0"},
           Case{"half", "16777217", "16777216"},
           // Rounded only once: rounding to a double first would give 9.007199e+15.
           Case{"half", "9007199791611905", "9.0072e+15"},
           Case{"whole", "0.1", "0.1"},
           Case{"whole", "1.7976931348623157e308", "1.7976931348623157e+308"},
           Case{"whole", "5e-324", "5e-324"},
           Case{"whole", "-0", "-0"},
           Case{"whole", "9007199254740993", "9007199254740992"},
       }) {
    SCOPED_TRACE(std::string(each.field) + " " + each.value);
    Members all = *Members::of(kAll);
    all.set(each.field, each.value);
    const Response response = called("shop::all", all.text());
    EXPECT_EQ(response.status(), 200) << response.body();
    EXPECT_THAT(response.body(), HasSubstr('"' + std::string(each.field) + "\":" + each.back));
    EXPECT_EQ(called("shop::all", response.body()).body(), response.body());
  }
}

TEST(Typed, NestingIsLimited) {
  const auto tree = [](int depth) {
    std::string text;
    for (int i = 0; i < depth; ++i) text += R"({"value":1,"below":[)";
    for (int i = 0; i < depth; ++i) text += "]}";
    return text;
  };
  EXPECT_EQ(called("shop::tree", tree(32)).status(), 200);
  EXPECT_THAT(called("shop::tree", tree(33)).body(), HasSubstr("expected at most 64 levels"));
  EXPECT_EQ(called("shop::wrap", R"({"x":)" + std::string(100000, '[')).status(), 400);
}

// A text that is cut at any byte is refused and does no harm.
TEST(Typed, CutAtEveryByte) {
  const std::string_view text = kAll;
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_EQ(called("shop::all", text.substr(0, size)).status(), 400) << size;
}

TEST(Typed, ContentTypes) {
  const char* const body = R"({"message":"x"})";
  for (const char* type : {"application/json", "Application/JSON ; charset=utf-8",
                           "application/problem+json", "application/cloudevents+json"})
    EXPECT_EQ(called("shop::wrap", body, type).status(), 200) << type;
  EXPECT_EQ(called("shop::wrap", body, nullptr).status(), 200);
  for (const char* type :
       {"text/plain", "application/jsonx", "+json", "application/x-www-form-urlencoded"})
    EXPECT_EQ(called("shop::wrap", body, type).status(), 415) << type;
}

TEST(Typed, AnAuthorsOwnForm) {
  const Response answer = called("shop::line", "a\n", "Text/X-Line; a=b");
  EXPECT_EQ(answer.body(), "a!\n");
  EXPECT_EQ(*answer.find_header("content-type"), "text/x-line");
  EXPECT_EQ(called("shop::line", "a", "text/x-line").status(), 400);
  EXPECT_EQ(called("shop::line", "a", "text/x-line").body(), "a line ends with a line break\n");
  EXPECT_EQ(called("shop::line", "a\n").status(), 415);
  EXPECT_THAT(called("shop::line", "a\n").body(), HasSubstr("must be text/x-line"));
}

TEST(Typed, WhatJsonCannotSayIsACrash) {
  EXPECT_THROW((void)called("shop::infinite", R"({"message":"x"})"), std::runtime_error);
  EXPECT_THROW((void)called("shop::unnamed", R"({"message":"x"})"), std::runtime_error);
}

TEST(Typed, Schema) {
  const Registry registry = own_registry();
  const auto schema = document::parse_json(schema_of(registry.functions()));
  ASSERT_TRUE(schema);
  // Returns the JSON of the value at the end of a path, or "" if there is none.
  const auto at = [&schema](const std::vector<std::string_view>& path) {
    const document::Node* node = &schema->root;
    for (const std::string_view name : path) {
      if (node != nullptr) node = node->find(name);
    }
    return node == nullptr ? "" : document::to_json(*node);
  };
  EXPECT_EQ(at({"functions", "shop::wrap", "argument", "$ref"}), R"("#/$defs/Message")");
  EXPECT_EQ(at({"functions", "shop::wrap", "result", "$ref"}), R"("#/$defs/Payload")");
  EXPECT_EQ(at({"functions", "shop::count", "argument", "items", "$ref"}), R"("#/$defs/Message")");
  EXPECT_EQ(at({"functions", "shop::line", "argument", "contentMediaType"}), R"("text/x-line")");
  EXPECT_NE(at({"functions", "shop::nothing"}), "");
  EXPECT_EQ(at({"functions", "shop::nothing", "result"}), "");
  EXPECT_EQ(at({"functions", "app::text"}), "") << "typed functions only";
  EXPECT_EQ(at({"$defs", "Tree", "properties", "below", "items", "$ref"}), R"("#/$defs/Tree")");
  EXPECT_EQ(at({"$defs", "Color", "enum"}), R"(["red","green"])");
  EXPECT_EQ(at({"$defs", "Strict", "additionalProperties"}), "false");
  EXPECT_NE(at({"$defs", "Strict"}), "");
  EXPECT_EQ(at({"$defs", "Strict", "required"}), "");
  EXPECT_EQ(at({"$defs", "All", "properties", "tiny"}),
            R"({"type":"integer","minimum":-128,"maximum":127})");
  EXPECT_EQ(at({"$defs", "All", "properties", "half", "maximum"}), "3.4028235e+38");
  EXPECT_EQ(at({"$defs", "All", "properties", "whole"}), R"({"type":"number"})");
  EXPECT_EQ(at({"$defs", "All", "properties", "maybe", "anyOf"}),
            R"([{"type":"integer","minimum":-2147483648,"maximum":2147483647},{"type":"null"}])");
  EXPECT_EQ(schema->root.find("$defs")->find("All")->find("required")->children().size(), 9U);
}

}  // namespace
}  // namespace ofn
