#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include <ofn/redirect.h>

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

}  // namespace
}  // namespace ofn
