#include "invocation/invocation.h"

#include <chrono>
#include <latch>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "invocation/stage_for_test.h"
#include "testing/fake_time_limits.h"

namespace ofn {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::FieldsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Invocation, AnHttpFunctionAnswers) {
  Stage stage;
  stage.body = std::string("\0\xFF", 2);
  stage.call(kEcho);
  EXPECT_EQ(stage.status(), 200);
  EXPECT_EQ(stage.response->body(), stage.body);
  EXPECT_EQ(*stage.response->find_header("x"), "1");
  EXPECT_EQ(stage.fields.at("X-OpenFunction-Status"), "success");
  EXPECT_EQ(stage.fields.at("X-Request-Id").size(), 32U);
  EXPECT_EQ(stage.fields.size(), 2U);
  EXPECT_THAT(stage.notes.lines, ElementsAre("began app::f", "ended success 200"));
  EXPECT_EQ(stage.ends, 1);
  EXPECT_EQ(stage.log.text(), "");
}

TEST(Invocation, IsReusable) {
  Stage stage;
  for (int i = 0; i < 3; ++i) {
    stage.call(i == 1 ? kThrow : kEcho);
    EXPECT_EQ(stage.status(), i == 1 ? 500 : 200);
    EXPECT_EQ(stage.ends, i + 1);
  }
}

TEST(Invocation, AnIdSetByTheAuthorStands) {
  Stage stage;
  stage.call(http([](const abi::Call& call, abi::Outcome& outcome) {
    EXPECT_EQ(call.request->id().size(), 32U);
    outcome.response.header("x-request-id", "mine");
  }));
  EXPECT_FALSE(stage.fields.contains("X-Request-Id"));
}

TEST(Invocation, TheStatusFieldIsTheFrameworks) {
  Stage stage;
  stage.call(http([](const abi::Call&, abi::Outcome& outcome) {
    outcome.response = Response("no")
                           .status(418)
                           .header("a", "1")
                           .header("x-openfunction-status", "success")
                           .header("b", "2")
                           .header("X-OpenFunction-Status", "success");
  }));
  EXPECT_EQ(stage.status(), 418);
  EXPECT_EQ(stage.response->body(), "no");
  EXPECT_THAT(stage.response->headers(), ElementsAre(FieldsAre("a", "1"), FieldsAre("b", "2")));
  EXPECT_EQ(stage.fields.at("X-OpenFunction-Status"), "error");
}

TEST(Invocation, AReportedErrorIsTheAuthors) {
  Stage stage(context_with(Runtime::kKnative, both()));
  stage.call(kRefuse);
  EXPECT_EQ(stage.status(), 418);
  EXPECT_EQ(stage.response->body(), "no\n");
  EXPECT_EQ(stage.fields.at("X-OpenFunction-Status"), "error");
  EXPECT_FALSE(stage.fields.contains("X-Google-Status"));
  EXPECT_EQ(stage.sidecar.calls().size(), 0U) << "a failed function sends nothing";
}

TEST(Invocation, ACrashTellsItsReasonInDebugOnly) {
  for (const Detail detail : {Detail::kHidden, Detail::kShown}) {
    Stage stage(context_with(Runtime::kKnative, both()), detail);
    stage.call(kThrow);
    EXPECT_EQ(stage.status(), 500);
    EXPECT_EQ(stage.fields.at("X-OpenFunction-Status"), "crash");
    EXPECT_EQ(stage.fields.at("X-Google-Status"), "crash");
    EXPECT_THAT(stage.response->body(), HasSubstr(stage.fields.at("X-Request-Id")));
    if (detail == Detail::kShown) {
      EXPECT_THAT(stage.response->body(), HasSubstr("std::runtime_error: the secret reason"));
    } else {
      EXPECT_THAT(stage.response->body(), Not(HasSubstr("secret")));
    }
    EXPECT_EQ(stage.log.text(),
              "error: function crashed request_id=" + stage.fields.at("X-Request-Id") +
                  " function=app::f exception=std::runtime_error"
                  " error=the secret reason\n");
    EXPECT_EQ(stage.sidecar.calls().size(), 0U) << "a failed function sends nothing";
  }
}

