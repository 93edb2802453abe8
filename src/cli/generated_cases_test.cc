#include "cli/generated_cases.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>

#include <ofn/typed.h>

#include "document/json.h"
#include "typed/openapi.h"
#include "typed/reader.h"

namespace tried {
namespace {

enum class Colour { red, green };  // NOLINT(readability-identifier-naming): JSON's words
OFN_ENUM(Colour, red, green)

struct Circle {
  double radius = 0;
};
OFN_FIELDS(Circle, (radius, ofn::min(0.0), ofn::max(10.0)))
struct Square {
  std::uint8_t side = 0;
};
OFN_FIELDS(Square, side)
using Shape = std::variant<Circle, Square>;
OFN_VARIANT(Shape, "kind", "circle", "square")

struct Line {
  std::string item;
  int count = 0;
};
OFN_FIELDS(Line, (item, ofn::pattern<"^[a-z]+-[0-9]{2}$">), (count, ofn::min(3), ofn::max(9)))

struct All {
  bool yes = false;
  std::int64_t small = 0;
  std::uint64_t large = 0;
  std::int64_t id = 0;
  float single = 0;
  std::string text;
  Colour colour = Colour::red;
  std::optional<std::string> note;
  std::vector<Line> lines;
  std::set<int> numbers;
  std::map<std::string, int> stock;
  std::array<int, 3> three{};
  std::tuple<int, std::string> pair;
  Shape shape;
  std::chrono::sys_seconds when;
  std::chrono::seconds took{};
  std::vector<std::byte> bytes;
};
OFN_FIELDS(All, yes, small, large, (id, ofn::as_text), single, (text, ofn::length(2, 5)), colour,
           (note, ofn::length(0, 3)), (lines, ofn::length(1, 2)), numbers, stock, three, pair,
           shape, when, took, bytes)

using Take = void (*)(const All&);

}  // namespace
}  // namespace tried

