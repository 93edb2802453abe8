// What servers and clients of other makes say, each end against the other's oddities.
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wire/grpc/channel.h"
#include "wire/grpc/channel_for_test.h"
#include "wire/http2/raw_frames_for_test.h"

namespace ofn::wire::grpc {
namespace {

using namespace std::chrono_literals;
using http2::RawFrames;
using ::testing::HasSubstr;

class PlainHandler final : public Handler {
 public:
  void handle(ExchangePtr exchange) override {
    exchange->respond(Response(response), {}, trailers);
  }
  Response response;
  std::vector<Field> trailers;
};

TEST_F(GrpcTest, AnswersOfOtherServers) {
  struct Case {
    std::string name;
    Response response;
    std::vector<Field> trailers;
    Code code;
    std::string message;
  };
  const auto grpc = [](std::string body) {
    return Response(std::move(body)).content_type("application/grpc+proto");
  };
  const std::vector<Field> ok = {{"grpc-status", "0"}};
  const std::vector<Case> cases = {
      {"a proxy's 503", Response("no").status(503), {}, Code::kUnavailable, ""},
      {"404", Response("no").status(404), {}, Code::kUnimplemented, ""},
      {"HTML", Response("<html>").content_type("text/html"), {}, Code::kUnknown, ""},
      {"no status", grpc(frame("x")), {{"x", "y"}}, Code::kUnknown, ""},
      {"odd status", grpc(frame("x")), {{"grpc-status", "77"}}, Code::kUnknown, ""},
      {"fine", grpc(frame("x")), ok, Code::kOk, "x"},
      // Only one valid status says that a call has succeeded, and only where a call's end is told.
      {"no trailers", grpc(frame("x")), {}, Code::kUnknown, ""},
      {"no trailers, status in the head",
       grpc(frame("x")).header("grpc-status", "0"),
       {},
       Code::kUnknown,
       ""},
      {"status in the head and in trailers", grpc(frame("x")).header("grpc-status", "0"), ok,
       Code::kUnknown, ""},
      {"0, then 13",
       grpc(frame("x")),
       {{"grpc-status", "0"}, {"grpc-status", "13"}},
       Code::kUnknown,
       ""},
      {"13, then 0",
       grpc(frame("x")),
       {{"grpc-status", "13"}, {"grpc-status", "0"}},
       Code::kUnknown,
       ""},
      {"0 twice",
       grpc(frame("x")),
       {{"grpc-status", "0"}, {"x", "y"}, {"grpc-status", "0"}},
       Code::kUnknown,
       ""},
      {"empty status", grpc(frame("x")), {{"grpc-status", ""}}, Code::kUnknown, ""},
      {"-0", grpc(frame("x")), {{"grpc-status", "-0"}}, Code::kUnknown, ""},
      {"+0", grpc(frame("x")), {{"grpc-status", "+0"}}, Code::kUnknown, ""},
      {"00", grpc(frame("x")), {{"grpc-status", "00"}}, Code::kUnknown, ""},
      {"05", grpc(frame("x")), {{"grpc-status", "05"}}, Code::kUnknown, ""},
      {"0x0", grpc(frame("x")), {{"grpc-status", "0x0"}}, Code::kUnknown, ""},
      {"0.0", grpc(frame("x")), {{"grpc-status", "0.0"}}, Code::kUnknown, ""},
      {"OK", grpc(frame("x")), {{"grpc-status", "OK"}}, Code::kUnknown, ""},
      {"0, 0", grpc(frame("x")), {{"grpc-status", "0, 0"}}, Code::kUnknown, ""},
      {"17", grpc(frame("x")), {{"grpc-status", "17"}}, Code::kUnknown, ""},
      {"-1", grpc(frame("x")), {{"grpc-status", "-1"}}, Code::kUnknown, ""},
      {"2^32", grpc(frame("x")), {{"grpc-status", "4294967296"}}, Code::kUnknown, ""},
      {"2^64", grpc(frame("x")), {{"grpc-status", "18446744073709551616"}}, Code::kUnknown, ""},
      {"0 with HTTP's 500", grpc(frame("x")).status(500), ok, Code::kUnknown, ""},
      {"0 with HTTP's 503", grpc(frame("x")).status(503), ok, Code::kUnavailable, ""},
      {"trailers only, 0", grpc("").header("grpc-status", "0"), {}, Code::kInternal, ""},
      {"trailers only, 0 twice",
       grpc("").header("grpc-status", "0").header("grpc-status", "0"),
       {},
       Code::kUnknown,
       ""},
      {"no message", grpc(""), ok, Code::kInternal, ""},
      {"two messages", grpc(frame("x") + frame("y")), ok, Code::kInternal, ""},
      {"truncated", grpc(frame("xyz").substr(0, 6)), ok, Code::kInternal, ""},
      {"compressed", grpc(std::string("\1\0\0\0\1x", 6)).header("grpc-encoding", "gzip"), ok,
       Code::kInternal, ""},
      {"compressed in an unknown way",
       grpc(std::string("\1\0\0\0\1x", 6)).header("grpc-encoding", "br"), ok, Code::kUnimplemented,
       ""},
      {"error with a message", grpc(frame("x")), {{"grpc-status", "5"}}, Code::kNotFound, ""},
      {"wrong type", Response(frame("x")).content_type("application/json"), ok, Code::kUnknown, ""},
      {"trailers only",
       grpc("").header("grpc-status", "7").header("grpc-message", "a%20b"),
       {},
       Code::kPermissionDenied,
       ""},
  };
  PlainHandler plain;
  handler_ = &plain;
  for (const Case& c : cases) {
    plain.response = c.response;
    plain.trailers = c.trailers;
    Seen& seen = call("/any");
    network_.run();
    EXPECT_EQ(seen.status.code, c.code) << c.name << ": " << seen.status.message;
    EXPECT_EQ(seen.message, c.message) << c.name;
  }
}

// --- requests that no client of ours sends -----------------------------------------------------

// "x", as gzip has it.
const std::string kGzippedX("\x1f\x8b\x08\0\0\0\0\0\x02\xff\xab\0\0\x83\x16\xdc\x8c\1\0\0\0", 21);

TEST_F(GrpcTest, AnUnknownMethodIsRefusedWhileItsStreamIsOpen) {
  using http2::RawFrames;
  const auto call = [](std::string_view path, std::string_view type) {
    return RawFrames().preface().settings().headers(1,
                                                    {{":method", "POST"},
                                                     {":scheme", "http"},
                                                     {":path", path},
                                                     {":authority", "h"},
                                                     {"content-type", type}},
                                                    http2::kMore);
  };
  struct Case {
    std::string_view path;
    std::string_view type;
    bool refused;
  };
  for (const Case& c :
       {Case{"/no", "application/grpc", true},
        Case{"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "application/grpc+proto",
             true},
        Case{"/echo", "application/grpc", false}, Case{"/no", "application/json", false}}) {
    const std::string bytes = call(c.path, c.type).bytes();
    for (std::size_t cut = 24; cut <= bytes.size(); ++cut) {
      MemoryTransport server(loop_, http2::make_server_session(server_, limits_));
      server.feed(std::string_view(bytes).substr(0, cut));
      server.feed(std::string_view(bytes).substr(cut));
      bool refused = false;
      for (const http2::SeenFrame& seen : http2::parse_frames(server.take()))
        refused = refused || (seen.type == http2::kHeaders && (seen.flags & 1) != 0);
      ASSERT_EQ(refused, c.refused) << c.path << ", cut at " << cut;
    }
  }
}

TEST_F(GrpcTest, RequestsOfOtherClients) {
  struct Case {
    std::string name;
    std::string method;
    std::string type;
    std::string path;
    std::vector<Field> fields;
    std::string body;
    std::vector<std::string> expected;  // parts of the answer's fields
  };
  const std::string good = frame("x");
  const std::vector<Case> cases = {
      {"fine", "POST", "application/grpc", "/echo", {}, good, {":status=200", "grpc-status=0"}},
      {"GET", "GET", "application/grpc", "/echo", {}, good, {":status=405", "allow=POST"}},
      {"JSON", "POST", "application/json", "/echo", {}, good, {":status=415"}},
      {"method", "POST", "application/grpc", "/no", {}, good, {":status=200", "grpc-status=12"}},
      {"timeout",
       "POST",
       "application/grpc",
       "/echo",
       {{"grpc-timeout", "1x"}},
       good,
       {"grpc-status=13"}},
      {"no time",
       "POST",
       "application/grpc",
       "/echo",
       {{"grpc-timeout", "0n"}},
       good,
       {"grpc-status=4"}},
      {"for ever",
       "POST",
       "application/grpc",
       "/echo",
       {{"grpc-timeout", "99999999H"}},
       good,
       {"grpc-status=0"}},
      {"compressed in an unknown way",
       "POST",
       "application/grpc",
       "/echo",
       {{"grpc-encoding", "snappy"}},
       std::string("\1\0\0\0\1x", 6),
       {"grpc-status=12", "grpc-accept-encoding=identity, deflate, gzip"}},
      {"no gzip",
       "POST",
       "application/grpc",
       "/echo",
       {{"grpc-encoding", "gzip"}},
       std::string("\1\0\0\0\1x", 6),
       {"grpc-status=13"}},
      {"gzip",
       "POST",
       "application/grpc",
       "/echo",
       {{"grpc-encoding", "gzip"}},
       std::string("\1\0\0\0\x15", 5) + kGzippedX,
       {":status=200", "grpc-status=0"}},
      {"empty", "POST", "application/grpc", "/echo", {}, "", {"grpc-status=13"}},
      {"two", "POST", "application/grpc", "/echo", {}, good + good, {"grpc-status=13"}},
  };
  for (const Case& c : cases) {
    http2::ClientSession* client = nullptr;
    auto session = std::make_unique<http2::ClientSession>(http2::ClientOptions{}, [] {});
    client = session.get();
    MemoryTransport server(loop_, http2::make_server_session(server_, limits_));
    MemoryTransport peer(loop_, std::move(session));
    std::vector<Field> fields = {{"content-type", c.type}};
    fields.insert(fields.end(), c.fields.begin(), c.fields.end());
    std::string answer;
    client->send({.method = c.method, .authority = "h", .path = c.path, .fields = fields}, c.body,
                 [&](const http2::ClientOutcome& outcome) {
                   ASSERT_TRUE(outcome);
                   answer = ":status=" + std::to_string(outcome->status) + "\n";
                   for (const auto& part : {outcome->fields, outcome->trailers})
                     for (const Field& field : part)
                       answer.append(field.name).append("=").append(field.value).append("\n");
                 });
    join(peer, server);
    for (const std::string& part : c.expected)
      EXPECT_THAT(answer, HasSubstr(part + "\n")) << c.name;
  }
}

}  // namespace
}  // namespace ofn::wire::grpc
