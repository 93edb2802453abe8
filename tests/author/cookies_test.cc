#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ofn/cookies.h>

#include "author/request_for_test.h"

namespace ofn {
namespace {

using namespace std::string_view_literals;
using std::chrono::seconds;

std::string shown(std::string_view field) {
  std::string text;
  for (const Field& each : cookies(RequestForTest{.headers = {{"Cookie", field}}}.made())) {
    text += "[" + std::string(each.name) + "|" + std::string(each.value) + "]";
  }
  return text;
}

TEST(Cookies, AreRead) {
  struct Case {
    std::string_view field;
    std::string_view cookies;
  };
  for (const Case& each :
       {Case{"", ""}, Case{"a=1", "[a|1]"}, Case{"a=1; b=2", "[a|1][b|2]"},
        Case{"a=1;b=2;", "[a|1][b|2]"}, Case{" a = 1 ;\tb=2", "[a|1][b|2]"},
        Case{"a=1; a=2", "[a|1][a|2]"}, Case{"a=", "[a|]"}, Case{"a=b=c==", "[a|b=c==]"},
        Case{"a=\"1 2\"", "[a|1 2]"}, Case{"a=\"\"", "[a|]"}, Case{"a=\"", "[a|\"]"},
        Case{"a=\"1", "[a|\"1]"}, Case{"a=x\"1\"", "[a|x\"1\"]"},
        // What a browser sends although it should not.
        Case{"a={\"b\":[1,2]}", "[a|{\"b\":[1,2]}]"}, Case{"a=\xc3\xa9", "[a|\xc3\xa9]"},
        Case{"a=1 2", "[a|1 2]"}, Case{"a[b]=1", "[a[b]|1]"},
        // Pairs that are broken are skipped, and the others are read.
        Case{"broken; a=1", "[a|1]"}, Case{"=1; a=1", "[a|1]"}, Case{"a=1; ; ;b=2", "[a|1][b|2]"},
        Case{"a=\1; b=2", "[b|2]"}, Case{"a=\0; b=2"sv, "[b|2]"}, Case{"a\r\n=1; b=2", "[b|2]"},
        Case{"a=\x7f; b=2", "[b|2]"}, Case{";;;", ""}, Case{"=", ""},
        Case{"$Version=1; a=1; $Path=/", "[$Version|1][a|1][$Path|/]"}}) {
    EXPECT_EQ(shown(each.field), each.cookies) << each.field;
  }
}

TEST(Cookies, AreFoundByName) {
  const RequestForTest request{
      .headers = {{"Cookie", "a=1; A=2; a=3"}, {"x", "b=9"}, {"cookie", "b=\"4\""}}};
  EXPECT_EQ(cookie(request.made(), "a"), "1");
  EXPECT_EQ(cookie(request.made(), "A"), "2");
  EXPECT_EQ(cookie(request.made(), "b"), "4");
  EXPECT_EQ(cookie(request.made(), "c"), std::nullopt);
  EXPECT_EQ(cookie(request.made(), ""), std::nullopt);
  EXPECT_EQ(cookies(request.made()).size(), 4U);
}

TEST(Cookies, HaveABoundedNumber) {
  std::string field;
  for (std::size_t i = 0; i < kMaxCookies; ++i) field += "a=;";
  EXPECT_EQ(cookies(RequestForTest{.headers = {{"cookie", field}}}.made()).size(), kMaxCookies);
  field += "last=1";
  const RequestForTest request{.headers = {{"cookie", field}}};
  EXPECT_THROW((void)cookies(request.made()), BadInput);
  EXPECT_EQ(cookie(request.made(), "last"), "1");
}

TEST(Cookies, AreWritten) {
  const HttpTime time{seconds(784'111'777)};
  const std::vector<std::pair<SetCookie, std::string_view>> cases = {
      {{.name = "a", .value = "1"}, "a=1; Path=/; Secure; HttpOnly; SameSite=Lax"},
      {{.name = "a",
        .path = "",
        .secure = false,
        .http_only = false,
        .same_site = SameSite::kUnset},
       "a="},
      {{.name = "a",
        .value = "b",
        .max_age = seconds(-5),
        .expires = time,
        .domain = "example.com",
        .path = "/x y",
        .same_site = SameSite::kNone,
        .partitioned = true},
       "a=b; Expires=Sun, 06 Nov 1994 08:49:37 GMT; Max-Age=-5; Domain=example.com; Path=/x y; "
       "Secure; HttpOnly; SameSite=None; Partitioned"},
      {{.name = "__Host-a", .same_site = SameSite::kStrict},
       "__Host-a=; Path=/; Secure; HttpOnly; SameSite=Strict"},
      {{.name = "__Secure-a", .domain = "example.com", .path = "/a", .same_site = SameSite::kUnset},
       "__Secure-a=; Domain=example.com; Path=/a; Secure; HttpOnly"},
      {{.name = "a", .value = "!#$%&'()*+-./:<=>?@[]^_`{|}~", .same_site = SameSite::kUnset},
       "a=!#$%&'()*+-./:<=>?@[]^_`{|}~; Path=/; Secure; HttpOnly"},
  };
  for (const auto& [cookie, text] : cases) EXPECT_EQ(cookie_text(cookie), text);
}

TEST(Cookies, ThatCannotBeSentAreRefused) {
  const HttpTime early{seconds(-11'644'473'601)};
  const std::vector<std::pair<SetCookie, std::string_view>> cases = {
      {{.name = ""}, "the cookie cannot be set: its name must be letters"},
      {{.name = "a b"}, "its name"},
      {{.name = "a="}, "its name"},
      {{.name = "a\r\nX: y"}, "its name"},
      {{.name = "a", .value = "b c"}, "the cookie 'a' cannot be set: byte 1 of its value"},
      {{.name = "a", .value = "b;Secure"}, "byte 1"},
      {{.name = "a", .value = "\"b\""}, "byte 0"},
      {{.name = "a", .value = "bc,"}, "byte 2"},
      {{.name = "a", .value = "\\"}, "byte 0"},
      {{.name = "a", .value = "\r\nX: y"}, "byte 0"},
      {{.name = "a", .value = std::string("b\0", 2)}, "byte 1"},
      {{.name = "a", .value = "\xc3\xa9"}, "byte 0"},
      {{.name = "a", .value = "\x7f"}, "byte 0"},
      {{.name = "a", .value = std::string(4096, 'x')}, "4096 bytes"},
      {{.name = "a", .expires = early}, "1601"},
      {{.name = "a", .domain = "example.com; Path=/"}, "its domain"},
      {{.name = "a", .domain = "a\r\nb"}, "its domain"},
      {{.name = "a", .domain = std::string(1025, 'x')}, "1024"},
      {{.name = "a", .path = "b"}, "begin with a slash"},
      {{.name = "a", .path = "/b; HttpOnly"}, "its path"},
      {{.name = "a", .path = "/\n"}, "its path"},
      {{.name = "a", .path = "/" + std::string(1024, 'x')}, "1024"},
      {{.name = "a", .secure = false, .same_site = SameSite::kNone}, "only with `secure`"},
      {{.name = "a", .secure = false, .partitioned = true}, "only with `secure`"},
      {{.name = "__Secure-a", .secure = false}, "only with `secure`"},
      {{.name = "__host-a", .secure = false}, "only with `secure`"},
      {{.name = "__Host-a", .domain = "example.com"}, "only with the path /"},
      {{.name = "__Host-a", .path = "/a"}, "only with the path /"},
      {{.name = "__HOST-a", .path = ""}, "only with the path /"},
  };
  for (const auto& [cookie, words] : cases) {
    try {
      ADD_FAILURE() << cookie_text(cookie) << ": " << words;
    } catch (const std::invalid_argument& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr(words));
      EXPECT_THAT(error.what(), testing::StartsWith("ofn: the cookie"));
    }
  }
  EXPECT_EQ(cookie_text({.name = "a", .value = std::string(4095, 'x')}).substr(0, 3), "a=x");
}

TEST(Cookies, AreSetAndDeletedWithAResponse) {
  Response response;
  set_cookie(response, {.name = "a", .value = "1", .same_site = SameSite::kUnset});
  delete_cookie(response, {.name = "b", .value = "not; sent", .max_age = seconds(9), .path = "/x"});
  ASSERT_EQ(response.headers().size(), 2U);
  EXPECT_EQ(response.headers()[0].name, "Set-Cookie");
  EXPECT_EQ(response.headers()[0].value, "a=1; Path=/; Secure; HttpOnly");
  EXPECT_EQ(response.headers()[1].value,
            "b=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/x; Secure; HttpOnly; "
            "SameSite=Lax");
}

TEST(Cookies, AreReadAsTheyWereWritten) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string value = "x" + std::string(1, static_cast<char>(byte)) + "y";
    std::string text;
    try {
      text = cookie_text({.name = "a", .value = value});
    } catch (const std::invalid_argument&) {
      continue;
    }
    const std::string sent = "b=0; " + text.substr(0, text.find("; ")) + "; c=2";
    EXPECT_EQ(cookie(RequestForTest{.headers = {{"cookie", sent}}}.made(), "a"), value);
  }
}

}  // namespace
}  // namespace ofn
