// What the supervisor hears of a call: through the recorder, the reports and the channel.
#include "cli/call_reports.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "dev/messages.h"
#include "testing/recording_log.h"
#include "wire/exchange_for_test.h"

namespace ofn::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

// Keeps exchanges, which the test answers.
class Holder final : public wire::Handler {
 public:
  void handle(wire::ExchangePtr exchange) override { held.push_back(std::move(exchange)); }
  std::vector<wire::ExchangePtr> held;
};

class CallReportsTest : public ::testing::Test {
 protected:
  void send(wire::FakeRequest request) {
    recorder_.handle(wire::ExchangePtr(new wire::FakeExchange(loop_, answer_, std::move(request))));
  }
  // The call of this exchange has ended.
  void end(wire::Exchange& exchange) {
    reports_.ended({.start = {.id = "1f",
                              .method = exchange.request().method,
                              .target = exchange.request().target,
                              .kind = CallKind::kRequest},
                    .outcome = {.status = 200}});
  }
  std::string text() {
    auto message = channel_.first.receive().message;
    return message ? std::move(message->text) : "";
  }
  dev::CallEnded reported() { return dev::decode_call(text()).value_or(dev::CallEnded()); }

  const SystemClock clock_;
  Loop loop_{clock_};
  wire::FakeAnswer answer_;
  std::pair<dev::ControlChannel, dev::ControlChannel> channel_ =
      dev::ControlChannel::pair().value();
  testing::RecordingLog log_;
  CallReports reports_{channel_.second, 7, log_};
  Holder holder_;
  CallRecorder recorder_{holder_, reports_.contents()};
};

TEST_F(CallReportsTest, HaveWhatWasSentAndAnswered) {
  send({.method = "POST", .target = "/a", .fields = {{"Accept", "*/*"}}, .body = "in"});
  wire::Exchange& exchange = *holder_.held[0];
  const Field id{"X-Request-Id", "1f"};
  exchange.respond(Response("out").header("X-A", "b"), {&id, 1});
  end(exchange);
  const dev::CallEnded call = reported();
  EXPECT_EQ(call.build, 7U);
  EXPECT_EQ(call.path, "/a");
  EXPECT_THAT(call.request.fields, ElementsAre(Pair("Accept", "*/*")));
  EXPECT_EQ(call.request.body, "in");
  EXPECT_EQ(call.request.size, 2U);
  EXPECT_THAT(call.answer.fields, ElementsAre(Pair("X-A", "b"), Pair("X-Request-Id", "1f")));
  EXPECT_EQ(call.answer.body, "out");
  EXPECT_EQ(answer_.body, "out");
}

TEST_F(CallReportsTest, JoinPiecesAndCountTheRest) {
  const std::string large(dev::Content::kMostKept, 'x');
  send({.method = "POST", .target = "/", .body = large + "rest"});
  wire::Exchange& exchange = *holder_.held[0];
  exchange.begin(Response(), {}, {});
  exchange.write("\xff");
  exchange.write(large);
  exchange.finish({});
  end(exchange);
  const dev::CallEnded call = reported();
  EXPECT_EQ(call.request.body, large);
  EXPECT_EQ(call.request.size, large.size() + 4);
  EXPECT_EQ(call.answer.body, "\xff" + large.substr(1));
  EXPECT_EQ(call.answer.size, large.size() + 1);
}

TEST_F(CallReportsTest, KeepEqualRequestsApart) {
  for (const char* body : {"first", "second"})
    send({.method = "POST", .target = "/same", .body = body});
  for (const std::size_t each : {1, 0}) {
    wire::Exchange& exchange = *holder_.held[each];
    exchange.respond(Response(each == 0 ? "answer 0" : "answer 1"));
    end(exchange);
  }
  const dev::CallEnded second = reported();
  const dev::CallEnded first = reported();
  EXPECT_EQ(second.request.body, "second");
  EXPECT_EQ(second.answer.body, "answer 1");
  EXPECT_EQ(first.request.body, "first");
  EXPECT_EQ(first.answer.body, "answer 0");
}

TEST_F(CallReportsTest, HaveNothingOfARequestThatWasRefusedAsBroken) {
  send({.target = "/a", .fields = {{"Accept", "*/*"}}});
  reports_.ended({.start = {.id = "1f"}, .outcome = {.status = 400, .refusal = Refusal::kBroken}});
  EXPECT_THAT(reported().request.fields, IsEmpty());
}