TEST(Invocation, AResponseThatCannotBeSentIsACrash) {
  Stage stage(context_with(Runtime::kKnative, both()));
  stage.call(http([](const abi::Call&, abi::Outcome& outcome) {
    outcome.response.header("a", "b\r\nSet-Cookie: c");
  }));
  EXPECT_EQ(stage.status(), 500);
  EXPECT_EQ(stage.fields.at("X-OpenFunction-Status"), "crash");
  EXPECT_THAT(stage.log.text(), HasSubstr("invalid response: the value of the header 'a'"));
  EXPECT_EQ(stage.sidecar.calls().size(), 0U);
}

TEST(Invocation, OutputsAreConfirmedBeforeTheCallerIs) {
  Stage stage(context_with(Runtime::kKnative, both()));
  stage.body = std::string("\0data", 5);
  stage.headers = {{"traceparent", "00-1-2-01"}, {"tracestate", "a=b"}};
  stage.sidecar.hold();
  stage.begin(kEcho, stage.clock.now() + 1min);
  stage.invocation.run();
  EXPECT_EQ(stage.sidecar.calls().size(), 0U) << "run() is on any thread and sends nothing";
  stage.invocation.finish();
  settle(stage.loop);
  ASSERT_EQ(stage.sidecar.calls().size(), 2U);
  for (const FakeSidecar::Call& call : stage.sidecar.calls()) {
    EXPECT_EQ(call.data, stage.body);
    EXPECT_EQ(call.traceparent, "00-1-2-01");
    EXPECT_EQ(call.tracestate, "a=b");
    EXPECT_EQ(call.deadline, Deadline(stage.clock.now() + 1min));
  }
  EXPECT_FALSE(stage.response.has_value());
  stage.sidecar.answer(0);
  settle(stage.loop);
  EXPECT_FALSE(stage.response.has_value());
  EXPECT_EQ(stage.ends, 0);
  stage.sidecar.answer(1);
  settle(stage.loop);
  EXPECT_EQ(stage.status(), 200);
  EXPECT_EQ(stage.response->body(), stage.body);
  EXPECT_EQ(stage.fields.at("X-OpenFunction-Status"), "success");
  EXPECT_EQ(stage.ends, 1);
  EXPECT_THAT(stage.notes.lines, ElementsAre("began app::f", "ended success 200"));
  EXPECT_EQ(stage.notes.outputs.size(), 2U);
}

TEST(Invocation, OutputsAreForKnativeOnly) {
  for (const Runtime runtime : {Runtime::kNone, Runtime::kAsync}) {
    Stage stage(context_with(runtime, both()));
    stage.call(kEcho);
    EXPECT_EQ(stage.status(), 200);
    EXPECT_EQ(stage.sidecar.calls().size(), 0U);
  }
}

TEST(Invocation, AFailedOutputFailsTheCall) {
  struct Case {
    std::unexpected<SidecarError> failure;
    int status;
    const char* code;
  };
  const Case cases[] = {
      {FakeSidecar::error(Code::kInternal, "disk full"), 502, "INTERNAL"},
      {FakeSidecar::error(Code::kResourceExhausted, "disk full"), 502, "RESOURCE_EXHAUSTED"},
      {FakeSidecar::error(Code::kUnavailable, "disk full"), 503, "UNAVAILABLE"},
      {FakeSidecar::error(Code::kDeadlineExceeded, "disk full"), 504, "DEADLINE_EXCEEDED"},
  };
  for (const Case& one : cases) {
    for (const char* name : {"files", "events"}) {
      for (const Detail detail : {Detail::kHidden, Detail::kShown}) {
        Stage stage(context_with(Runtime::kKnative, both()), detail);
        stage.body = "payload";
        stage.sidecar.script("c-" + std::string(name), {one.failure});
        stage.call(kEcho);
        EXPECT_EQ(stage.status(), one.status);
        EXPECT_EQ(stage.fields.at("X-OpenFunction-Status"), "error");
        const std::string& body = stage.response->body();
        EXPECT_THAT(body, HasSubstr('"' + std::string(name) + '"'));
        EXPECT_THAT(body, HasSubstr("c-" + std::string(name)));
        EXPECT_THAT(body, HasSubstr(one.code));
        EXPECT_THAT(body, Not(HasSubstr("payload")));
        EXPECT_EQ(body.find("disk full") != std::string::npos, detail == Detail::kShown);
        EXPECT_EQ(stage.response->find_header("Retry-After") != nullptr, one.status == 503);
      }
    }
  }
}

