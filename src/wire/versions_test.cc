// One request over HTTP/1.1 and over HTTP/2: both versions read it in the same way, or refuse it in the same way,
// however the bytes are cut.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "testing/manual_clock.h"
#include "wire/http1/http1_session.h"
#include "wire/http2/client_session.h"
#include "wire/http2/raw_frames_for_test.h"
#include "wire/http2/server_session.h"
#include "wire/memory_transport_for_test.h"

namespace ofn::wire {
namespace {

using namespace std::string_literals;
using http2::RawFrames;

std::string lower(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return lowered;
}

// Writes down what a function would see. What belongs to a version's framing is left out.
class Writer final : public Handler {
 public:
  void handle(ExchangePtr exchange) override {
    const Message& request = exchange->request();
    seen += std::string(request.method) + ' ' + std::string(request.scheme) + "://" +
            std::string(request.authority) + ' ' + std::string(request.target);
    for (const Field& field : request.fields) {
      if (field.name == "Transfer-Encoding") continue;
      seen += " | " + lower(field.name) + ": " + std::string(field.value);
    }
    seen += " [" + std::string(request.body) + ']';
    for (const Field& field : request.trailers)
      seen += " + " + lower(field.name) + ": " + std::string(field.value);
    exchange->respond(Response("ok"));
  }
  std::string seen;
};

struct Sent {
  std::string method = "GET";
  std::string target = "/";
  std::vector<Field> fields = {};  // names in lower case
  std::string authority = "h";
  std::string scheme = {};  // not empty: HTTP/1.1 sends the target in absolute-form
  bool has_body = false;
  std::vector<Field> trailers = {};
  std::string host = {};  // not empty: a Host that is not the authority
};

std::string http1_bytes(const Sent& sent) {
  std::string bytes = sent.method + ' ';
  if (!sent.scheme.empty()) bytes += sent.scheme + "://" + sent.authority;
  bytes += sent.target + " HTTP/1.1\r\nHost: " + (sent.host.empty() ? sent.authority : sent.host);
  for (const Field& field : sent.fields)
    bytes.append("\r\n").append(field.name).append(": ").append(field.value);
  if (sent.has_body) bytes += "\r\nTransfer-Encoding: chunked";
  bytes += "\r\n\r\n";
  if (!sent.has_body) return bytes;
  bytes += "4\r\nbody\r\n0\r\n";
  for (const Field& field : sent.trailers)
    bytes.append(field.name).append(": ").append(field.value).append("\r\n");
  return bytes + "\r\n";
}

std::string http2_bytes(const Sent& sent) {
  const std::string scheme = sent.scheme.empty() ? "http" : sent.scheme;
  std::vector<Field> head = {{":method", sent.method},
                             {":scheme", scheme},
                             {":path", sent.target},
                             {":authority", sent.authority}};
  head.insert(head.end(), sent.fields.begin(), sent.fields.end());
  RawFrames frames;
  frames.preface().settings().headers(1, head, sent.has_body ? http2::kMore : http2::kEnd);
  if (sent.has_body) frames.data(1, "body", sent.trailers.empty() ? http2::kEnd : http2::kMore);
  if (!sent.trailers.empty()) frames.headers(1, sent.trailers, http2::kEnd);
  return frames.bytes();
}

// What was seen, or "malformed" (400, or a reset with PROTOCOL_ERROR), or the status of another refusal.
std::string over_http1(std::string_view bytes, std::size_t cut, std::size_t piece) {
  const ofn::testing::ManualClock clock;
  Loop loop(clock);
  const Limits limits;
  Writer handler;
  HttpDate date;
  const http1::SessionContext context{handler, limits, date, {}, {}, nullptr};
  MemoryTransport transport(loop, http1::make_session(context));
  transport.feed(bytes.substr(0, cut), piece);
  transport.feed(bytes.substr(cut), piece);
  const std::string written = transport.take();
  if (!handler.seen.empty()) return handler.seen;
  const std::string status = written.substr(0, written.find(' ', 9));
  return status == "HTTP/1.1 400" ? "malformed"
                                  : status.substr(std::min<std::size_t>(9, status.size()));
}

std::string over_http2(std::string_view bytes, std::size_t cut, std::size_t piece) {
  const ofn::testing::ManualClock clock;
  Loop loop(clock);
  const Limits limits;
  Writer handler;
  MemoryTransport transport(loop, http2::make_server_session(handler, limits));
  transport.feed(bytes.substr(0, cut), piece);
  transport.feed(bytes.substr(cut), piece);
  if (!handler.seen.empty()) return handler.seen;
  const std::string written = transport.take();
  // A client's session reads the status.
  auto session = std::make_unique<http2::ClientSession>(http2::ClientOptions{}, [] {});
  http2::ClientSession& client = *session;
  MemoryTransport peer(loop, std::move(session));
  std::string status;
  client.send({.authority = "h", .path = "/"}, "", [&](const http2::ClientOutcome& outcome) {
    if (outcome) status = std::to_string(outcome->status);
  });
  peer.take();
  peer.feed(written);
  loop.run_ready();
  if (!status.empty()) return status;
  for (const http2::SeenFrame& frame : http2::parse_frames(written)) {
    if (frame.type == http2::kGoaway) return "the connection was ended";
    if (frame.type == http2::kRstStream)
      return frame.payload == "\0\0\0\1"s ? "malformed" : "another reset";
  }
  return "nothing";
}

void expect_both(const Sent& sent, const std::string& expected) {
  SCOPED_TRACE(sent.method + " " + sent.target);
  constexpr std::size_t kWhole = MemoryTransport::kWhole;
  for (const auto& [bytes, read] :
       {std::pair(http1_bytes(sent), &over_http1), std::pair(http2_bytes(sent), &over_http2)}) {
    SCOPED_TRACE(read == &over_http1 ? "HTTP/1.1" : "HTTP/2");
    EXPECT_EQ(read(bytes, bytes.size(), kWhole), expected);
    EXPECT_EQ(read(bytes, bytes.size(), 1), expected) << "byte by byte";
    for (std::size_t cut = 0; cut < bytes.size(); ++cut)
      ASSERT_EQ(read(bytes, cut, kWhole), expected) << "cut at " << cut;
  }
}

TEST(Versions, ReadTargetsAlike) {
  // What a browser or curl sends raw in a query stands for itself (URL Standard, "query percent-encode set").
  for (const auto& query :
       {""s, "q=100%"s, "%"s, "%%"s, "%4"s, "%zz"s, "q=%4z&r=%41"s, R"(q=C:\temp)"s, R"(\)"s,
        "a|b^c`d{e}f[g]h"s, "a?b?c/d"s, R"(q="x"&r=<y>)"s, "q='x'"s, "q=\xc3\xbc"s, "q=\xfc"s,
        "\x80\xff"s, "&&=&"s, "!$&'()*+,;=:@/~-._"s}) {
    expect_both({.target = "/p?" + query}, "GET http://h /p?" + query + " | host: h []");
    expect_both({.target = "/p?" + query, .scheme = "http"},
                "GET http://h /p?" + query + " | host: h []");
  }
  for (const auto& target :
       {"/p?a#b"s,  "/p?#"s,       "/p?\x7f"s, "/p?\x01"s, "/p%"s,  "/p%4?x"s, "/p%zz"s,
        R"(/a\b)"s, R"(/a\b?c)"s,  "/{a}"s,    "/a^b"s,    "/a`b"s, "/a\"b"s,  "/a<b"s,
        "/a>b"s,    "/a\xc3\xbc"s, "/a#b"s,    "*"s,       "x"s,    "p?q"s}) {
    expect_both({.target = target}, "malformed");
  }
  expect_both({.target = "/a%20b[0]|c"}, "GET http://h /a%20b[0]|c | host: h []");
  expect_both({.method = "OPTIONS", .target = "*"}, "OPTIONS http://h * | host: h []");
  std::string method(64, 'M');
  std::string expected = method;
  expected += " http://h / | host: h []";
  expect_both({.method = method}, expected);
  method += 'M';
  expect_both({.method = method}, "501");
}

TEST(Versions, ReadAuthoritiesAndSchemesAlike) {
  expect_both({.target = "/x", .authority = "b:81", .scheme = "http"},
              "GET http://b:81 /x | host: b:81 []");
  expect_both({.target = "/x", .authority = "b", .scheme = "https"},
              "GET https://b /x | host: b []");
  expect_both({.target = "/x", .authority = "b", .scheme = "HTTPS"},
              "GET https://b /x | host: b []");
  // The target's authority is the one that counts (RFC 9112 §3.2.2).
  expect_both({.target = "/x", .authority = "b", .scheme = "http", .host = "other"},
              "GET http://b /x | host: b []");
  for (const char* scheme : {"javascript", "ftp", "file", "httpss", "h"})
    expect_both({.scheme = scheme}, "malformed");
  for (const char* authority : {"u@b", "u:p@b", "u%40@b", "b,c", "b:x", "b:65536", "[b]", "b%4"})
    expect_both({.authority = authority, .scheme = "http"}, "malformed");
}

TEST(Versions, ReadFieldsAlike) {
  expect_both({.fields = {{"cookie", "a=1"}, {"x", "y"}, {"cookie", "b=2"}, {"cookie", "c=3"}}},
              "GET http://h / | host: h | x: y | cookie: a=1; b=2; c=3 []");
  expect_both({.fields = {{"cookie", ""}, {"cookie", "b=2"}, {"cookie", ""}}},
              "GET http://h / | host: h | cookie: b=2;  []");
  expect_both({.fields = {{"cookie", "a=1; b=2"}}},
              "GET http://h / | host: h | cookie: a=1; b=2 []");
  // Other repeated fields stay as they were sent, in their order.
  expect_both({.fields = {{"accept", "a"},
                          {"x-forwarded-for", "1"},
                          {"accept", "b"},
                          {"x-forwarded-for", "2"}}},
              "GET http://h / | host: h | accept: a | x-forwarded-for: 1 | accept: b | "
              "x-forwarded-for: 2 []");
  expect_both(
      {.fields =
           {{"a_b", "c"}, {"empty", ""}, {"bytes", "\x80\xff"}, {"!#$%&'*+-.^_`|~", "token"}}},
      "GET http://h / | host: h | a_b: c | empty:  | bytes: \x80\xff | !#$%&'*+-.^_`|~: token []");
  expect_both({.fields = {{"expect", "x"}}}, "417");
  expect_both({.fields = {{"expect", ""}}}, "417");
  for (const char* value : {"", "+5", "5,5", "0x5", "1e1"})
    expect_both({.fields = {{"content-length", value}}}, "malformed");
  expect_both({.fields = {{"a b", "c"}}}, "malformed");
  expect_both({.fields = {{"", "c"}}}, "malformed");
  expect_both({.fields = {{"a", "b\x01"}}}, "malformed");
  expect_both({.fields = {{"a", "b\x7f"}}}, "malformed");
}

TEST(Versions, RefuseTrailersThatFrameOrRoute) {
  expect_both({.method = "POST", .has_body = true, .trailers = {{"a", "b"}, {"etag", "c"}}},
              "POST http://h / | host: h [body] + a: b + etag: c");
  for (const Field& field : std::vector<Field>{{"content-length", "4"},
                                               {"content-length", "99"},
                                               {"te", "trailers"},
                                               {"te", "gzip"},
                                               {"host", "h"},
                                               {"host", "other"},
                                               {"transfer-encoding", "chunked"},
                                               {"connection", "close"},
                                               {"keep-alive", "1"},
                                               {"proxy-connection", "close"},
                                               {"upgrade", "h2c"},
                                               {"trailer", "a"},
                                               {"expect", "100-continue"}}) {
    SCOPED_TRACE(field.name);
    expect_both({.method = "POST", .has_body = true, .trailers = {{"a", "b"}, field}}, "malformed");
  }
}

}  // namespace
}  // namespace ofn::wire