TEST_F(CallReportsTest, HaveTheDataOfADelivery) {
  const Trigger input{.name = "orders"};
  const Field metadata[] = {{"partition", "3"}, {"x-token", "hidden"}};
  const Inbound inbound{
      .input = input, .data = "{}", .content_type = "application/json", .metadata = metadata};
  reports_.ended(
      {.start = {.route = "orders", .kind = CallKind::kTopicEvent, .delivery = &inbound}});
  const dev::CallEnded call = reported();
  EXPECT_EQ(call.path, "orders");
  EXPECT_THAT(call.request.fields,
              ElementsAre(Pair("content-type", "application/json"), Pair("partition", "3"),
                          Pair("x-token", "(redacted)")));
  EXPECT_EQ(call.request.body, "{}");
}

TEST_F(CallReportsTest, NeverHaveSecrets) {
  send({.target = "/a?b=1&access_token=PLANTED-0&api_key=PLANTED-1",
        .fields = {{"Authorization", "Bearer PLANTED-2"},
                   {"cookie", "session=PLANTED-3"},
                   {"Proxy-Authorization", "Basic PLANTED-4"},
                   {"dapr-api-token", "PLANTED-5"},
                   {"X-Client-Secret", "PLANTED-6"},
                   {"X-Password", "PLANTED-7"},
                   {"x-api-key", "PLANTED-8"}}});
  wire::Exchange& exchange = *holder_.held[0];
  TraceContext trace;
  reports_.began({.id = "1f", .method = "GET", .target = exchange.request().target}, trace);
  EXPECT_EQ(text(), "1f - GET /a?b=1&access_token=(redacted)&api_key=(redacted)");
  exchange.respond(Response().header("Set-Cookie", "session=PLANTED-9"));
  end(exchange);
  const std::string report = text();
  EXPECT_EQ(report.find("PLANTED"), std::string::npos) << report;
  const dev::CallEnded call = dev::decode_call(report).value();
  EXPECT_EQ(call.path, "/a?b=1&access_token=(redacted)&api_key=(redacted)");
  EXPECT_EQ(call.request.fields.size(), 7U);
  for (const auto& field : call.request.fields) EXPECT_EQ(field.second, "(redacted)");
  EXPECT_THAT(call.answer.fields, ElementsAre(Pair("Set-Cookie", "(redacted)")));
}

TEST_F(CallReportsTest, SayWhatWasThrownAndWhere) {
  const Crash crash{
      .exception = "int",
      .what = "7",
      .frames = {{.function = "f()", .file = "a.cc", .line = 3, .times = 2, .source = "throw 7;"}}};
  reports_.ended({.start = {.id = "1f"}, .crash = &crash});
  const dev::CallEnded call = reported();
  ASSERT_TRUE(call.thrown);
  EXPECT_EQ(call.thrown->type, "int");
  EXPECT_EQ(call.thrown->what, "7");
  ASSERT_EQ(call.thrown->frames.size(), 1U);
  EXPECT_EQ(call.thrown->frames[0].function, "f() (2 times)");
  EXPECT_EQ(call.thrown->frames[0].file, "a.cc");
  EXPECT_EQ(call.thrown->frames[0].line, 3U);
  EXPECT_EQ(call.thrown->frames[0].source, "throw 7;");
  EXPECT_EQ(log_.text(), "");
  channel_.first = dev::ControlChannel::pair().value().first;  // the supervisor has ended
  reports_.ended({.start = {.id = "20"}, .crash = &crash});
  EXPECT_THAT(log_.text(), HasSubstr("error: function crashed request_id=20"));
}

TEST_F(CallReportsTest, LoseTheirBodiesBeforeTheyAreLost) {
  const std::string large(dev::Content::kMostKept, 'x');
  dev::CallEnded last;
  for (int i = 0; i < 200; ++i) {
    send({.method = "POST", .target = "/", .body = large});
    holder_.held[0]->respond(Response());
    end(*holder_.held[0]);
    holder_.held.clear();
  }
  std::size_t count = 0;
  for (std::string report = text(); !report.empty(); report = text()) {
    last = dev::decode_call(report).value();
    ++count;
  }
  EXPECT_EQ(count, 200U);
  EXPECT_EQ(last.request.body, "");
  EXPECT_EQ(last.request.size, large.size());
}

}  // namespace
}  // namespace ofn::cli
