#include "wire/http1/response_writer.h"

#include <array>

#include <gtest/gtest.h>

#include "wire/http_date.h"

namespace ofn::wire::http1 {
namespace {

constexpr std::string_view kDate = "Sun, 06 Nov 1994 08:49:37 GMT";

std::string write(const Response& response, ResponseContext context = {}) {
  context.date = kDate;
  std::string out = "before|";
  EXPECT_EQ(write_response(out, response, context), BodyPlace::kDone);
  EXPECT_TRUE(out.starts_with("before|"));
  return out.substr(7);
}

const std::string kDateLine = "Date: " + std::string(kDate) + "\r\n";
const std::string kTextLine = "Content-Type: text/plain; charset=utf-8\r\n";

TEST(ResponseWriter, WritesWhatWasAnswered) {
  EXPECT_EQ(write(Response("hello\n")), "HTTP/1.1 200 OK\r\n" + kTextLine +
                                            "Content-Length: 6\r\n" + kDateLine + "\r\nhello\n");
  EXPECT_EQ(write(Response("{}").status(201).header("content-type", "application/json")),
            "HTTP/1.1 201 Created\r\ncontent-type: application/json\r\nContent-Length: 2\r\n" +
                kDateLine + "\r\n{}");
  EXPECT_EQ(write(Response().status(599)),
            "HTTP/1.1 599 \r\nContent-Length: 0\r\n" + kDateLine + "\r\n");
}

TEST(ResponseWriter, AddsExtraFields) {
  const std::array<Field, 2> extra = {Field{"X-Request-Id", "7"}, Field{"Content-Type", "a/b"}};
  EXPECT_EQ(write(Response("x").header("A", "1").header("A", "2"), {.extra = extra, .date = {}}),
            "HTTP/1.1 200 OK\r\nA: 1\r\nA: 2\r\nX-Request-Id: 7\r\nContent-Type: a/b\r\n"
            "Content-Length: 1\r\n" +
                kDateLine + "\r\nx");
}

TEST(ResponseWriter, KeepsTheAuthorsDate) {
  EXPECT_EQ(write(Response().header("Date", "then")),
            "HTTP/1.1 200 OK\r\nDate: then\r\nContent-Length: 0\r\n\r\n");
}

TEST(ResponseWriter, OmitsBodies) {
  EXPECT_EQ(write(Response("hello\n"), {.date = {}, .method = Method::kHead}),
            "HTTP/1.1 200 OK\r\n" + kTextLine + "Content-Length: 6\r\n" + kDateLine + "\r\n");
  EXPECT_EQ(write(Response("no").status(204)), "HTTP/1.1 204 No Content\r\n" + kDateLine + "\r\n");
  EXPECT_EQ(write(Response("no").status(304).header("ETag", "\"x\"")),
            "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n" + kDateLine + "\r\n");
  EXPECT_EQ(write(Response("no").status(205)),
            "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n" + kDateLine + "\r\n");
}

TEST(ResponseWriter, NamesTheConnectionsFate) {
  EXPECT_EQ(write(Response(), {.date = {}, .connection = ConnectionField::kClose}),
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + kDateLine + "Connection: close\r\n\r\n");
  EXPECT_EQ(
      write(Response(), {.date = {}, .connection = ConnectionField::kKeepAlive}),
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + kDateLine + "Connection: keep-alive\r\n\r\n");
}

TEST(ResponseWriter, LeavesLargeBodiesToTheCaller) {
  std::string out;
  const ResponseContext context{.date = kDate};
  const Response largest_copied(std::string(kMaxInlineBody, 'x'));
  EXPECT_EQ(write_response(out, largest_copied, context), BodyPlace::kDone);
  EXPECT_TRUE(out.ends_with("\r\n\r\n" + largest_copied.body()));
  out.clear();
  const Response large(std::string(kMaxInlineBody + 1, 'x'));
  EXPECT_EQ(write_response(out, large, context), BodyPlace::kSeparate);
  EXPECT_TRUE(out.ends_with("\r\n\r\n"));
  EXPECT_NE(out.find("Content-Length: 16385\r\n"), std::string::npos);
  out.clear();
  EXPECT_EQ(write_response(out, large, {.date = kDate, .method = Method::kHead}), BodyPlace::kDone);
}

TEST(HttpDate, IsMadeOnceASecond) {
  HttpDate date;
  const SystemTime then{std::chrono::seconds(784111777)};
  EXPECT_EQ(date.at(then), kDate);
  EXPECT_EQ(date.at(then + std::chrono::milliseconds(999)), kDate);
  EXPECT_EQ(date.at(then + std::chrono::seconds(1)), "Sun, 06 Nov 1994 08:49:38 GMT");
  EXPECT_EQ(date.at(SystemTime{std::chrono::seconds(951782400)}), "Tue, 29 Feb 2000 00:00:00 GMT");
  EXPECT_EQ(date.at(SystemTime{}), "Thu, 01 Jan 1970 00:00:00 GMT");
}

}  // namespace
}  // namespace ofn::wire::http1
