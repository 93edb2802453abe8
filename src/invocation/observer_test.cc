// What an observer is told, for every way in which a call can end.
#include "invocation/observer.h"

#include <chrono>
#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "invocation/stage_for_test.h"

namespace ofn {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::StartsWith;

struct Case {
  const char* name;
  Function function;
  // Takes the stage's call from begin() to ended().
  std::function<void(Stage&, const Function&)> play;
  std::vector<Output> outputs{};
  Verdict verdict{};
  int status = 0;
  Refusal refusal = Refusal::kNone;
  Duration ran{};
  std::size_t bytes_out = 0;
  bool timed_out = false;
};

constexpr RunTimes kRan{.began = SteadyTime() + 5ms, .took = 5ms, .on = Placement::kWorker};

// The call waits 5 ms, and runs 5 ms.
void runs(Stage& stage, const Function& function) {
  stage.begin(function);
  RunTimes ran = kRan;
  ran.began = stage.loop.now() + 5ms;
  stage.invocation.run();
  stage.clock.advance(10ms);
  stage.loop.refresh();
  stage.invocation.finish(ran);
  settle(stage.loop);
}

void is_refused(Stage& stage, Refusal why) {
  stage.begin(kEcho);
  stage.invocation.refuse(Response("no\n").status(503), why);
}

Out tell_trace(Context& context, Bytes /*data*/) {
  const Field* parent = find_field(context.metadata(), "traceparent");
  const Field* state = find_field(context.metadata(), "tracestate");
  return Out(std::string(parent == nullptr ? "-" : parent->value) + " " +
             std::string(state == nullptr ? "-" : state->value));
}

void write_twice(const Request& /*request*/, Writer& writer) {
  writer.write("one ");
  writer.write("two");
}

const Function kOnEvent = on_event([](const abi::Call&, abi::Outcome&) {});

std::vector<Case> cases() {
  return {
      {.name = "an answer",
       .function = kEcho,
       .play = runs,
       .verdict = Verdict::kSuccess,
       .status = 200,
       .ran = 5ms,
       .bytes_out = 4},
      {.name = "a failure of the function's own",
       .function = kRefuse,
       .play = runs,
       .verdict = Verdict::kError,
       .status = 418,
       .ran = 5ms,
       .bytes_out = 3},
      {.name = "a crash",
       .function = kThrow,
       .play = runs,
       .verdict = Verdict::kCrash,
       .status = 500,
       .ran = 5ms},
      {.name = "no event",
       .function = kOnEvent,
       .play = runs,
       .verdict = Verdict::kError,
       .status = 400,
       .refusal = Refusal::kUnreadable,
       .ran = 5ms},
      {.name = "all outputs confirm",
       .function = kEcho,
       .play = runs,
       .outputs = both(),
       .verdict = Verdict::kSuccess,
       .status = 200,
       .ran = 5ms,
       .bytes_out = 4},
      {.name = "an output refuses",
       .function = kEcho,
       .play =
           [](Stage& stage, const Function& function) {
             stage.sidecar.script("c-files", {stage.sidecar.error(Code::kInternal, "no")});
             runs(stage, function);
           },
       .outputs = both(),
       .verdict = Verdict::kError,
       .status = 502,
       .ran = 5ms},
      {.name = "the deadline, while the function runs",
       .function = kEcho,
       .play =
           [](Stage& stage, const Function& function) {
             stage.begin(function, stage.clock.now() + 1s);
             stage.clock.advance(1s);
             settle(stage.loop);
             EXPECT_TRUE(stage.notes.record.start.function == nullptr) << "told before the end";
             stage.invocation.run();
             stage.invocation.finish(kRan);
           },
       .verdict = Verdict::kError,
       .status = 504,
       .ran = 5ms,
       .timed_out = true},
      {.name = "the deadline, before its turn",
       .function = kEcho,
       .play =
           [](Stage& stage, const Function& function) {
             stage.begin(function, stage.clock.now() + 1s);
             stage.clock.advance(1s);
             settle(stage.loop);
             stage.invocation.refuse(Response().status(503), Refusal::kCallerLeft);
           },
       .verdict = Verdict::kError,
       .status = 504,
       .refusal = Refusal::kTooLate,
       .timed_out = true},
      {.name = "too many",
       .function = kEcho,
       .play = [](Stage& stage, const Function&) { is_refused(stage, Refusal::kTooMany); },
       .verdict = Verdict::kError,
       .status = 503,
       .refusal = Refusal::kTooMany,
       .bytes_out = 3},
      {.name = "the caller left before its turn",
       .function = kEcho,
       .play = [](Stage& stage, const Function&) { is_refused(stage, Refusal::kCallerLeft); },
       .verdict = Verdict::kError,
       .status = 503,
       .refusal = Refusal::kCallerLeft,
       .bytes_out = 3},
  };
}

TEST(Observer, IsToldOfEveryKindOfEnd) {
  for (const Case& one : cases()) {
    SCOPED_TRACE(one.name);
    Stage stage(context_with(Runtime::kKnative, one.outputs));
    stage.body = "data";
    one.play(stage, one.function);
    ASSERT_EQ(stage.notes.lines.size(), 2U) << "once at the start, once at the end";
    const CallRecord& record = stage.notes.record;
    EXPECT_EQ(record.start.kind, CallKind::kRequest);
    EXPECT_EQ(record.outcome.verdict, one.verdict);
    EXPECT_EQ(!stage.notes.crash.empty(), one.verdict == Verdict::kCrash) << stage.notes.crash;
    EXPECT_EQ(record.outcome.status, one.status);
    EXPECT_EQ(record.outcome.refusal, one.refusal);
    EXPECT_EQ(record.outcome.timed_out, one.timed_out);
    EXPECT_FALSE(record.outcome.dropped);
    EXPECT_EQ(record.ran, one.ran);
    EXPECT_EQ(record.outcome.ran_on,
              one.ran == Duration{} ? Placement::kNowhere : Placement::kWorker);
    EXPECT_EQ(record.bytes_in, 4U);
    if (one.bytes_out != 0) {
      EXPECT_EQ(record.bytes_out, one.bytes_out);
    }
    EXPECT_EQ(stage.notes.outputs.size(), one.outputs.size());
  }
}

TEST(Observer, IsToldWhereTheTimeWent) {
  Stage stage(context_with(Runtime::kKnative, both()));
  stage.sidecar.hold();
  stage.body = "data";
  runs(stage, kEcho);  // waits 5 ms, runs 5 ms
  stage.clock.advance(20ms);
  stage.sidecar.answer(0);
  settle(stage.loop);
  stage.clock.advance(10ms);
  stage.sidecar.answer(1);
  settle(stage.loop);
  const CallRecord& record = stage.notes.record;
  EXPECT_EQ(record.waited, 5ms);
  EXPECT_EQ(record.ran, 5ms);
  EXPECT_EQ(record.delivered, 30ms);
  EXPECT_EQ(record.answered, 40ms);
  ASSERT_EQ(stage.notes.outputs.size(), 2U);
  EXPECT_EQ(stage.notes.outputs[0].took, 20ms);
  EXPECT_EQ(stage.notes.outputs[1].took, 30ms);
}

TEST(Observer, TheTraceThatItSetsIsWhatOutputsAndTheContextCarry) {
  Stage stage(context_with(Runtime::kKnative, both()));
  const Function tells = made<tell_trace>();
  const std::vector<Field> came = {{"TraceParent", "came"}, {"tracestate", "came=1"}, {"x", "y"}};
  stage.headers = came;
  stage.call(tells);
  EXPECT_EQ(stage.response->body(), "came came=1");
  EXPECT_EQ(stage.notes.came_with, "came");
  const std::string own = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  stage.notes.traceparent = own;
  stage.call(tells);
  EXPECT_EQ(stage.response->body(), own + " -");
  EXPECT_EQ(stage.sidecar.calls().back().traceparent, own);
  EXPECT_EQ(stage.sidecar.calls().back().tracestate, "");
  stage.notes.tracestate = "own=1";
  stage.call(tells);
  EXPECT_EQ(stage.response->body(), own + " own=1");
  EXPECT_EQ(stage.sidecar.calls().back().tracestate, "own=1");
  stage.notes.traceparent.clear();
  stage.call(tells);
  EXPECT_EQ(stage.response->body(), "came came=1") << "each call has its own";
}

TEST(Observer, IsToldTheFieldsThatCame) {
  Stage stage;
  const std::vector<Field> came = {{"b3", "0"}};
  stage.headers = came;
  stage.call(kEcho);
  EXPECT_EQ(stage.notes.came_with_fields, "b3");
  const Trigger trigger{.name = "orders", .component = "bus", .kind = ComponentKind::kPubsub};
  const std::vector<Field> metadata = {{"sw8", "1"}};
  stage.deliver(kEcho, {.input = trigger, .data = "1", .metadata = metadata});
  EXPECT_EQ(stage.notes.came_with_fields, "sw8");
}

TEST(Observer, ADeliveryTellsItsInput) {
  Stage stage;
  const Trigger trigger{.name = "orders", .component = "bus", .kind = ComponentKind::kPubsub};
  stage.deliver(kEcho, {.input = trigger, .data = "12345", .kind = CallKind::kBulkedEvent});
  EXPECT_THAT(stage.notes.lines, ElementsAre("began app::f", "ended success 200"));
  EXPECT_EQ(stage.notes.record.start.kind, CallKind::kBulkedEvent);
  EXPECT_EQ(stage.notes.record.start.route, "orders");
  EXPECT_EQ(stage.notes.record.bytes_in, 5U);
  EXPECT_EQ(stage.notes.delivered, "12345");
}

TEST(Observer, TellsOfACrashInThePlaceOfTheLog) {
  const Function bad_input = http([](const abi::Call&, abi::Outcome&) { throw BadInput("no"); });
  const struct {
    const char* name;
    const Function& function;
    const char* logged;
    const char* logged_if_it_tells;
  } cases[] = {
      {"an exception", kThrow, "error: function crashed", ""},
      {"a bad input", bad_input, "warning: function refused its input",
       "warning: function refused its input"},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.name);
    Stage stage;
    stage.call(one.function);
    EXPECT_THAT(stage.log.text(), StartsWith(one.logged));
    Stage told;
    told.notes.tells = true;
    told.call(one.function);
    EXPECT_THAT(told.log.text(), StartsWith(one.logged_if_it_tells));
    EXPECT_EQ(told.log.text().empty(), *one.logged_if_it_tells == '\0');
    EXPECT_EQ(told.notes.crash, stage.notes.crash);
    told.call(kEcho);
    EXPECT_EQ(told.notes.crash, "") << "each call has its own";
  }
}

TEST(Observer, AnAnswerInPiecesIsCountedToItsEnd) {
  Stage stage;
  Sink sink;
  stage.sink = &sink;
  stage.call(made<write_twice>());
  EXPECT_EQ(sink.body, "one two");
  EXPECT_EQ(stage.notes.record.bytes_out, 7U);
  EXPECT_EQ(stage.notes.record.outcome.status, 200);
}

}  // namespace
}  // namespace ofn
