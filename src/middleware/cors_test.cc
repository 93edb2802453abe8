#include "middleware/cors.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ofn {
namespace {

using ::testing::HasSubstr;

Result<CorsRules> rules(const Cors& options, const Environment& environment = {}) {
  return CorsRules::of(options, "a.cc:7", environment);
}

std::string text_of(const Response& response) {
  std::string text = std::to_string(response.status());
  for (const Header& header : response.headers()) text += "|" + header.name + ": " + header.value;
  return text;
}

std::vector<Field> asked(std::string_view origin) {
  return {{"Origin", origin}, {"Access-Control-Request-Method", "PUT"}};
}

TEST(CorsRules, Preflights) {
  struct Case {
    const char* name;
    Cors options;
    const char* origin;
    const char* answer;
  };
  for (const Case& one : {
           Case{"all",
                {.origins = {"*"}},
                "https://a.example",
                "204|Access-Control-Allow-Origin: *|Access-Control-Allow-Methods: GET, HEAD, POST, "
                "PUT, PATCH, DELETE"},
           Case{"one of a list",
                {.origins = {"https://a.example", "http://localhost:8080"},
                 .methods = {"PUT"},
                 .headers = {"Content-Type", "X-A"},
                 .credentials = true,
                 .max_age = std::chrono::minutes(10)},
                "http://localhost:8080",
                "204|Access-Control-Allow-Origin: "
                "http://localhost:8080|Access-Control-Allow-Credentials: "
                "true|Access-Control-Allow-Methods: PUT|Access-Control-Allow-Headers: "
                "Content-Type, X-A|Access-Control-Max-Age: 600|Vary: Origin"},
           Case{"another",
                {.origins = {"https://a.example"}},
                "https://b.example",
                "403|Vary: Origin"},
           Case{"a longer host",
                {.origins = {"https://a.example"}},
                "https://a.example.evil",
                "403|Vary: Origin"},
           Case{"another scheme",
                {.origins = {"https://a.example"}},
                "http://a.example",
                "403|Vary: Origin"},
           Case{"a page from a file",
                {.origins = {"https://a.example"}},
                "null",
                "403|Vary: Origin"},
       }) {
    SCOPED_TRACE(one.name);
    EXPECT_EQ(text_of(rules(one.options)->preflight(asked(one.origin))), one.answer);
  }
}

TEST(CorsRules, OnlyAWholePreflightIsOne) {
  EXPECT_TRUE(CorsRules::is_preflight("OPTIONS", asked("https://a.example")));
  EXPECT_FALSE(CorsRules::is_preflight("GET", asked("https://a.example")));
  const std::vector<Field> without_method = {{"origin", "https://a.example"}};
  EXPECT_FALSE(CorsRules::is_preflight("OPTIONS", without_method));
  const std::vector<Field> without_origin = {{"access-control-request-method", "PUT"}};
  EXPECT_FALSE(CorsRules::is_preflight("OPTIONS", without_origin));
}

TEST(CorsRules, FieldsOfAnAnswer) {
  const CorsRules all = *rules({.origins = {"*"}, .exposed = {"Location"}});
  const CorsRules some = *rules({.origins = {"https://a.example"}, .credentials = true});
  const auto added = [](const CorsRules& cors, std::vector<Field> fields, Response response = {}) {
    cors.add_fields(fields, response);
    return text_of(response);
  };
  EXPECT_EQ(added(all, {{"origin", "https://x"}}),
            "200|Access-Control-Allow-Origin: *|Access-Control-Expose-Headers: Location");
  EXPECT_EQ(added(all, {}),
            "200|Access-Control-Allow-Origin: *|Access-Control-Expose-Headers: Location");
  EXPECT_EQ(added(some, {}), "200|Vary: Origin");
  EXPECT_EQ(added(some, {{"origin", "https://b.example"}}), "200|Vary: Origin");
  EXPECT_EQ(added(some, {{"origin", "https://a.example"}}),
            "200|Vary: Origin|Access-Control-Allow-Origin: "
            "https://a.example|Access-Control-Allow-Credentials: true");
  // What the author has set stays.
  EXPECT_EQ(added(some, {{"origin", "https://a.example"}},
                  Response().header("access-control-allow-origin", "x")),
            "200|access-control-allow-origin: x|Vary: Origin");
}

TEST(CorsRules, OriginsOfAVariable) {
  const Environment set = [](std::string_view name) {
    return name == "ORIGINS" ? std::optional<std::string>("https://b.example, https://c.example")
                             : std::nullopt;
  };
  const Cors options{.origins = {"https://a.example"}, .origins_variable = "ORIGINS"};
  EXPECT_EQ(rules(options, set)->preflight(asked("https://c.example")).status(), 204);
  EXPECT_EQ(rules(options, set)->preflight(asked("https://a.example")).status(), 403);
  EXPECT_EQ(rules(options)->preflight(asked("https://a.example")).status(), 204);
}

TEST(CorsRules, Mistakes) {
  struct Case {
    Cors options;
    const char* words;
  };
  for (const Case& one : {
           Case{{}, "it has no origins"},
           Case{{.origins = {"*"}, .credentials = true}, "no meaning together with credentials"},
           Case{{.origins = {"*", "https://a"}}, "'*' in origins is not an origin"},
           Case{{.origins = {"a.example"}}, "it has no scheme"},
           Case{{.origins = {"https://a.example/"}}, "an origin has no path"},
           Case{{.origins = {"https://A.example"}}, "its host is empty or has characters"},
           Case{{.origins = {"https://"}}, "its host is empty"},
           Case{{.origins = {"https://a\r\nb"}}, "its host is empty or has characters"},
           Case{{.origins = {"https://*.example"}}, "only a whole origin may be"},
           Case{{.origins = {"https://a.example:443"}}, "leave out the scheme's own port"},
           Case{{.origins = {"https://a.example:x"}}, "its port is no number"},
           Case{{.origins = {"HTTPS://a.example"}}, "scheme in small letters"},
           Case{{.origins = {"null"}}, "it has no scheme"},
           Case{{.origins = {"https://a"}, .methods = {"P T"}}, "'P T' is not a method"},
           Case{{.origins = {"https://a"}, .methods = {"TRACE"}},
                "no page may use the method TRACE"},
           Case{{.origins = {"https://a"}, .methods = {"*"}, .credentials = true},
                "\"*\" in methods"},
           Case{{.origins = {"https://a"}, .headers = {"a b"}}, "'a b' in headers"},
           Case{{.origins = {"https://a"}, .headers = {"*"}, .credentials = true},
                "\"*\" in headers"},
           Case{{.origins = {"https://a"}, .exposed = {"*", "x"}}, "\"*\" in exposed"},
           Case{{.origins = {"https://a"}, .max_age = std::chrono::seconds(-1)},
                "max_age is negative"},
           Case{{.origins_variable = "NONE"}, "the variable NONE is not set"},
       }) {
    const auto made = rules(one.options);
    ASSERT_FALSE(made) << one.words;
    EXPECT_THAT(made.error().message(), HasSubstr(one.words));
    EXPECT_TRUE(made.error().message().starts_with("a.cc:7: OFN_CORS: "));
  }
  EXPECT_TRUE(rules({.origins = {"http://[::1]:8080"}}));
}

}  // namespace
}  // namespace ofn
