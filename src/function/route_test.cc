#include "function/route.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ofn {
namespace {

using Kind = RouteSegment::Kind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Route, Parses) {
  const auto pattern = parse_route("GET,M-SEARCH /a/{id}/x%20y%2Fz/{rest...}");
  ASSERT_TRUE(pattern);
  EXPECT_THAT(pattern->methods, ElementsAre("GET", "M-SEARCH"));
  EXPECT_THAT(
      pattern->segments,
      ElementsAre(RouteSegment{Kind::kLiteral, "a"}, RouteSegment{Kind::kParameter, "id"},
                  RouteSegment{Kind::kLiteral, "x y/z"}, RouteSegment{Kind::kRest, "rest"}));
}

TEST(Route, ItsTextIsTheSameRoute) {
  for (const char* text : {"/", "//", "/a", "/a/", "/{a}", "/{a}/{b...}", "GET /", "GET,PUT /x",
                           "/k\xC3\xA4se", "/%7B%25%3F", "/a:b@c,d;e=f+g~h!"}) {
    const auto pattern = parse_route(text);
    ASSERT_TRUE(pattern) << text;
    EXPECT_EQ(pattern->text(), text);
  }
  EXPECT_EQ(parse_route("/%61%zz%4")->text(), "/a%25zz%254");
}

TEST(Route, MistakesAreTold) {
  struct Case {
    const char* text;
    const char* problem;
  };
  for (const Case& each : {
           Case{"", "has no path that begins with '/'"},
           Case{"users", "has no path that begins with '/'"},
           Case{"GET", "has no path that begins with '/'"},
           Case{"GET  /a", "has no path that begins with '/'"},
           Case{" /a", "has a method \"\""},
           Case{"get /a", "has a method \"get\" that has a character other than a capital letter"},
           Case{"GET,,PUT /a", "has a method \"\""},
           Case{"GET, /a", "has a method \"\""},
           Case{"GET,PUT,GET /a", "has the method GET twice"},
           Case{"/a b", "has a blank"},
           Case{"/a?b", "'?'"},
           Case{"/a#b", "'#'"},
           Case{"/a\tb", "a control character"},
           Case{"/{}", "has a parameter \"{}\" whose name"},
           Case{"/{...}", "has a parameter \"{...}\" whose name"},
           Case{"/{1a}", "has a parameter \"{1a}\" whose name"},
           Case{"/{a-b}", "has a parameter \"{a-b}\" whose name"},
           Case{"/{a}b", "has a brace within \"{a}b\""},
           Case{"/a{b", "has a brace within \"a{b\""},
           Case{"/{a}/x/{a}", "has the parameter \"a\" twice"},
           Case{"/{a...}/b", "has something after \"{a...}\""},
       }) {
    const auto pattern = parse_route(each.text);
    ASSERT_FALSE(pattern) << each.text;
    EXPECT_THAT(pattern.error().message(), HasSubstr(each.problem)) << each.text;
    EXPECT_THAT(pattern.error().message(), HasSubstr("; a route is written as \"/users/{id}\""));
  }
}

TEST(Route, GetAnswersHead) {
  const auto get = *parse_route("GET /");
  EXPECT_TRUE(get.allows("GET") && get.allows("HEAD"));
  EXPECT_FALSE(get.allows("get") || get.allows("POST") || get.allows(""));
  EXPECT_TRUE(parse_route("/")->allows("ANYTHING"));
  EXPECT_FALSE(parse_route("PUT /")->allows("HEAD"));
}

TEST(Route, TheContextsPatternTakesWhatLiesBelow) {
  struct Case {
    const char* text;
    const char* means;
  };
  for (const Case& each :
       {Case{"/", "/{rest...}"}, Case{"/*", "/{rest...}"}, Case{"/a/", "/a/{rest...}"},
        Case{"/a/*", "/a/{rest...}"}, Case{"/a", "/a"}, Case{"/users/{id}", "/users/{id}"},
        Case{"GET /a", "GET /a"}}) {
    const auto pattern = parse_http_pattern(each.text);
    ASSERT_TRUE(pattern) << each.text;
    EXPECT_EQ(pattern->text(), each.means);
  }
  EXPECT_FALSE(parse_http_pattern("a"));
}

// Each route is tried before all routes after it.
TEST(Route, Precedence) {
  std::vector<RoutePattern> order;
  for (const char* text :
       {"/a", "/a/b", "HEAD /a/{x}", "GET /a/{x}", "/a/{x}", "/a/{x}/b", "/a/{x}/{y}",
        "/a/{x}/{y...}", "/a/{x...}", "/b", "/{x}", "/{x}/a", "/{x}/{y...}", "/{x...}"}) {
    order.push_back(*parse_route(text));
  }
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (std::size_t k = 0; k < order.size(); ++k) {
      EXPECT_EQ(more_specific(order[i], order[k]), i < k)
          << order[i].text() << " and " << order[k].text();
    }
  }
  EXPECT_TRUE(same_paths(*parse_route("GET /{x}"), *parse_route("/{y}")));
  EXPECT_FALSE(same_paths(*parse_route("/{x}"), *parse_route("/{x...}")));
  EXPECT_FALSE(same_paths(*parse_route("/a"), *parse_route("/a/")));
}

}  // namespace
}  // namespace ofn