TEST(Invocation, AtTheDeadlineTheCallerIsAnswered) {
  Stage stage(context_with(Runtime::kKnative, both()));
  stage.begin(kEcho, stage.clock.now() + 1s);
  stage.clock.advance(999ms);
  settle(stage.loop);
  EXPECT_FALSE(stage.response.has_value());
  stage.clock.advance(1ms);
  settle(stage.loop);
  EXPECT_EQ(stage.status(), 504);
  EXPECT_TRUE(stage.invocation.answered());
  EXPECT_EQ(stage.ends, 0) << "the slot stays taken until the function returns";

  stage.invocation.run();  // it returns at last
  stage.invocation.finish();
  settle(stage.loop);
  EXPECT_EQ(stage.ends, 1);
  EXPECT_EQ(stage.sidecar.calls().size(), 0U) << "a late result is never forwarded";
  EXPECT_THAT(stage.log.text(), HasSubstr("warning: function returned after its deadline"));
  EXPECT_THAT(stage.notes.lines, ElementsAre("began app::f", "ended error 504"));

  stage.call(kEcho);  // and the next call is as good as new
  EXPECT_EQ(stage.status(), 200);
}

TEST(Invocation, WhileTimeLimitsAreOffALateResultIsAnswered) {
  Stage stage(context_with(Runtime::kKnative, both()));
  const ofn::testing::FakeTimeLimits limits;
  stage.loop.set_time_limits(&limits);
  stage.begin(kEcho, stage.clock.now() + 1s);
  stage.clock.advance(1h);
  settle(stage.loop);
  EXPECT_FALSE(stage.response.has_value());
  stage.invocation.run();
  stage.invocation.finish();
  settle(stage.loop);
  EXPECT_EQ(stage.status(), 200);
  EXPECT_EQ(stage.sidecar.calls().size(), 2U) << "its outputs get it, too";
}

TEST(Invocation, TheDeadlinePassesWhileTheFunctionRunsElsewhere) {
  static std::latch* entered = nullptr;  // a function is a plain pointer
  std::latch running(1);
  entered = &running;
  Stage stage(context_with(Runtime::kKnative, both()));
  stage.body = "kept";
  const Function slow = http([](const abi::Call& call, abi::Outcome& outcome) {
    std::latch stopped(1);
    const std::stop_callback on_stop(call.request->stop_token(), [&] { stopped.count_down(); });
    entered->count_down();
    stopped.wait();
    outcome.response = call.request->body();  // still there after the answer
  });
  stage.begin(slow, stage.clock.now() + 1s);
  std::thread worker([&] { stage.invocation.run(); });
  running.wait();
  stage.clock.advance(1s);
  settle(stage.loop);
  EXPECT_EQ(stage.status(), 504);
  EXPECT_EQ(stage.ends, 0);
  worker.join();
  stage.invocation.finish();
  settle(stage.loop);
  EXPECT_EQ(stage.ends, 1);
  EXPECT_EQ(stage.sidecar.calls().size(), 0U);
}

