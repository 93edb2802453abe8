#include "wire/http1/head_parser.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "wire/http1/head_check_for_test.h"

namespace ofn::wire::http1 {
namespace {

using namespace head_check;
using namespace std::string_literals;

TEST(HeadParser, Understands) {
  expect_head("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / @a 1.1 keep|Host=a");
  expect_head("GET /a/b%20c?x=1&y=/? HTTP/1.1\r\nHOST:a:80\r\nX-Y: \t v w\t \r\nE:\r\nF: \r\n\r\n",
              "GET /a/b%20c?x=1&y=/? @a:80 1.1 keep|HOST=a:80|X-Y=v w|E=|F=");
  expect_head("\r\nbrew /pot HTTP/1.2\r\nHost: a\r\n\r\n", "brew /pot @a 1.1 keep|Host=a");
  expect_head("GET / HTTP/1.0\r\n\r\n", "GET / @ 1.0 close");
  expect_head("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
              "GET / @ 1.0 keep|Connection=Keep-Alive");
  expect_head("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, CLOSE\r\n\r\n",
              "GET / @a 1.1 close|Host=a|Connection=x, CLOSE");
  expect_head("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * @a 1.1 keep|Host=a");
  expect_head(with("Content-Length: 005"), "POST / @a 1.1 keep length=5|Host=a|Content-Length=005");
  expect_head(with("Content-Length: 5", "1.0"),
              "POST / @a 1.0 close length=5|Host=a|Content-Length=5");
  expect_head(with("Transfer-Encoding: CHUNKED "),
              "POST / @a 1.1 keep chunked|Host=a|Transfer-Encoding=CHUNKED");
  expect_head(with("Expect: 100-Continue\r\nContent-Length: 1"),
              "POST / @a 1.1 keep expects length=1|Host=a|Expect=100-Continue|Content-Length=1");
  expect_head(with("Expect: 100-continue", "1.0"),
              "POST / @a 1.0 close|Host=a|Expect=100-continue");
  expect_head(with("A: \x80\xff\tz"), "POST / @a 1.1 keep|Host=a|A=\x80\xff\tz");
  expect_head(with("!#$%&'*+-.^_`|~09aZ: ok"), "POST / @a 1.1 keep|Host=a|!#$%&'*+-.^_`|~09aZ=ok");
}

TEST(HeadParser, ReducesAbsoluteForm) {
  expect_head("GET http://b:81/x?y HTTP/1.1\r\nHost: a\r\n\r\n",
              "GET /x?y @b:81 1.1 keep|Host=b:81");
  expect_head("GET HTTPS://b HTTP/1.1\r\nHost: a\r\n\r\n", "GET / @b 1.1 keep|Host=b");
  expect_head("GET http://b?y=/ HTTP/1.1\r\nHost: a\r\n\r\n", "GET ?y=/ @b 1.1 keep|Host=b");
  expect_head("GET http://[::1]:8/ HTTP/1.0\r\n\r\n", "GET / @[::1]:8 1.0 close|Host=[::1]:8");
  expect_head("GET http://b%41c/ HTTP/1.0\r\n\r\n", "GET / @b%41c 1.0 close|Host=b%41c");
  expect_head("OPTIONS http://b HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * @b 1.1 keep|Host=b");
  for (const char* target : {"http:/b/",
                             "http:b",
                             "http://",
                             "http:///x",
                             "http://?x",
                             "ftp://b/",
                             "httpss://b/",
                             "http://u@b/",
                             "http://u:p@b/",
                             "http://b:x/",
                             "http://b:65536/",
                             "http://b,c/",
                             R"(http://b\c/)",
                             "http://b#c",
                             "http://[b]/",
                             "http://b%4/",
                             "http://b%zz/",
                             "http//b",
                             "b",
                             "a:80",
                             "http",
                             "https://b/\x01"}) {
    SCOPED_TRACE(target);
    expect_status(get(target), 400);
  }
  expect_status("GET http://b/ HTTP/1.1\r\n\r\n", 400);  // Host is needed all the same
}

TEST(HeadParser, UpgradesToH2cOnlyWhenAskedRight) {
  const auto upgrade = [](std::string_view connection, std::string_view settings,
                          std::string_view version = "1.1") {
    const Outcome outcome = check(with(
        "Upgrade: websocket, h2c\r\nConnection: " + std::string(connection) + std::string(settings),
        version));
    EXPECT_EQ(outcome.status, 0) << outcome.reason;
    return outcome.text.find(" h2c=") != std::string::npos;
  };
  const std::string both = "Upgrade, HTTP2-Settings";
  EXPECT_TRUE(upgrade(both, "\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"));
  EXPECT_TRUE(upgrade(both, "\r\nHTTP2-Settings: "));
  EXPECT_FALSE(upgrade(both, ""));
  EXPECT_FALSE(upgrade(both, "\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA", "1.0"));
  EXPECT_FALSE(upgrade(both, "\r\nHTTP2-Settings: AAMA\r\nHTTP2-Settings: AAMA"));
  EXPECT_FALSE(upgrade(both, "\r\nHTTP2-Settings: AAMAAABkAA=="));
  EXPECT_FALSE(upgrade(both, "\r\nHTTP2-Settings: AAMAAABkA"));
  EXPECT_FALSE(upgrade(both, "\r\nHTTP2-Settings: AAMA*ABk"));
  EXPECT_FALSE(upgrade("Upgrade", "\r\nHTTP2-Settings: AAMAAABk"));
  EXPECT_FALSE(upgrade("HTTP2-Settings", "\r\nHTTP2-Settings: AAMAAABk"));
}

TEST(HeadParser, LimitsTheHead) {
  const auto fields = [](std::size_t count) {
    std::string text = "Host: a\r\n";
    for (std::size_t i = 1; i < count; ++i) text += "X: y\r\n";
    return "GET / HTTP/1.1\r\n" + text + "\r\n";
  };
  expect_status(fields(100), 0);
  expect_status(fields(101), 431);
  const std::string frame = with("A: ");
  const auto sized = [&](std::size_t size) {
    return with("A: " + std::string(size - frame.size(), 'x'));
  };
  Limits small;
  small.head_bytes = 300;
  expect_status(sized(300), 0, small);
  expect_status(sized(301), 431, small);
  expect_status(sized(65536), 0);
  expect_status(sized(65537), 431);
  expect_status("GET / HTTP/1.1\r\n" + std::string(70000, 'x'), 431);
  expect_status("GET / HTTP/1.1\r\nHost: a\r\nX:" + std::string(70000, ' '), 431);
}

TEST(HeadParser, LimitsTheRequestLine) {
  expect_status(get("/" + std::string(7999, 'a')), 0);
  Limits small;
  small.target_bytes = 20;
  expect_status(get("/" + std::string(19, 'a')), 0, small);
  expect_status(get("/" + std::string(20, 'a')), 414, small);
  expect_status(get("/?" + std::string(18, 'a')), 0, small);
  expect_status(get("/?" + std::string(19, 'a')), 414, small);
  expect_status(get("http://b/" + std::string(11, 'a')), 0, small);
  expect_status(get("http://b/" + std::string(12, 'a')), 414, small);
  expect_status(get("http://" + std::string(13, 'b')), 0, small);
  expect_status(get("http://" + std::string(14, 'b')), 414, small);
  expect_status(get("/" + std::string(16, 'a') + "%20"), 0, small);
  expect_status(get("/" + std::string(17, 'a') + "%20"), 414, small);
  expect_status(get("/" + std::string(18, 'a') + "%20"), 414, small);
  expect_status(get("/" + std::string(19, 'a') + "%20"), 414, small);
  expect_status(get("/" + std::string(19, 'a') + "\x01"), 414, small);
  expect_status("GET " + std::string(21, 'a') + ":", 414, small);
  expect_status("GET " + std::string(15, 'a') + " aaaaaaaa:", 414, small);
  expect_status(get("/" + std::string(18, 'a') + "\x01"), 400, small);
  // An escape that begins where the limit is.
  for (const std::string& rest : {"% HTTP/1.1\r\n"s, "%  "s, "%2"s, "%20 "s, "% "s}) {
    expect_status("GET /" + std::string(19, 'a') + rest, 414, small);
    expect_status("GET /?" + std::string(18, 'a') + rest, 414, small);
    expect_status("GET http://" + std::string(13, 'a') + rest, 414, small);
    expect_status("GET http://" + std::string(12, 'a') + '/' + rest, 414, small);
  }
  expect_status("GET " + std::string(20, 'a') + "  ", 400, small);
  const Limits defaults;
  expect_status(get("/" + std::string(defaults.target_bytes, 'a')), 414);
  expect_status("GET /" + std::string(200000, 'a'), 414);
  expect_status(std::string(64, 'M') + " / HTTP/1.1\r\nHost: a\r\n\r\n", 0);
  expect_status(std::string(65, 'M') + " / HTTP/1.1\r\nHost: a\r\n\r\n", 501);
  expect_status(std::string(70000, 'M'), 501);
  small.target_bytes = 1000;
  small.head_bytes = 100;
  expect_status(get("/" + std::string(200, 'a')), 414, small);
}

TEST(HeadParser, WaitsForTheRest) {
  for (const char* begun : {"", "\r", "\r\n", "G", "GET", "GET ", "GET /", "GET / HTTP/1.1",
                            "GET / HTTP/1.1\r", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost",
                            "GET / HTTP/1.1\r\nHost: a\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r"}) {
    SCOPED_TRACE(begun);
    expect_status(begun, -1);
  }
}

TEST(HeadParser, RefusesWithoutWaitingForTheLine) {
  expect_status("\x16", 400);
  expect_status("GET /\x01", 400);
  expect_status("GET / HTTP/1.1\r\nA ", 400);
  expect_status("GET / HTTP/1.1\r\nA: \x01", 400);
}

TEST(HeadParser, LeavesWhatFollows) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const Outcome outcome = feed({}, head + "\x01GET", {});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.size, head.size());
}

TEST(HeadParser, ServesManyRequests) {
  const Limits limits;
  HeadParser parser(limits);
  const std::string first = "PUT http://b/x HTTP/1.0\r\nA: b\r\nC: d\r\n\r\n";
  const std::string second = "GET /y HTTP/1.1\r\nHost: a\r\n\r\n";
  for (int i = 0; i < 3; ++i) {
    for (const std::string& bytes : {first, second, second, first}) {
      Head head;
      std::vector<Field> fields;
      parser.reset();
      ASSERT_EQ(parser.parse(bytes.substr(0, 9)), Step::kMore);
      ASSERT_EQ(parser.parse(bytes), Step::kDone);
      ASSERT_EQ(parser.read(bytes, head, fields), std::nullopt);
      EXPECT_EQ(head.target, bytes == first ? "/x" : "/y");
      EXPECT_EQ(head.authority, bytes == first ? "b" : "a");
      EXPECT_EQ(fields.size(), bytes == first ? 3u : 1u);
    }
  }
}

}  // namespace
}  // namespace ofn::wire::http1
