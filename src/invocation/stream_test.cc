// Answers in pieces: what an author writes with a Writer, and what comes of it.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "invocation/stage_for_test.h"

namespace ofn {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const auto kBegun = ElementsAre("begin 200", "Trailer: X-OpenFunction-Status", "finish",
                                "X-OpenFunction-Status: success");

void write_abc(const Request&, Writer& writer) {
  EXPECT_TRUE(writer.write("a"));
  EXPECT_TRUE(writer.write(""));
  EXPECT_TRUE(writer.write("bc"));
}
void write_head_only(const Request&, Writer& writer) { writer.status(201).header("x", "1"); }
void write_unless_refused(const Request&, Writer& writer) {
  writer.status(404);
  writer.write("no such thing\n");
}

TEST(Stream, PiecesGoToTheCaller) {
  Stage stage;
  Sink sink;
  stage.sink = &sink;
  stage.call(made<&write_abc>());
  EXPECT_THAT(sink.log, kBegun);
  EXPECT_EQ(sink.body, "abc");
  EXPECT_FALSE(stage.response.has_value());
  EXPECT_EQ(stage.ends, 1);
  EXPECT_THAT(stage.notes.lines, ElementsAre("began f", "ended success 200"));
  // And the next call of the same invocation begins anew.
  stage.call(made<&write_abc>());
  EXPECT_EQ(sink.body, "abcabc");
  stage.call(kEcho);
  EXPECT_EQ(stage.status(), 200);
}

TEST(Stream, NothingWrittenIsAnOrdinaryAnswer) {
  Stage stage;
  Sink sink;
  stage.sink = &sink;
  stage.call(made<&write_head_only>());
  EXPECT_THAT(sink.log, ElementsAre());
  EXPECT_EQ(stage.status(), 201);
  EXPECT_EQ(*stage.response->find_header("x"), "1");
  EXPECT_EQ(stage.fields["X-OpenFunction-Status"], "success");
}

TEST(Stream, AStatusOfFailureIsToldInTheTrailer) {
  Stage stage(context_with(Runtime::kKnative, both()));
  Sink sink;
  stage.sink = &sink;
  const Function function = made<&write_unless_refused>();
  stage.call(function);
  EXPECT_EQ(stage.status(), 404);  // held, since there are outputs
  EXPECT_EQ(stage.sidecar.calls().size(), 0U);

  Stage without;
  without.sink = &sink;
  without.call(function);
  EXPECT_THAT(sink.log, ElementsAre("begin 404", "Trailer: X-OpenFunction-Status", "finish",
                                    "X-OpenFunction-Status: error"));
}

TEST(Stream, IsHeldForOutputsAndSentAsOneBody) {
  Stage stage(context_with(Runtime::kKnative, both()));
  Sink sink;
  stage.sink = &sink;
  stage.call(made<&write_abc>());
  EXPECT_THAT(sink.log, ElementsAre());
  EXPECT_EQ(stage.status(), 200);
  EXPECT_EQ(stage.response->body(), "abc");
  ASSERT_EQ(stage.sidecar.calls().size(), 2U);
  EXPECT_EQ(stage.sidecar.calls()[0].data, "abc");
}

void write_a_status_of_its_own(const Request&, Writer& writer) {
  writer.header("x-openfunction-status", "error").header("x", "1").write("a");
}

TEST(Stream, TheStatusFieldIsTheFrameworks) {
  Stage stage;
  Sink sink;
  stage.sink = &sink;
  stage.call(made<&write_a_status_of_its_own>());
  EXPECT_THAT(sink.log, ElementsAre("begin 200", "x=1", "Trailer: X-OpenFunction-Status", "finish",
                                    "X-OpenFunction-Status: success"));
}

void write_early(const Request&, Writer& writer) {
  writer.send_early();
  writer.write("early");
}

TEST(Stream, SentEarlyItEndsWhenTheOutputsHaveConfirmed) {
  Stage stage(context_with(Runtime::kKnative, both()));
  Sink sink;
  stage.sink = &sink;
  stage.call(made<&write_early>());
  EXPECT_THAT(sink.log, kBegun);
  EXPECT_EQ(sink.body, "early");
  EXPECT_EQ(stage.sidecar.calls()[1].data, "early");
}

TEST(Stream, SentEarlyAFailedOutputAbortsIt) {
  Stage stage(context_with(Runtime::kKnative, both()));
  Sink sink;
  stage.sink = &sink;
  stage.sidecar.script("c-files", {FakeSidecar::error(Code::kInvalidArgument, "no")});
  stage.call(made<&write_early>());
  EXPECT_THAT(sink.log, ElementsAre("begin 200", "Trailer: X-OpenFunction-Status", "abort"));
  EXPECT_FALSE(stage.response.has_value());
  EXPECT_EQ(stage.ends, 1);
}

void write_and_refuse(const Request&, Writer& writer) {
  writer.write("part");
  throw BadInput("no items");
}
void write_and_throw(const Request&, Writer& writer) {
  writer.write("some");
  throw std::runtime_error("broke");
}

TEST(Stream, AThrowAbortsWhatHasGoneOutAndIsA500Otherwise) {
  Stage live;
  Sink sink;
  live.sink = &sink;
  live.call(made<&write_and_throw>());
  EXPECT_THAT(sink.log, ElementsAre("begin 200", "Trailer: X-OpenFunction-Status", "abort"));
  EXPECT_THAT(live.notes.lines, ElementsAre("began f", "ended crash 200"));

  Stage held(context_with(Runtime::kKnative, both()));
  held.sink = &sink;
  held.call(made<&write_and_throw>());
  EXPECT_EQ(held.status(), 500);
  EXPECT_EQ(held.verdict, Verdict::kCrash);
  EXPECT_EQ(held.sidecar.calls().size(), 0U);
}

TEST(Stream, BadInputIsAnAnswerWhereNoneHasBegun) {
  Stage live;
  Sink sink;
  live.sink = &sink;
  live.call(made<&write_and_refuse>());
  EXPECT_THAT(sink.log, ElementsAre("begin 200", "Trailer: X-OpenFunction-Status", "abort"));

  Stage held(context_with(Runtime::kKnative, both()));
  held.sink = &sink;
  held.call(made<&write_and_refuse>());
  EXPECT_EQ(held.status(), 400);
  EXPECT_EQ(held.response->body(), "no items\n");
  EXPECT_EQ(held.verdict, Verdict::kError);
  EXPECT_EQ(held.sidecar.calls().size(), 0U);
}

void write_much(const Request&, Writer& writer) {
  EXPECT_TRUE(writer.write("0123456789"));
  EXPECT_FALSE(writer.write("x"));
  EXPECT_FALSE(writer.write("y"));
}

TEST(Stream, NoMoreIsHeldThanAllowed) {
  Stage stage(context_with(Runtime::kKnative, both()));
  stage.environment.max_held = 10;
  stage.call(made<&write_much>());
  EXPECT_EQ(stage.status(), 500);
  EXPECT_EQ(stage.sidecar.calls().size(), 0U);
  EXPECT_THAT(stage.log.text(), HasSubstr("send_early"));
}

void misuse(const Request& request, Writer& writer) {
  if (request.path() == "/head") writer.header("a b", "c").write("x");
  if (request.path() == "/late") {
    writer.write("x");
    writer.status(300);
  }
  if (request.path() == "/line") writer.line("{\n}");
  if (request.path() == "/event") writer.event({.data = {}, .event = "a\nb"});
}

TEST(Stream, MisuseThrows) {
  for (const auto& [target, what] :
       {std::pair{"/head", "invalid response: "},
        std::pair{"/late", "the answer's head has gone out already"},
        std::pair{"/line", "no line breaks"}, std::pair{"/event", "no line breaks"}}) {
    Stage stage;
    Sink sink;
    stage.sink = &sink;
    stage.target = target;
    stage.call(made<&misuse>());
    EXPECT_THAT(stage.log.text(), HasSubstr(what)) << target;
    EXPECT_EQ(stage.ends, 1);
  }
}

void write_past_a_bad_head(const Request& request, Writer& writer) {
  EXPECT_THROW(writer.status(99).write("lost"), std::invalid_argument);
  if (request.path() == "/again") {
    EXPECT_THROW(writer.write("sorry"), std::invalid_argument);
  }
  if (request.path() == "/corrected") writer.status(200).write("abc");
}

TEST(Stream, ABadHeadNeverGoesOutAndMayBeCorrected) {
  FunctionContext with_trigger = context_with(Runtime::kAsync, {});
  with_trigger.triggers.push_back({.name = "again"});
  Stage delivery(with_trigger);
  delivery.deliver(made<&write_past_a_bad_head>(),
                   {.input = delivery.context.triggers[0], .data = "x"});
  EXPECT_EQ(delivery.verdict, Verdict::kCrash);
  for (const bool has_outputs : {false, true}) {
    for (const char* target : {"/left", "/again", "/corrected"}) {
      SCOPED_TRACE(target);
      const bool is_corrected = std::string_view(target) == "/corrected";
      Stage stage(context_with(Runtime::kKnative, has_outputs ? both() : std::vector<Output>()));
      Sink sink;
      stage.sink = &sink;
      stage.target = target;
      stage.call(made<&write_past_a_bad_head>());
      EXPECT_EQ(stage.ends, 1);
      if (!is_corrected) {
        EXPECT_EQ(stage.status(), 500);
        EXPECT_EQ(stage.verdict, Verdict::kCrash);
        EXPECT_THAT(sink.log, ElementsAre());
        EXPECT_EQ(stage.sidecar.calls().size(), 0U);
      } else if (has_outputs) {
        EXPECT_THAT(sink.log, ElementsAre());
        EXPECT_EQ(stage.response->body(), "abc");
        EXPECT_EQ(stage.sidecar.calls().at(0).data, "abc");
      } else {
        EXPECT_THAT(sink.log, kBegun);
        EXPECT_EQ(sink.body, "abc");
      }
    }
  }
}

TEST(Stream, WhatHasNoHeadIsNotTaken) {
  testing::ManualClock clock;
  Loop loop(clock);
  StreamHost host(loop, [](const Response&) { return true; });
  Sink sink;
  host.begin({.sink = &sink});
  const abi::Stream& stream = *host.stream();
  EXPECT_EQ(stream.table->push(stream.host, "x"), abi::Push::kClosed);
  settle(loop);
  EXPECT_EQ(sink.body, "");
}

void write_forms(const Request& request, Writer& writer) {
  if (request.path() == "/events") {
    writer.event({.data = "one\ntwo\r\nthree\rfour", .event = "e", .id = "7", .retry = 5ms});
    writer.event({.data = ""});
  } else {
    writer.line("{}");
    writer.line("[1]");
  }
}

TEST(Stream, EventsAndLinesHaveTheirForm) {
  Stage stage;
  Sink events;
  stage.sink = &events;
  stage.target = "/events";
  stage.call(made<&write_forms>());
  EXPECT_EQ(
      events.body,
      "event: e\nid: 7\nretry: 5\ndata: one\ndata: two\ndata: three\ndata: four\n\ndata: \n\n");
  EXPECT_EQ(events.log[1], "content-type=text/event-stream");
  Sink lines;
  stage.sink = &lines;
  stage.target = "/lines";
  stage.call(made<&write_forms>());
  EXPECT_EQ(lines.body, "{}\n[1]\n");
  EXPECT_EQ(lines.log[1], "content-type=application/x-ndjson");
}

std::atomic<int> written_whole = 0;
void write_a_lot(const Request&, Writer& writer) {
  const std::string piece(1000, 'x');
  for (int i = 0; i < 1000 && writer.write(piece); ++i) ++written_whole;
}

TEST(Stream, ASlowCallerMakesTheFunctionWait) {
  Stage stage;
  Sink sink;
  sink.keeps = true;
  stage.sink = &sink;
  const Function function = made<&write_a_lot>();
  written_whole = 0;
  stage.begin(function);
  // Takes all that waits whenever the function could not go on.
  std::size_t most = 0;
  stage.run_beside([&] {
    most = std::max(most, sink.waiting);
    if (sink.waiting <= StreamHost::kMark) return;
    sink.waiting = 0;
    sink.on_room();
  });
  stage.invocation.finish();
  EXPECT_EQ(written_whole, 1000);
  EXPECT_EQ(sink.body.size(), 1'000'000U);
  EXPECT_LE(most, StreamHost::kMark + 1000);
}

TEST(Stream, ACallerThatLeavesEndsTheWait) {
  Stage stage;
  Sink sink;
  sink.keeps = true;
  stage.sink = &sink;
  const Function function = made<&write_a_lot>();
  written_whole = 0;
  stage.begin(function);
  stage.run_beside([&] {
    if (sink.waiting > StreamHost::kMark) stage.invocation.caller_left();
  });
  stage.invocation.finish();
  EXPECT_LT(written_whole, 100);
  EXPECT_THAT(sink.log, ElementsAre("begin 200", "Trailer: X-OpenFunction-Status", "abort"));
}

TEST(Stream, WhatACallerCutsShortIsNotSent) {
  Stage stage(context_with(Runtime::kKnative, both()));
  Sink sink;
  stage.sink = &sink;
  const Function function = made<&write_early>();
  stage.begin(function);
  stage.invocation.caller_left();  // before the head has gone out
  stage.run_to_end(function);
  EXPECT_THAT(sink.log, ElementsAre());
  EXPECT_EQ(stage.sidecar.calls().size(), 0U);
  EXPECT_EQ(stage.verdict, Verdict::kError);
  EXPECT_EQ(stage.ends, 1);
}

TEST(Stream, TheDeadlineAbortsIt) {
  Stage stage;
  Sink sink;
  sink.keeps = true;
  stage.sink = &sink;
  const Function function = made<&write_a_lot>();
  stage.begin(function, stage.clock.now() + 1s);
  stage.run_beside([&] {
    if (sink.waiting > StreamHost::kMark) stage.clock.advance(1s);
  });
  stage.invocation.finish();
  EXPECT_THAT(sink.log, ElementsAre("begin 200", "Trailer: X-OpenFunction-Status", "abort"));
  EXPECT_EQ(stage.ends, 1);
  EXPECT_THAT(stage.log.text(), HasSubstr("after its deadline"));
}

TEST(Stream, ADeliverysAnswerIsHeld) {
  FunctionContext context = context_with(Runtime::kAsync, {});
  context.triggers.push_back({.name = "in"});
  Stage stage(context);
  stage.deliver(made<&write_abc>(), {.input = stage.context.triggers[0], .data = "x"});
  EXPECT_EQ(stage.status(), 200);
  EXPECT_EQ(stage.response->body(), "abc");
}

}  // namespace
}  // namespace ofn
