#include "wire/http1/chunk_parser.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace ofn::wire::http1 {
namespace {

using namespace std::string_literals;

struct Outcome {
  int status = 0;  // 0: done; -1: the parser wants more
  std::string reason;
  std::size_t consumed = 0;
  std::string text;  // body and trailers
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// Feeds `bytes` in the pieces between the cuts, each in a buffer of its own.
Outcome feed(const Limits& limits, std::string_view bytes, std::vector<std::size_t> cuts) {
  ChunkParser parser(limits);
  parser.reset();
  Body body;
  Outcome outcome;
  cuts.push_back(bytes.size());
  std::size_t begin = 0;
  for (const std::size_t end : cuts) {
    const auto piece = std::make_unique<char[]>(end - begin);
    bytes.copy(piece.get(), end - begin, begin);
    const auto [step, consumed] = parser.parse({piece.get(), end - begin}, body);
    outcome.consumed += step == Step::kRejected ? 0 : consumed;
    begin = end;
    if (step == Step::kMore) continue;
    if (step == Step::kRejected) {
      return {parser.reject().status, std::string(parser.reject().reason), 0, {}};
    }
    outcome.text = body.bytes;
    for (const Field& field : body.trailers) {
      outcome.text += '|' + std::string(field.name) + '=' + std::string(field.value);
    }
    return outcome;
  }
  outcome.status = -1;
  return outcome;
}

// The one check: whole, byte by byte, and in two at every byte, always the same.
Outcome check(std::string_view bytes, const Limits& limits = {}) {
  const Outcome whole = feed(limits, bytes, {});
  std::vector<std::size_t> every;
  const std::size_t stride = bytes.size() > 2000 ? bytes.size() / 500 : 1;
  for (std::size_t cut = 1; cut < bytes.size(); cut += stride) {
    every.push_back(cut);
    EXPECT_EQ(feed(limits, bytes, {cut}), whole) << "cut at " << cut;
  }
  EXPECT_EQ(feed(limits, bytes, every), whole) << "byte by byte";
  return whole;
}

void expect_body(std::string_view bytes, std::string_view text) {
  const Outcome outcome = check(bytes);
  EXPECT_EQ(outcome.status, 0) << outcome.reason << '\n' << bytes;
  EXPECT_EQ(outcome.text, text);
  EXPECT_EQ(outcome.consumed, bytes.size());
  const Outcome followed = check(std::string(bytes) + "GET / HTTP/1.1\r\n");
  EXPECT_EQ(followed, outcome) << "followed by a request";
}

void expect_status(std::string_view bytes, int status, const Limits& limits = {}) {
  const Outcome outcome = check(bytes, limits);
  EXPECT_EQ(outcome.status, status) << outcome.reason << '\n' << bytes.substr(0, 300);
}

TEST(ChunkParser, Decodes) {
  expect_body("0\r\n\r\n", "");
  expect_body("5\r\nhello\r\n0\r\n\r\n", "hello");
  expect_body("5\r\nhello\r\n1\r\n!\r\n000\r\n\r\n", "hello!");
  expect_body("00000005\r\nhello\r\n0\r\n\r\n", "hello");
  expect_body("A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789");
  expect_body("4\r\n\r\n\0\n\r\n0\r\n\r\n"s, "\r\n\0\n"s);
  expect_body("5;a\r\nhello\r\n0;b=c\r\n\r\n", "hello");
  expect_body("5;a=b;c=\"d;\\\"\\\\ \xff\"\r\nhello\r\n0\r\n\r\n", "hello");
  expect_body("5; \ta \t=\t b ; c=\"\"\r\nhello\r\n0\r\n\r\n", "hello");
}

TEST(ChunkParser, KeepsTrailersApart) { expect_body("0\r\nA: b\r\nC:d\r\n\r\n", "|A=b|C=d"); }

TEST(ChunkParser, RefusesTrailersThatFrameOrRoute) {
  for (const auto& trailer : {"Content-Length: 5"s, "Transfer-Encoding: chunked"s, "HOST: a"s,
                              "connection: close"s, "Keep-Alive: 1"s, "Proxy-Connection: close"s,
                              "Trailer: A"s, "TE: x"s, "Upgrade: h2c"s, "Expect: x"s}) {
    SCOPED_TRACE(trailer);
    expect_status("1\r\nx\r\n0\r\n" + trailer + "\r\n\r\n", 400);
    expect_status("1\r\nx\r\n0\r\nA: b\r\n" + trailer + "\r\n\r\n", 400);
  }
}

TEST(ChunkParser, RefusesBadSizes) {
  for (const auto& size : {""s,
                           "0x5"s,
                           "+5"s,
                           "-5"s,
                           "0_5"s,
                           " 5"s,
                           "5 "s,
                           "\t5"s,
                           "5\t"s,
                           "5 ;a"s,
                           "5g"s,
                           "g"s,
                           "fffffffffffffffff"s,
                           "8000000000000000"s,
                           "ffffffffffffffff"s,
                           "10000000000000005"s,
                           "00000000000000005"s,
                           "5;"s,
                           "5;;a"s,
                           "5;=b"s,
                           "5;a="s,
                           R"(5;a="b)"s,
                           R"(5;a="b"c)"s,
                           "5; "s,
                           "5;a "s,
                           "5;a=b "s,
                           "5;a b"s,
                           "5;a=b c"s,
                           "5;a=\"\x01\""s,
                           "5;a=\"\x7f\""s,
                           "5;a\0"s,
                           "5;a=\0"s,
                           "5;a=\"\0\""s,
                           "5;a\rb"s,
                           "5;a\nb"s,
                           "5;a=\"\r\n\""s,
                           "5;a=\"\n\""s,
                           "5;a=\"\\\r\n\""s,
                           "5,5"s,
                           "5.0"s,
                           "\0"s,
                           "5\0"s,
                           "\xb2"s,
                           ";a"s,
                           "5;(a)"s,
                           "5;a=b=c"s,
                           "5;a=\xff"s,
                           R"("5")"s}) {
    SCOPED_TRACE(size);
    expect_status(size + "\r\nhello\r\n0\r\n\r\n", 400);
  }
}

TEST(ChunkParser, RefusesBadLineEnds) {
  for (const auto& body :
       {"5\nhello\r\n0\r\n\r\n"s, "5\rhello\r\n0\r\n\r\n"s, "5\r\nhello\n0\r\n\r\n"s,
        "5\r\nhello\r0\r\n\r\n"s, "5\r\nhello0\r\n\r\n"s, "5\r\nhello!\r\n0\r\n\r\n"s,
        "5\r\nhelloo\r\n0\r\n\r\n"s, "5\r\nhell\r\n0\r\n\r\n"s, "0\n\r\n"s, "0\r\n\n"s, "0\r\n\rX"s,
        "0\r\r\n\r\n"s, "0\r\n\r\r"s, "5\r\nhello\r\n\r\n0\r\n\r\n"s, "5\r\nhello\r\n 0\r\n\r\n"s,
        "\r\n5\r\nhello\r\n0\r\n\r\n"s}) {
    SCOPED_TRACE(body);
    expect_status(body, 400);
  }
}

TEST(ChunkParser, RefusesBadTrailers) {
  for (const auto& trailer :
       {"A : b"s, ": b"s, "nocolon"s, "a b: c"s, "\x80: b"s, "A: \0"s, "A: b\x01"s, " A: b"s,
        "A: b\r\n c"s, "A: b\nC: d"s, "a\0: b"s, "A: b\rC: d"s}) {
    SCOPED_TRACE(trailer);
    expect_status("0\r\n" + trailer + "\r\n\r\n", 400);
  }
}

TEST(ChunkParser, LimitsExtensionsAndTrailers) {
  expect_status("1;" + std::string(8000, 'a') + "\r\nx\r\n0\r\n\r\n", 0);
  expect_status("1;" + std::string(8192, 'a') + "\r\nx\r\n0\r\n\r\n", 400);
  expect_status("1;a=\"" + std::string(100000, 'a'), 400);
  expect_status("0\r\nA: " + std::string(65000, 'b') + "\r\n\r\n", 0);
  expect_status("0\r\nA: " + std::string(65600, 'b') + "\r\n\r\n", 431);
  std::string many;
  for (int i = 0; i < 101; ++i) many += "A: b\r\n";
  expect_status("0\r\n" + many + "\r\n", 431);
  Limits small;
  small.trailer_bytes = 10;
  expect_status("0\r\nA:0123\r\n\r\n", 0, small);
  expect_status("0\r\nA:01234\r\n\r\n", 431, small);
}

TEST(ChunkParser, LimitsTheBody) {
  Limits small;
  small.body_bytes = 8;
  expect_status("8\r\n01234567\r\n0\r\n\r\n", 0, small);
  expect_status("4\r\n0123\r\n4\r\n0123\r\n0\r\n\r\n", 0, small);
  expect_status("9\r\n", 413, small);
  expect_status("4\r\n0123\r\n5\r\n", 413, small);
  expect_status("7fffffffffffffff\r\n", 413, small);
  expect_status("5g", 400, small);
}

TEST(ChunkParser, LimitsFraming) {
  const auto chunks = [](int count, std::string_view chunk) {
    std::string body;
    for (int i = 0; i < count; ++i) body += chunk;
    return body + "0\r\n\r\n";
  };
  expect_status(chunks(1000, "1\r\nx\r\n"), 0);
  EXPECT_EQ(feed({}, chunks(1'000'000, "1\r\nx\r\n"), {}).status, 400);
  EXPECT_EQ(feed({}, chunks(100'000, "3\r\nxyz\r\n"), {}).status, 0);
  expect_status(chunks(100, "1;" + std::string(8000, 'a') + "\r\nx\r\n"), 400);
}

TEST(ChunkParser, WaitsForTheRest) {
  for (const char* begun : {"", "5", "5\r", "5\r\n", "5\r\nhel", "5\r\nhello", "5\r\nhello\r",
                            "5\r\nhello\r\n", "0\r\n", "0\r\nA: b\r\n", "0\r\n\r", R"(5;a=")"}) {
    SCOPED_TRACE(begun);
    expect_status(begun, -1);
  }
}

TEST(ChunkParser, IsUsedAgain) {
  const Limits limits;
  ChunkParser parser(limits);
  Body body;
  for (int i = 0; i < 3; ++i) {
    parser.reset();
    body.clear();
    EXPECT_EQ(parser.parse("3;x\r\nabc\r\n0\r\nA: b\r\n\r\n", body).step, Step::kDone);
    EXPECT_EQ(body.bytes, "abc");
    ASSERT_EQ(body.trailers.size(), 1u);
    EXPECT_EQ(body.trailers[0].value, "b");
    parser.reset();
    body.clear();
    EXPECT_EQ(parser.parse("3;x;", body).step, Step::kMore);
  }
}

}  // namespace
}  // namespace ofn::wire::http1
