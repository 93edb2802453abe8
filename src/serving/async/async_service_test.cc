// The service over calls in memory: what becomes of a delivery, who waits, who is refused.
#include "serving/async/async_service.h"

#include <atomic>
#include <chrono>
#include <latch>
#include <optional>
#include <stdexcept>
#include <stop_token>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "serving/service_for_test.h"

namespace ofn {
namespace {

using namespace std::chrono_literals;
using dapr::TopicStatus;
using ::testing::HasSubstr;

// What the sidecar was told.
struct Told {
  int answers = 0;
  std::optional<TopicStatus> status;
  std::optional<std::vector<dapr::BulkStatus>> statuses;
  std::optional<Error> error;
  bool released = false;
  std::function<void()> cancel;  // as the sidecar, going away
};

class FakeCall final : public dapr::AppCall {
 public:
  explicit FakeCall(Told& told, Deadline deadline = Deadline::never())
      : told_(told), deadline_(deadline) {}
  ~FakeCall() override {
    told_.released = true;
    told_.cancel = nullptr;
  }
  Deadline deadline() const override { return deadline_; }
  std::string traceparent() const override { return "the-calls"; }
  std::string tracestate() const override { return {}; }
  std::string baggage() const override { return {}; }
  void on_cancelled(std::function<void()> callback) override { told_.cancel = std::move(callback); }
  void acknowledge(TopicStatus status) override {
    ++told_.answers;
    told_.status = status;
  }
  void acknowledge(const std::vector<dapr::BulkStatus>& statuses) override {
    ++told_.answers;
    told_.statuses = statuses;
  }
  void fail(const Error& error) override {
    ++told_.answers;
    told_.error = error;
  }

 private:
  Told& told_;
  Deadline deadline_;
};

std::atomic<int> g_calls = 0;               // NOLINT: functions are plain pointers
std::function<Out(const Context&)> g_does;  // NOLINT: what the function under test does

Function function() {
  return {.name = "f",
          .signature = Signature::kOpenFunction,
          .invoke =
              [](const abi::Call& call, abi::Outcome& outcome) {
                ++g_calls;
                if (g_does) outcome.out = g_does(*call.context);
              },
          .takes_context = true};
}

FunctionContext a_context() {
  FunctionContext context;
  context.runtime = Runtime::kAsync;
  context.triggers = {{.name = "tick", .component = "c-tick", .kind = ComponentKind::kBinding},
                      {.name = "orders",
                       .component = "bus",
                       .kind = ComponentKind::kPubsub,
                       .topic = "orders",
                       .metadata = {{"maxFailures", "2"}}},
                      {.name = "ordered",
                       .component = "bus",
                       .kind = ComponentKind::kPubsub,
                       .topic = "ordered",
                       .metadata = {{"inOrder", "true"}}},
                      {.name = "once",
                       .component = "bus",
                       .kind = ComponentKind::kPubsub,
                       .topic = "once",
                       .metadata = {{"maxFailures", "1"}}},
                      {.name = "ordered-once",
                       .component = "bus",
                       .kind = ComponentKind::kPubsub,
                       .topic = "ordered-once",
                       .metadata = {{"maxFailures", "1"}, {"inOrder", "true"}}}};
  return context;
}

class AsyncServiceTest : public ServiceTest {
 protected:
  AsyncServiceTest() : ServiceTest(a_context()) {}
  void SetUp() override {
    g_calls = 0;
    g_does = nullptr;
    make(8, 8);
  }
  void make(std::size_t concurrency, std::size_t queue) {
    on_loop_.reset();
    gate_ = std::make_unique<Gate>(concurrency, queue);
    service_ = std::make_unique<AsyncService>(*Subscriptions::of(context_), function_, *gate_,
                                              workers_, log_, 10s, queue);
    on_loop_ = std::make_unique<AsyncService::OnLoop>(*service_, environment_);
  }
  void publish(Told& told, std::string topic, std::string id = "1",
               Deadline deadline = Deadline::never()) {
    on_loop_->on_topic_event(
        {.id = std::move(id), .data = "d", .topic = std::move(topic), .component = "bus"},
        std::make_unique<FakeCall>(told, deadline));
  }
  void trigger(Told& told, std::string component = "c-tick") {
    on_loop_->on_binding_event({.component = std::move(component)},
                               std::make_unique<FakeCall>(told));
  }