namespace ofn::cli {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;

document::Node openapi() {
  using F = internal::Form<tried::Take>;
  const auto routes =
      Routes::of({{.name = "take", .signature = F::kSignature, .typed = &F::kTyped}});
  return *document::json_value(openapi_of(*routes, {.title = "t", .version = "1"}));
}

JsonProblems read(const std::string& body) {
  tried::All all;
  using F = internal::Form<tried::Take>;
  return read_json(body, F::kTyped.argument.type(), &all);
}

// The reader of requests judges: what fits its schema has no mistake, and a mistake is where the case says.
TEST(GeneratedCases, FitTheTypeOrHaveTheMistakeThatTheyName) {
  const GeneratedCases cases(openapi(), 7);
  ASSERT_EQ(cases.operations(), 1U);
  std::map<std::string, int> mistakes;
  for (std::size_t i = 0; i < 4000; ++i) {
    const Case one = cases.at(i);
    SCOPED_TRACE(one.about + " " + one.body);
    const JsonProblems problems = read(one.body);
    if (!one.expected.status) {
      EXPECT_EQ(lines_of(problems), "");
      continue;
    }
    std::vector<std::string> pointers;
    for (const JsonProblem& problem : problems) pointers.push_back(problem.pointer);
    EXPECT_FALSE(problems.empty());
    if (!one.expected.pointer->empty()) {
      EXPECT_THAT(pointers, Contains(*one.expected.pointer));
    }
    ++mistakes[one.about.substr(one.about.find(": ") + 2)];
  }
  for (const char* const what :
       {"missing", "too small", "too large", "too short", "too long", "too few items",
        "too many items", "an unknown word", "an unknown tag", "not a string", "not a number",
        "not a whole number", "not an object", "not an array", "not a boolean", "not base64",
        "no date-time", "no duration", "not as the pattern has it"})
    EXPECT_GT(mistakes[what], 0) << what;
}

TEST(GeneratedCases, DependOnTheSeedAndTheNumberOnly) {
  const GeneratedCases cases(openapi(), 7);
  const GeneratedCases same(openapi(), 7);
  const GeneratedCases other(openapi(), 8);
  int differing = 0;
  for (std::size_t i = 50; i-- > 0;) {
    EXPECT_EQ(cases.at(i).body, same.at(i).body);
    differing += cases.at(i).body == other.at(i).body ? 0 : 1;
  }
  EXPECT_GT(differing, 40);
}

TEST(GeneratedCases, AFunctionWithoutJsonHasNone) {
  const auto document = document::json_value(R"({"paths":{"/":{"get":{"responses":{}}}}})");
  EXPECT_EQ(GeneratedCases(*document, 1).operations(), 0U);
}

TEST(GeneratedCases, DeclaredFailuresMayBeAnswered) {
  const auto document = document::json_value(
      R"({"paths":{"/a/{id}":{"put":{"requestBody":{"content":{"application/json":{"schema":{"type":"integer"}}}},)"
      R"("responses":{"503":{},"200":{},"default":{}}}}}})");
  const Case one = GeneratedCases(*document, 1).at(0);
  EXPECT_EQ(one.method, "PUT");
  EXPECT_EQ(one.path.find('{'), std::string::npos);
  EXPECT_EQ(problem_of(one.expected, {.status = 503}), "");
  EXPECT_EQ(problem_of(one.expected, {.status = 500}), "answered 500, and must answer below 500");
}

TEST(Cases, AnAnswerIsComparedWithWhatIsExpected) {
  struct Row {
    Expected expected;
    CaseAnswer answer;
    std::string problem;
  };
  const std::string body = R"({"errors":[{"pointer":"#/a/0"},{"pointer":"#/b"}]})";
  for (const Row& row : std::vector<Row>{
           {{.status = 200}, {200, ""}, ""},
           {{.status = 200}, {204, ""}, "answered 204, and must answer 200"},
           {{.below = 500}, {404, ""}, ""},
           {{.status = 400, .pointer = "/b"}, {400, body}, ""},
           {{.status = 400, .pointer = ""}, {400, body}, ""},
           {{.status = 400, .pointer = "/c"},
            {400, body},
            "the answer must name the mistake at /c, and names /a/0, /b"},
           {{.status = 400, .pointer = "/c"},
            {400, "{}"},
            "the answer must name the mistake at /c, and names none"},
           {{.pointer = ""}, {400, "no"}, "the body is not application/problem+json"},
           {{.json = document::json_value(R"({"a":1,"b":2})")}, {200, R"({"b":2,"a":1})"}, ""},
       })
    EXPECT_EQ(problem_of(row.expected, row.answer), row.problem);
  EXPECT_THAT(problem_of({.json = document::json_value(R"({"a":1})")}, {200, R"({"a":2})"}),
              ::testing::StartsWith("the body differs:\n"));
}

TEST(Cases, AFileHasTheWholeCase) {
  const Case one{.name = "x",
                 .method = "PUT",
                 .path = "/a?b=c",
                 .fields = {{"accept", "application/json"}},
                 .body = R"({"n":12345678901234567890})",
                 .expected = {.status = 400, .pointer = "/n"},
                 .about = "/n: too large",
                 .found = "answered 200, and must answer 400"};
  for (const std::string& text : {one.body, std::string("{"), std::string("\xff\0a", 3)}) {
    Case written = one;
    written.body = text;
    const auto again = case_of(*document::json_value(document::to_json(node_of(written))), "x");
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(document::to_json(node_of(*again)), document::to_json(node_of(written)));
    EXPECT_EQ(again->body, text);
  }
  EXPECT_EQ(case_of(*document::json_value(R"({"method":"GET","path":"a"})"), "").error().message(),
            "its \"path\" does not begin with /");
  EXPECT_EQ(case_of(*document::json_value(R"({"method":"GET","path":"/"})"), "").error().message(),
            "it has no object \"expected\"");
}

TEST(Cases, SmallerOnesKeepTheMistake) {
  const Case one{.name = "",
                 .body = R"({"a":[10,"xy"],"b":{"c":true}})",
                 .expected = {.status = 400, .pointer = "/a/1"}};
  std::vector<std::string> bodies;
  for (const Case& smaller : smaller_cases(one)) bodies.push_back(smaller.body);
  EXPECT_THAT(bodies, Contains(R"({"a":[10,"xy"]})"));
  EXPECT_THAT(bodies, Contains(R"({"a":[0,"xy"],"b":{"c":true}})"));
  EXPECT_THAT(bodies, Contains(R"({"a":[10,"xy"],"b":{"c":false}})"));
  for (const std::string& body : bodies) EXPECT_NE(body.find("\"xy\"]"), std::string::npos) << body;
  EXPECT_THAT(smaller_cases({.name = "", .body = "{"}), IsEmpty());
}

}  // namespace
}  // namespace ofn::cli
