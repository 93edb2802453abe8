#include "function/routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ofn {
namespace {

using ::testing::HasSubstr;

// Makes a function for each line "name: route"; the line "name:" has no route.
Result<Routes> routes_of(const std::vector<std::string>& lines, std::string_view pattern = {}) {
  std::vector<Function> functions;
  int line_number = 0;
  for (const std::string& line : lines) {
    const auto colon = line.find(": ");
    const std::string place = "a.cc:" + std::to_string(++line_number);
    Function function{.name = line.substr(0, colon), .signature = Signature::kHttp, .place = place};
    if (colon != std::string::npos)
      function.routes.push_back({.text = line.substr(colon + 2), .place = place});
    functions.push_back(std::move(function));
  }
  return Routes::of(std::move(functions), pattern);
}

// Returns "f id=7 path=a/b", "404" or "405 GET, HEAD".
std::string found(const Routes& routes, std::string_view method, const std::string& path) {
  RouteParams params;
  const Routes::Match match = routes.find(method, path, params);
  if (match.function == nullptr)
    return match.is_path_known ? "405 " + routes.allowed(path) : std::string("404");
  EXPECT_TRUE(match.is_path_known);
  EXPECT_EQ(match.function, &routes.functions()[match.index]);
  std::string text = match.function->name;
  for (const Field& field : params.fields())
    text += " " + std::string(field.name) + "=" + std::string(field.value);
  return text;
}

TEST(Routes, Table) {
  const auto routes = routes_of({
      "root: GET /",
      "health: /health",
      "users: GET /users",
      "add: POST /users",
      "me: GET /users/me",
      "get: GET /users/{id}",
      "put: PUT,PATCH /users/{id}",
      "head: HEAD /heads/{id}",
      "heads: GET /heads/{id}",
      "posts: /users/{id}/posts/{post}",
      "files: /files/{path...}",
      "logo: GET /files/img/logo.png",
      "dir: /dir/",
      "blank: /a%20b",
      "cross1: /x/{b}/1",
      "cross2: /{a}/y/1",
      "last: GET /fallback/{all...}",
  });
  ASSERT_TRUE(routes) << routes.error().message();
  struct Case {
    const char* method;
    const char* path;
    const char* found;
  };
  for (const Case& each : {
           Case{"GET", "/", "root"},
           Case{"HEAD", "/", "root"},
           Case{"POST", "/", "405 GET, HEAD"},
           Case{"ANY", "/health", "health"},
           Case{"GET", "/health/", "404"},
           Case{"GET", "/Health", "404"},
           Case{"GET", "/healthy", "404"},
           Case{"GET", "/users", "users"},
           Case{"POST", "/users", "add"},
           Case{"DELETE", "/users", "405 GET, HEAD, POST"},
           Case{"GET", "/users/", "404"},
           Case{"GET", "/users/7", "get id=7"},
           Case{"HEAD", "/users/7", "get id=7"},
           Case{"PATCH", "/users/7", "put id=7"},
           Case{"DELETE", "/users/7", "405 GET, HEAD, PATCH, PUT"},
           // The parameter's route serves the methods that the literal's route does not.
           Case{"GET", "/users/me", "me"},
           Case{"PUT", "/users/me", "put id=me"},
           Case{"DELETE", "/users/me", "405 GET, HEAD, PATCH, PUT"},
           // A route for HEAD comes before a route for GET.
           Case{"HEAD", "/heads/1", "head id=1"},
           Case{"GET", "/heads/1", "heads id=1"},
           Case{"GET", "/users/a/posts/b", "posts id=a post=b"},
           Case{"GET", "/users//posts/b", "404"},
           Case{"GET", "/users/a/posts/", "404"},
           Case{"GET", "/users/a/posts/b/c", "404"},
           // Percent-encoding in the path, in the pattern, and incomplete; a slash in a value.
           Case{"GET", "/%75sers/%37", "get id=7"},
           Case{"GET", "/users/a%2Fb", "get id=a/b"},
           Case{"GET", "/users/%2e%2e", "get id=.."},
           Case{"GET", "/users/a+b%", "get id=a+b%"},
           Case{"GET", "/users/%zz%4", "get id=%zz%4"},
           Case{"GET", "/users%2F7", "404"},
           Case{"GET", "/a%20b", "blank"},
           Case{"GET", "/a b", "blank"},
           Case{"GET", "/files", "404"},
           Case{"GET", "/files/", "files path="},
           Case{"GET", "/files/a", "files path=a"},
           Case{"GET", "/files/a/b/", "files path=a/b/"},
           Case{"GET", "/f%69les/a%2Fb/%20c", "files path=a/b/ c"},
           Case{"GET", "/files/img/logo.png", "logo"},
           Case{"PUT", "/files/img/logo.png", "files path=img/logo.png"},
           Case{"GET", "/dir/", "dir"},
           Case{"GET", "/dir", "404"},
           Case{"GET", "/dir/x", "404"},
           // The first literal from the left decides.
           Case{"GET", "/x/y/1", "cross1 b=y"},
           Case{"GET", "/z/y/1", "cross2 a=z"},
           Case{"POST", "/fallback/x", "405 GET, HEAD"},
           Case{"OPTIONS", "*", "404"},
           Case{"CONNECT", "a:80", "404"},
           Case{"GET", "", "404"},
           Case{"GET", "//", "404"},
       }) {
    EXPECT_EQ(found(*routes, each.method, each.path), each.found) << each.method << each.path;
  }
}

TEST(Routes, WithoutARoute) {
  const auto alone = routes_of({"app::f"});
  for (const char* path : {"/", "/a/b", "*", "", "/robots.txt"})
    EXPECT_EQ(found(*alone, "ANY", path), "app::f") << path;
  EXPECT_EQ(alone->sole(), alone->functions().data());

  const auto several = routes_of({"app::f", "g", "h: /h2"});
  EXPECT_EQ(found(*several, "ANY", "/app/f"), "app::f");
  EXPECT_EQ(found(*several, "ANY", "/g"), "g");
  EXPECT_EQ(found(*several, "ANY", "/h2"), "h");
  for (const char* path : {"/", "/app", "/app::f", "/g/", "/h"})
    EXPECT_EQ(found(*several, "ANY", path), "404") << path;
  EXPECT_EQ(several->sole(), nullptr);

  const auto routed = routes_of({"f: /a"});
  EXPECT_EQ(found(*routed, "GET", "/b"), "404");
  EXPECT_NE(routed->sole(), nullptr);
}

TEST(Routes, TheContextsPattern) {
  EXPECT_EQ(found(*routes_of({"f"}, "/"), "GET", "/a/b"), "f rest=a/b");
  EXPECT_EQ(found(*routes_of({"f"}, "/users/{id}"), "GET", "/users/7"), "f id=7");
  EXPECT_EQ(found(*routes_of({"f"}, "/users/{id}"), "GET", "/"), "404");
  EXPECT_EQ(found(*routes_of({"f: /a"}, "/b"), "GET", "/a"), "f") << "source code wins";
  EXPECT_EQ(found(*routes_of({"f", "g"}, "/b"), "GET", "/f"), "f") << "it is for one function";
  EXPECT_FALSE(routes_of({"f"}, "b"));
}

TEST(Routes, WhoseRouteItIs) {
  RouteParams params;
  EXPECT_FALSE(routes_of({"f"})->find("GET", "/robots.txt", params).is_authors);
  EXPECT_FALSE(routes_of({"f"}, "/")->find("GET", "/robots.txt", params).is_authors);
  EXPECT_TRUE(routes_of({"f: /{a}"})->find("GET", "/robots.txt", params).is_authors);
}

TEST(Routes, ConflictsNameBothPlaces) {
  struct Case {
    std::vector<std::string> lines;
    std::vector<std::string> words;  // empty: no conflict
  };
  for (const Case& each : {
           Case{{"f: /a", "g: /a"}, {"\"/a\" of f at a.cc:1", "\"/a\" of g at a.cc:2"}},
           Case{{"f: /{x}", "g: /{y}"}, {"\"/{x}\" of f", "\"/{y}\" of g"}},
           Case{{"f: /a/{x...}", "g: /a/{y...}"}, {"of f at", "of g at"}},
           Case{{"f: GET,PUT /a", "g: PUT /a"}, {"\"GET,PUT /a\"", "\"PUT /a\" of g"}},
           // Routes in conflict that are not neighbours when sorted.
           Case{{"f: PUT,POST /a", "h: HEAD /a", "g: /a", "i: POST /a"}, {"of f at", "of i at"}},
           Case{{"f", "g: /f"}, {"\"/f\" of f at a.cc:1", "\"/f\" of g at a.cc:2"}},
           Case{{"f: GET /a", "g: /a"}, {}},
           Case{{"f: GET /a", "g: HEAD /a"}, {}},
           Case{{"f: /a", "g: /a/"}, {}},
           Case{{"f: /{x}", "g: /{x...}"}, {}},
       }) {
    const auto routes = routes_of(each.lines);
    ASSERT_EQ(routes.has_value(), each.words.empty()) << each.lines.front();
    if (routes) continue;
    EXPECT_EQ(routes.error().code(), Code::kAlreadyExists);
    for (const std::string& word : each.words)
      EXPECT_THAT(routes.error().message(), HasSubstr(word));
  }
}

TEST(Routes, AMistakeNamesItsPlace) {
  const auto routes = routes_of({"f: /a", "g: get /b"});
  ASSERT_FALSE(routes);
  EXPECT_THAT(routes.error().message(), HasSubstr("a.cc:2: the route \"get /b\" has a method"));
}

TEST(Routes, ParametersAreUsedAgain) {
  const auto routes = routes_of({"f: /{a}/{b...}", "g: /x"});
  RouteParams params;
  routes->find("GET", "/1%31/%32/3", params);
  ASSERT_EQ(params.fields().size(), 2U);
  EXPECT_EQ(params.fields()[0].value, "11");
  EXPECT_EQ(params.fields()[1].value, "2/3");
  routes->find("GET", "/x", params);
  EXPECT_TRUE(params.fields().empty());
  routes->find("GET", "*", params);
  EXPECT_TRUE(params.fields().empty());
}

}  // namespace
}  // namespace ofn