  Function function_ = function();
  std::unique_ptr<AsyncService> service_;
  std::unique_ptr<AsyncService::OnLoop> on_loop_;
};

TEST_F(AsyncServiceTest, TheFunctionLearnsWhereADeliveryCameFrom) {
  std::string seen;
  g_does = [&seen](const Context& context) {
    seen = std::string(context.input()->name) + " " + std::string(context.input()->component);
    return Out();
  };
  Told told;
  trigger(told);
  EXPECT_EQ(g_calls, 0) << "user code ran inside the wire's call";
  until([&] { return told.released; });
  EXPECT_EQ(told.status, TopicStatus::kSuccess);
  EXPECT_EQ(seen, "tick c-tick");
}

TEST_F(AsyncServiceTest, AnEventsOwnTraceGoesBeforeItsCalls) {
  std::string seen;
  g_does = [&seen](const Context& context) {
    const Field* trace = find_field(context.metadata(), "traceparent");
    seen = trace == nullptr ? "" : std::string(trace->value);
    return Out();
  };
  for (const std::string own : {"", "own"}) {
    Told told;
    on_loop_->on_topic_event({.id = "1",
                              .data = "d",
                              .topic = "orders",
                              .component = "bus",
                              .extensions = {{"traceparent", own}}},
                             std::make_unique<FakeCall>(told));
    until([&] { return told.released; });
    EXPECT_EQ(seen, own.empty() ? "the-calls" : own);
  }
}

TEST_F(AsyncServiceTest, WhatTheFunctionDidDecides) {
  struct Case {
    std::string what;
    std::function<Out(const Context&)> does;
    std::optional<TopicStatus> topic;  // nullopt: an error
    Code code;
    bool binding_fails;
  };
  const std::vector<Case> cases = {
      {"success", [](auto&) { return Out::success("x"); }, TopicStatus::kSuccess, Code::kOk, false},
      {"error", [](auto&) { return Out::error("no"); }, {}, Code::kInternal, true},
      {"another code",
       [](auto&) { return Out::error("no", 418); },
       {},
       Code::kFailedPrecondition,
       true},
      {"no success either", [](auto&) { return Out::error("no", 201); }, {}, Code::kInternal, true},
      {"not implemented", [](auto&) { return Out::error("no", 501); }, {}, Code::kInternal, true},
      {"busy", [](auto&) { return Out::error("no", 429); }, {}, Code::kResourceExhausted, true},
      {"later", [](auto&) { return Out::error("no", 503); }, {}, Code::kUnavailable, true},
      {"retry",
       [](auto&) { return Out::error("no").with("retry", "true"); },
       {},
       Code::kInternal,
       true},
      {"drop", [](auto&) { return Out::error("no").with("retry", "false"); }, TopicStatus::kDrop,
       Code::kOk, true},
      {"refuses its input", [](auto&) -> Out { throw BadInput("no items"); }, TopicStatus::kDrop,
       Code::kOk, true},
      {"throws",
       [](auto&) -> Out { throw std::runtime_error("secret"); },
       {},
       Code::kInternal,
       true},
  };
  for (const Case& c : cases) {
    g_does = c.does;
    Told told;
    publish(told, "orders", c.what);
    until([&] { return told.released; });
    EXPECT_EQ(told.answers, 1) << c.what;
    EXPECT_EQ(told.status, c.topic) << c.what;
    EXPECT_EQ(told.error ? told.error->code() : Code::kOk, c.code) << c.what;
    if (told.error) {
      EXPECT_THAT(told.error->message(), Not(HasSubstr("secret")));
    }
    Told binding;
    trigger(binding);
    until([&] { return binding.released; });
    EXPECT_EQ(binding.error.has_value(), c.binding_fails) << c.what << ": a binding knows no drop";
  }
}

TEST_F(AsyncServiceTest, AnEventThatFailsTooOftenIsDroppedWhereThatWasAskedFor) {
  struct Last final : Observer {
    void ended(const CallRecord& record) override { dropped = record.outcome.dropped; }
    bool dropped = false;
  } observer;
  environment_.observer = &observer;
  g_does = [](auto&) { return Out::error("no"); };
  for (const bool dropped : {false, true, false}) {
    Told told;
    publish(told, "orders");
    until([&] { return told.released; });
    EXPECT_EQ(told.status.has_value(), dropped);
    EXPECT_EQ(observer.dropped, dropped);
  }
  EXPECT_THAT(log_.text(), HasSubstr("event dropped"));
}

TEST_F(AsyncServiceTest, WhatTheFunctionNeverSawIsNoFailureOfIt) {
  make(1, 2);
  std::latch go(1);
  g_does = [&go](auto&) {
    go.wait();
    return Out::error("no");
  };
  Told runs;
  publish(runs, "once", "0");
  until([&] { return g_calls == 1; });
  struct Case {
    const char* what;
    Code code;
    Told told{};
  };
  Case first_left{"left at the gate, first in its order", Code::kUnavailable};
  Case left{"left in its order", Code::kUnavailable};
  Case late{"too late in its order", Code::kDeadlineExceeded};
  Case late_at_gate{"too late at the gate", Code::kDeadlineExceeded};
  Case full_order{"no room in its order", Code::kResourceExhausted};
  Case full{"no room at the gate", Code::kResourceExhausted};
  const Deadline soon = Deadline::in(1s, clock_);
  publish(first_left.told, "ordered-once", "1");
  publish(left.told, "ordered-once", "2");
  publish(late.told, "ordered-once", "3", soon);
  publish(full_order.told, "ordered-once", "4");
  publish(late_at_gate.told, "once", "5", soon);
  publish(full.told, "once", "6");
  left.told.cancel();
  clock_.advance(1s);
  until([&] { return late.told.answers + late_at_gate.told.answers == 2; });
  first_left.told.cancel();
  go.count_down();
  for (const Case* one : {&first_left, &left, &late, &late_at_gate, &full_order, &full}) {
    SCOPED_TRACE(one->what);
    until([&] { return one->told.released; });
    EXPECT_FALSE(one->told.status) << "dropped";
    ASSERT_TRUE(one->told.error);
    EXPECT_EQ(one->told.error->code(), one->code);
  }
  until([&] { return runs.released; });
  EXPECT_EQ(runs.status, TopicStatus::kDrop) << "seen, and failed";
  EXPECT_EQ(g_calls, 1);
}

TEST_F(AsyncServiceTest, WhatNobodyWantsIsAnError) {
  Told topic, binding, bulk;
  publish(topic, "unknown");
  trigger(binding, "unknown");
  on_loop_->on_bulk_event({.topic = "unknown", .component = "bus"},
                          std::make_unique<FakeCall>(bulk));
  for (const Told* told : {&topic, &binding, &bulk}) {
    ASSERT_TRUE(told->error);
    EXPECT_EQ(told->error->code(), Code::kNotFound);
    EXPECT_THAT(told->error->message(), HasSubstr("\"orders\" (component \"bus\")"));
  }
  EXPECT_EQ(g_calls, 0);
}

TEST_F(AsyncServiceTest, AStoppingServerRefuses) {
  EXPECT_TRUE(on_loop_->ready());
  service_->retire();
  EXPECT_FALSE(on_loop_->ready());
  Told taken;
  publish(taken, "orders");
  until([&] { return taken.released; });
  EXPECT_FALSE(taken.error) << "it is not ready, but a delivery that still comes is taken";
  service_->drain();
  Told told;
  publish(told, "orders");
  ASSERT_TRUE(told.error);
  EXPECT_EQ(told.error->code(), Code::kUnavailable);
}

TEST_F(AsyncServiceTest, ABulkIsAnsweredEntryByEntryUnlessAllFailed) {
  g_does = [](const Context& context) {
    if (context.data() == "fail") return Out::error("no");
    if (context.data() == "drop") return Out::error("no").with("retry", "false");
    return Out();
  };
  const auto send = [this](Told& told, const std::vector<std::string>& entries) {
    dapr::BulkEvent bulk{.topic = "orders", .component = "bus"};
    for (const std::string& data : entries) {
      dapr::BulkEvent::Entry& entry = bulk.entries.emplace_back();
      entry.entry_id = "e-" + data;
      if (data == "raw") {
        entry.bytes = data;
      } else {
        entry.event = dapr::TopicEvent{.id = "bulk-" + data, .data = data};
      }
    }
    on_loop_->on_bulk_event(std::move(bulk), std::make_unique<FakeCall>(told));
    until([&] { return told.released; });
  };
  Told mixed;
  send(mixed, {"ok", "fail", "drop", "raw"});
  const std::vector<dapr::BulkStatus> expected = {{"e-ok", TopicStatus::kSuccess},
                                                  {"e-fail", TopicStatus::kRetry},
                                                  {"e-drop", TopicStatus::kDrop},
                                                  {"e-raw", TopicStatus::kSuccess}};
  EXPECT_EQ(mixed.statuses, expected);
  Told failed;
  send(failed, {"fail"});
  ASSERT_FALSE(failed.error) << "the second failure of this event: dropped";
  make(8, 8);
  Told all;
  send(all, {"fail"});
  ASSERT_TRUE(all.error);
  Told empty;
  send(empty, {});
  EXPECT_TRUE(empty.statuses);
}

TEST_F(AsyncServiceTest, ABulkWhoseSidecarLeavesRunsNoFurther) {
  make(1, 8);
  std::latch go(1);
  g_does = [&](const Context& context) {
    go.wait();
    wait_for_stop(context.stop_token());
    return Out();
  };
  const auto send = [this](Told& told, const char* topic) {
    dapr::BulkEvent bulk{.topic = topic, .component = "bus"};
    for (const char* id : {"a", "b", "c"}) bulk.entries.emplace_back().entry_id = id;
    on_loop_->on_bulk_event(std::move(bulk), std::make_unique<FakeCall>(told));
  };
  Told runs, waits, in_order;
  send(runs, "orders");
  ASSERT_TRUE(runs.cancel);
  until([&] { return g_calls == 1; });
  send(waits, "orders");
  send(in_order, "ordered");
  waits.cancel();
  EXPECT_TRUE(waits.released) << "none of it had run";
  in_order.cancel();
  runs.cancel();
  EXPECT_FALSE(runs.released) << "the first still runs";
  go.count_down();
  until([&] { return runs.released && in_order.released; });
  EXPECT_EQ(g_calls, 1);
  EXPECT_EQ(gate_->in_use(), 0U);
  const std::vector<dapr::BulkStatus> expected = {
      {"a", TopicStatus::kSuccess}, {"b", TopicStatus::kRetry}, {"c", TopicStatus::kRetry}};
  EXPECT_EQ(runs.statuses, expected);
}

TEST_F(AsyncServiceTest, NoMoreRunThanTheGateAllows) {
  make(1, 1);
  std::latch go(1);
  g_does = [&go](auto&) {
    go.wait();
    return Out();
  };
  Told runs, waits, refused;
  publish(runs, "orders", "1");
  until([&] { return g_calls == 1; });
  publish(waits, "orders", "2");
  publish(refused, "orders", "3");
  until([&] { return refused.released; });
  ASSERT_TRUE(refused.error);
  EXPECT_EQ(refused.error->code(), Code::kResourceExhausted);
  EXPECT_EQ(waits.answers, 0);
  go.count_down();
  until([&] { return runs.released && waits.released; });
  EXPECT_EQ(waits.status, TopicStatus::kSuccess);
}

TEST_F(AsyncServiceTest, AnInputInOrderRunsOneAtATime) {
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  std::vector<std::string> order;
  g_does = [&](const Context& context) {
    most = std::max<int>(most, ++running);
    order.emplace_back(context.id());  // not a race: one at a time
    --running;
    return Out();
  };
  std::vector<Told> told(6);
  for (std::size_t i = 0; i < told.size(); ++i) publish(told[i], "ordered", std::to_string(i));
  for (Told& one : told) until([&] { return one.released; });
  EXPECT_EQ(most, 1);
  EXPECT_EQ(order, (std::vector<std::string>{"0", "1", "2", "3", "4", "5"}));
}

TEST_F(AsyncServiceTest, TheDeadlineIsTheSooner) {
  std::latch go(1);
  g_does = [&go](const Context& context) {
    go.wait();
    return context.stop_token().stop_requested() ? Out::error("stopped") : Out();
  };
  Told own, ours;
  publish(own, "orders", "1", Deadline::in(1s, clock_));
  publish(ours, "orders", "2");
  until([&] { return g_calls == 2; });
  clock_.advance(1s);
  until([&] { return own.answers == 1; });
  ASSERT_TRUE(own.error);
  EXPECT_EQ(own.error->code(), Code::kDeadlineExceeded);
  EXPECT_EQ(ours.answers, 0);
  clock_.advance(9s);
  until([&] { return ours.answers == 1; });
  EXPECT_EQ(ours.error->code(), Code::kDeadlineExceeded);
  go.count_down();
  until([&] { return own.released && ours.released; });
  EXPECT_EQ(own.answers + ours.answers, 2);
}

TEST_F(AsyncServiceTest, ASidecarThatLeavesTakesItsWaitingDeliveriesAlong) {
  make(1, 8);
  std::latch go(1);
  g_does = [&go](const Context& context) {
    go.wait();
    wait_for_stop(context.stop_token());
    return Out::error("stopped");
  };
  Told runs, at_the_gate, in_order, behind;
  publish(runs, "orders", "1");
  until([&] { return g_calls == 1; });
  publish(at_the_gate, "orders", "2");
  publish(in_order, "ordered", "3");
  publish(behind, "ordered", "4");
  for (Told* told : {&behind, &at_the_gate, &in_order, &runs}) told->cancel();
  go.count_down();
  for (Told* told : {&behind, &at_the_gate, &in_order, &runs}) {
    until([&] { return told->released; });
    EXPECT_FALSE(told->status) << "not a success";
  }
  EXPECT_EQ(g_calls, 1) << "who waited never ran";
  EXPECT_EQ(gate_->in_use(), 0U);
}

}  // namespace
}  // namespace ofn
