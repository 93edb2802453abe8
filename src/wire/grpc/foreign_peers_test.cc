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
  void handle(ExchangePtr exchange) override { exchange->respond(response, {}, trailers); }
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
      {"no message", grpc(""), ok, Code::kInternal, ""},
      {"two messages", grpc(frame("x") + frame("y")), ok, Code::kInternal, ""},
      {"truncated", grpc(frame("xyz").substr(0, 6)), ok, Code::kInternal, ""},
      {"compressed", grpc(std::string("\1\0\0\0\1x", 6)).header("grpc-encoding", "gzip"), ok,
       Code::kUnimplemented, ""},
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
      {"gzip",
       "POST",
       "application/grpc",
       "/echo",
       {{"grpc-encoding", "gzip"}},
       std::string("\1\0\0\0\1x", 6),
       {"grpc-status=12", "grpc-accept-encoding=identity"}},
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
