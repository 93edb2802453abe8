#include "metrics/scrapes.h"

#include <array>
#include <functional>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/manual_clock.h"
#include "wire/exchange_for_test.h"

namespace ofn::metrics {
namespace {

using ::testing::HasSubstr;
using wire::FakeAnswer;
using wire::FakeExchange;

struct Stage {
  FakeExchange* send(FakeAnswer& answer, wire::FakeRequest request) {
    auto* exchange = new FakeExchange(first, answer, std::move(request));
    scrapes.handle(wire::ExchangePtr(exchange));
    return exchange;
  }
  // The writer's thread posts the answer.
  void wait_for(const FakeAnswer& answer) {
    first.run_until([&answer] { return answer.count > 0; });
  }

  testing::ManualClock clock;
  Loop first{clock};
  Loop second{clock};
  std::array<Loop*, 2> loops{&first, &second};
  FunctionContext context;
  Collector collector{context};
  Scrapes scrapes{first, loops, collector};
};

TEST(Scrapes, OtherPathsAndMethodsAreRefusedWithWords) {
  struct Case {
    wire::FakeRequest request;
    int status;
    std::string body;
  };
  const Case cases[] = {
      {{.target = "/"}, 404, "metrics are at /metrics\n"},
      {{.target = "/metrics/"}, 404, "metrics are at /metrics\n"},
      {{.target = "*"}, 404, "metrics are at /metrics\n"},
      {{.method = "POST", .target = "/metrics"}, 405, "allowed here: GET, HEAD\n"},
      {{.method = "OPTIONS", .target = "/metrics?a"}, 405, "allowed here: GET, HEAD\n"},
  };
  for (const Case& each : cases) {
    Stage stage;
    FakeAnswer answer;
    stage.send(answer, each.request);
    EXPECT_EQ(answer.status, each.status) << each.request.target;
    EXPECT_EQ(answer.body, each.body);
    EXPECT_EQ(answer.fields["allow"], each.status == 405 ? "GET, HEAD" : "");
  }
}

TEST(Scrapes, AnswersInTheFormatThatIsAccepted) {
  struct Case {
    std::string accept;
    std::string type;
    std::string part;
  };
  const Case cases[] = {
      {"", "text/plain; version=0.0.4; charset=utf-8", "ofn_loop_lag_seconds{ofn_loop=\"1\"} 0\n"},
      {"application/openmetrics-text", "application/openmetrics-text; version=1.0.0; charset=utf-8",
       "# EOF\n"},
      {"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
       "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
       "encoding=delimited",
       "\x0A\x14ofn_loop_lag_seconds\x12"},
  };
  for (const Case& each : cases) {
    Stage stage;
    FakeAnswer answer;
    stage.send(answer, {.target = "/metrics?name=x", .fields = {{"Accept", each.accept}}});
    testing::settle(stage.second);
    stage.wait_for(answer);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.fields["content-type"], each.type);
    EXPECT_THAT(answer.body, HasSubstr(each.part));
    EXPECT_TRUE(answer.released);
  }
}

TEST(Scrapes, TellsHowLongATaskWaitedForEachLoop) {
  Stage stage;
  FakeAnswer answer;
  stage.send(answer, {.target = "/metrics"});
  testing::settle(stage.first);
  stage.clock.advance(std::chrono::milliseconds(7));
  testing::settle(stage.second);
  stage.wait_for(answer);
  EXPECT_THAT(answer.body, HasSubstr("ofn_loop_lag_seconds{ofn_loop=\"0\"} 0\n"));
  EXPECT_THAT(answer.body, HasSubstr("ofn_loop_lag_seconds{ofn_loop=\"1\"} 0.007\n"));
}

TEST(Scrapes, DoesNotWaitForALoopThatIsStuck) {
  Stage stage;
  FakeAnswer answer;
  stage.send(answer, {.target = "/metrics"});
  testing::settle(stage.first);
  EXPECT_EQ(answer.count, 0);
  stage.clock.advance(Scrapes::kLongestWait);
  stage.wait_for(answer);
  EXPECT_THAT(answer.body, HasSubstr("ofn_loop_lag_seconds{ofn_loop=\"1\"} 0.02\n"));
  testing::settle(stage.second);
  testing::settle(stage.first);
  EXPECT_EQ(answer.count, 1) << "the late task changes nothing";
}

TEST(Scrapes, TooManyAtOnceAreRefused) {
  Stage stage;
  std::array<FakeAnswer, Scrapes::kMostAtOnce + 1> answers;
  for (FakeAnswer& answer : answers) stage.send(answer, {.target = "/metrics"});
  EXPECT_EQ(answers.back().status, 503);
  EXPECT_EQ(answers.back().fields["retry-after"], "1");
  testing::settle(stage.second);
  for (std::size_t i = 0; i < Scrapes::kMostAtOnce; ++i) stage.wait_for(answers[i]);
  FakeAnswer again;
  stage.send(again, {.target = "/metrics"});
  testing::settle(stage.second);
  stage.wait_for(again);
  EXPECT_EQ(again.status, 200);
}

TEST(Scrapes, EachScraperGetsItsOwnAnswer) {
  Stage stage;
  FakeAnswer text;
  FakeAnswer open;
  stage.send(text, {.target = "/metrics"});
  stage.send(open, {.target = "/metrics", .fields = {{"accept", "application/openmetrics-text"}}});
  testing::settle(stage.second);
  stage.wait_for(text);
  stage.wait_for(open);
  EXPECT_THAT(text.body, ::testing::Not(HasSubstr("# EOF")));
  EXPECT_THAT(open.body, HasSubstr("# EOF"));
}

}  // namespace
}  // namespace ofn::metrics
