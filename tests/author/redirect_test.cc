#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <ofn/redirect.h>

#include "author/request_for_test.h"

namespace ofn {
namespace {

using namespace std::string_view_literals;

TEST(Redirect, HasItsLocation) {
  struct Case {
    std::string_view location;
    std::string_view sent;
  };
  for (const Case& each :
       {Case{"/a?b=c#d", "/a?b=c#d"}, Case{"https://example.com/%20", "https://example.com/%20"},
        Case{"/a b", "/a%20b"}, Case{"/\xc3\xa9", "/%C3%A9"},
        Case{"/\"<>\\^`{|}", "/%22%3C%3E%5C%5E%60%7B%7C%7D"}}) {
    const Response response = redirect(each.location);
    EXPECT_EQ(response.status(), 303);
    EXPECT_TRUE(response.body().empty());
    EXPECT_EQ(*response.find_header("location"), each.sent);
  }
  EXPECT_EQ(redirect("/", 308).status(), 308);
}

TEST(Redirect, RefusesWhatEndsTheField) {
  for (const std::string_view location :
       {""sv, "/\r\nSet-Cookie: a=1"sv, "/\n"sv, "/\0"sv, "/\t"sv, "/\x7f"sv}) {
    EXPECT_THROW((void)redirect(location), BadInput) << location;
  }
  for (const int status : {200, 300, 304, 305, 306, 309, -1}) {
    EXPECT_THROW((void)redirect("/", status), std::invalid_argument) << status;
  }
}

TEST(Redirect, KnowsWhatStaysOnTheSite) {
  for (const std::string_view location : {"/", "/a//b", "/a\\b", "/?next=//x", "/.", "/http://x"}) {
    EXPECT_TRUE(is_local(location)) << location;
  }
  for (const std::string_view location : {"", "a", "//x", "/\\x", "\\/x", "http://x",
                                          "javascript:x", "?a", "/\t/x", "/\n/x", " /x"}) {
    EXPECT_FALSE(is_local(location)) << location;
  }
}

TEST(NotModified, HasTheFieldsOfTheFullAnswer) {
  const Response full = Response("body")
                            .content_type("text/plain")
                            .header("ETag", "\"1\"")
                            .header("Vary", "Accept")
                            .header("X-Other", "1");
  const Response response = not_modified(full);
  EXPECT_EQ(response.status(), 304);
  EXPECT_TRUE(response.body().empty());
  ASSERT_EQ(response.headers().size(), 2U);
  EXPECT_EQ(*response.find_header("etag"), "\"1\"");
  EXPECT_EQ(*response.find_header("vary"), "Accept");
  EXPECT_EQ(not_modified().status(), 304);
  EXPECT_EQ(no_content().status(), 204);
}

TEST(IfModified, ComparesTheClientsCopy) {
  constexpr std::string_view kDate = "Sun, 06 Nov 1994 08:49:37 GMT";
  const Response full =
      Response("body").header("ETag", "\"a,b\"").header("Last-Modified", std::string(kDate));
  struct Case {
    std::vector<Field> headers;
    int status = 200;
    std::string_view method = "GET";
  };
  for (const Case& each : {
           Case{{}, 200},
           Case{{{"If-None-Match", "\"a,b\""}}, 304},
           Case{{{"if-none-match", " W/\"a,b\" "}}, 304},
           Case{{{"If-None-Match", "\"x\" , ,\"a,b\""}}, 304},
           Case{{{"If-None-Match", "\"\\\",W/\"a,b\""}}, 304},
           Case{{{"If-None-Match", "\"x\""}, {"If-None-Match", "\"a,b\""}}, 304},
           Case{{{"If-None-Match", " * "}}, 304},
           Case{{{"If-None-Match", "\"a\""}}},
           Case{{{"If-None-Match", "a,b"}}},
           Case{{{"If-None-Match", "\"a,b"}}},
           Case{{{"If-None-Match", "w/\"a,b\""}}},
           Case{{{"If-None-Match", ""}}},
           Case{{{"If-None-Match", "\""}}},
           Case{{{"If-None-Match", "W/"}}},
           Case{{{"If-None-Match", "\"x\""}, {"If-Modified-Since", kDate}}},
           Case{{{"If-Modified-Since", kDate}}, 304},
           Case{{{"If-Modified-Since", "Sun, 06 Nov 1994 08:49:38 GMT"}}, 304},
           Case{{{"If-Modified-Since", "Sun Nov  6 08:49:37 1994"}}, 304},
           Case{{{"If-Modified-Since", "Sun, 06 Nov 1994 08:49:36 GMT"}}},
           Case{{{"If-Modified-Since", "now"}}},
           Case{{{"If-None-Match", "\"a,b\""}}, 304, "HEAD"},
           Case{{{"If-None-Match", "\"a,b\""}}, 200, "POST"},
       }) {
    const RequestForTest request{.headers = each.headers, .method = each.method};
    const Response response = if_modified(request.made(), full);
    EXPECT_EQ(response.status(), each.status)
        << (each.headers.empty() ? "" : each.headers.front().value);
    EXPECT_EQ(response.body(), each.status == 304 ? "" : "body");
  }
  const RequestForTest any{.headers = {{"If-None-Match", "\"a,b\""}}};
  EXPECT_EQ(if_modified(any.made(), Response("x")).status(), 200);
  EXPECT_EQ(if_modified(any.made(), Response("x").status(404).header("ETag", "\"a,b\"")).status(),
            404);
  const RequestForTest since{.headers = {{"If-Modified-Since", kDate}}};
  EXPECT_EQ(if_modified(since.made(), Response("x").header("Last-Modified", "x")).status(), 200);
}

}  // namespace
}  // namespace ofn
