#include "otlp/curl_destination.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "otlp/answer_for_test.h"
#include "otlp/protobuf_writer.h"
#include "wire/grpc/codec.h"

namespace ofn::otlp {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using wire::blocking::HttpCall;
using wire::blocking::HttpClient;
using wire::blocking::HttpReply;

// What a client was asked, and what it answers; the destination owns the client.
struct Exchange {
  std::string url;
  std::vector<std::string> headers;
  std::string body;
  wire::blocking::Version version{};
  Result<HttpReply> reply = HttpReply{};
};

class FakeClient final : public HttpClient {
 public:
  explicit FakeClient(Exchange& exchange) : exchange_(exchange) {}
  Result<HttpReply> send(const HttpCall& call) override {
    exchange_.url = call.url;
    for (const Header& header : call.headers)
      exchange_.headers.push_back(header.name + ": " + header.value);
    exchange_.body = call.body;
    exchange_.version = call.version;
    EXPECT_EQ(call.method, "POST");
    EXPECT_EQ(call.repeat, wire::blocking::Repeat::kAlways);
    return exchange_.reply;
  }

 private:
  Exchange& exchange_;
};

class CurlDestinationTest : public ::testing::Test {
 protected:
  std::string deliver(Protocol protocol, Result<HttpReply> reply) {
    exchange_ = Exchange();
    exchange_.reply = std::move(reply);
    Target target;
    target.protocol = protocol;
    target.url = *parse_url("https://collector/x/v1/traces");
    target.headers = {{"api-key", "s"}};
    CurlDestination destination(loop_, Signal::kTraces, target,
                                std::make_unique<FakeClient>(exchange_));
    std::optional<Answer> answered;
    destination.deliver("message", Deadline::in(10s, clock_),
                        [&](const Answer& answer) { answered = answer; });
    loop_.run_until([&] { return answered.has_value(); });
    return shown(answered);
  }
  static HttpReply reply(int status, std::vector<Header> headers, std::string body = {}) {
    return {.status = status,
            .status_line = {},
            .headers = std::move(headers),
            .body = std::move(body),
            .redirect_url = {}};
  }

  SystemClock clock_;
  Loop loop_{clock_};
  Exchange exchange_;
};

TEST_F(CurlDestinationTest, OverHttp) {
  EXPECT_EQ(deliver(Protocol::kHttpProtobuf, reply(200, {})), "accepted ");
  EXPECT_EQ(exchange_.url, "https://collector:443/x/v1/traces");
  EXPECT_EQ(exchange_.body, "message");
  EXPECT_EQ(exchange_.version, wire::blocking::Version::kHttp1);
  EXPECT_THAT(exchange_.headers, Contains("api-key: s"));
  EXPECT_THAT(exchange_.headers, Contains("content-type: application/x-protobuf"));
  EXPECT_EQ(deliver(Protocol::kHttpProtobuf, reply(429, {{"Retry-After", "1"}})),
            "retry HTTP status 429");
  EXPECT_EQ(deliver(Protocol::kHttpProtobuf, fail(Code::kUnavailable, "nobody there")),
            "retry nobody there");
  EXPECT_EQ(deliver(Protocol::kHttpProtobuf, fail(Code::kInvalidArgument, "bad URL")),
            "refused bad URL");
  EXPECT_EQ(deliver(Protocol::kHttpProtobuf, fail(Code::kFailedPrecondition, "bad certificate")),
            "refused bad certificate");
}

TEST_F(CurlDestinationTest, OverGrpc) {
  std::string partial;
  ProtobufWriter out(partial);
  out.message(1, [&] { out.bytes(2, "warned"); });
  struct Case {
    HttpReply reply;
    std::string_view expected;
  };
  for (const Case& c : {
           Case{reply(200, {{"grpc-status", "0"}}, wire::grpc::frame("")), "accepted "},
           Case{reply(200, {{"grpc-status", "0"}}, wire::grpc::frame(partial)),
                "accepted \"warned\""},
           Case{reply(200, {{"grpc-status", "0"}}), "refused INTERNAL: \"the message is missing\""},
           Case{reply(200, {{"Grpc-Status", "14"}, {"grpc-message", "a%20b"}}),
                "retry UNAVAILABLE: \"a b\""},
           Case{reply(200, {{"grpc-status", "7"}}), "refused PERMISSION_DENIED"},
           Case{reply(404, {}), "refused UNIMPLEMENTED: \"HTTP status 404 without a gRPC status\""},
           Case{reply(200, {}, "<html>"),
                "refused UNKNOWN: \"HTTP status 200 without a gRPC status\""},
       }) {
    EXPECT_EQ(deliver(Protocol::kGrpc, c.reply), c.expected);
    EXPECT_EQ(exchange_.url,
              "https://collector:443/opentelemetry.proto.collector.trace.v1.TraceService/Export");
    EXPECT_EQ(exchange_.body, wire::grpc::frame("message"));
    EXPECT_EQ(exchange_.version, wire::blocking::Version::kHttp2);
    EXPECT_THAT(exchange_.headers, Contains("te: trailers"));
  }
}

}  // namespace
}  // namespace ofn::otlp