TEST(Invocation, TheStopTokenTellsOfTheDeadlineAndOfTheCaller) {
  const Function stops = http([](const abi::Call& call, abi::Outcome& outcome) {
    outcome.response = call.request->stop_token().stop_requested() ? "stop" : "go";
  });
  Stage stage;
  stage.call(stops);
  EXPECT_EQ(stage.response->body(), "go");
  stage.begin(stops);
  stage.invocation.request_stop();
  stage.invocation.run();
  stage.invocation.finish();
  EXPECT_EQ(stage.response->body(), "stop");
  stage.call(stops);
  EXPECT_EQ(stage.response->body(), "go") << "the next call has a token of its own";
}

TEST(Invocation, ADeadlineThatPassesInsideTheFunctionCounts) {
  Stage stage(context_with(Runtime::kKnative, both()));
  stage.begin(kEcho, stage.clock.now() + 1s);
  stage.invocation.run();
  stage.clock.advance(2s);  // on the loop's own thread no timer could fire
  stage.loop.refresh();     // as serving does after each run
  stage.invocation.finish();
  EXPECT_EQ(stage.status(), 504);
  EXPECT_EQ(stage.ends, 1);
  EXPECT_EQ(stage.sidecar.calls().size(), 0U);
}

TEST(Invocation, TheDeadlineHoldsForOutputs) {
  Stage stage(context_with(Runtime::kKnative, both()));
  stage.sidecar.hold();
  stage.begin(kEcho, stage.clock.now() + 1s);
  stage.invocation.run();
  stage.invocation.finish();
  stage.sidecar.answer(0);
  settle(stage.loop);
  stage.clock.advance(1s);
  settle(stage.loop);
  EXPECT_EQ(stage.status(), 504);
  EXPECT_THAT(stage.response->body(), HasSubstr("\"events\""));
  EXPECT_THAT(stage.response->body(), Not(HasSubstr("\"files\"")));
  EXPECT_EQ(stage.ends, 1);
}

// Whatever the function and the sidecar do: success is told only when every output confirmed, and
// what failed is not sent.
TEST(Invocation, Ledger) {
  Random random(11);
  for (int round = 0; round < 300; ++round) {
    Stage stage(context_with(Runtime::kKnative, both()));
    bool confirmed = true;
    for (const char* component : {"c-files", "c-events"}) {
      std::vector<SidecarResult> script(random() % 2, FakeSidecar::unreachable());
      if (random() % 3 == 0) {
        script.emplace_back(
            FakeSidecar::error(random() % 2 == 0 ? Code::kInternal : Code::kUnknown, "no"));
        confirmed = false;
      }
      stage.sidecar.script(component, std::move(script));
    }
    const Function* const functions[] = {&kEcho, &kThrow, &kRefuse};
    const Function& function = *functions[random() % 3];
    stage.begin(function, stage.clock.now() + 1min);
    stage.invocation.run();
    stage.invocation.finish();
    for (int step = 0; step < 100; ++step) {
      settle(stage.loop);
      stage.clock.advance(5ms);
    }
    settle(stage.loop);
    ASSERT_EQ(stage.ends, 1);
    const bool good = &function == &kEcho;
    EXPECT_EQ(stage.status() < 300, good && confirmed);
    EXPECT_EQ(stage.sidecar.calls().empty(), !good);
  }
}

TEST(Invocation, AStopThatIsToldLateReachesOnlyItsCall) {
  static std::vector<bool> seen;
  seen.clear();
  const Function looks = http([](const abi::Call& call, abi::Outcome&) {
    seen.push_back(call.request->stop_token().stop_requested());
  });
  Stage stage;
  stage.keeps_asides = true;
  stage.begin(looks);
  stage.invocation.request_stop();
  stage.invocation.request_stop();
  EXPECT_EQ(stage.asides.size(), 1U) << "once a call";
  stage.run_to_end(looks);
  EXPECT_EQ(stage.ends, 1) << "nothing waits for it";

  stage.begin(looks);
  stage.asides[0]();
  stage.run_to_end(looks);
  stage.begin(looks);
  stage.invocation.request_stop();
  stage.asides[1]();
  stage.run_to_end(looks);
  EXPECT_THAT(seen, ElementsAre(false, false, true));
}

}  // namespace
}  // namespace ofn
