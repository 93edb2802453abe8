// One invocation on a stage for this room's tests: a request, the author's function, a fake sidecar,
// and what the caller was answered.
//
//   Stage stage(context_with(Runtime::kKnative, both()));
//   stage.body = "x";
//   stage.call(kEcho);
//   EXPECT_EQ(stage.status(), 200);
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <ofn/signature.h>

#include "function/registry.h"
#include "invocation/invocation.h"
#include "loop/descriptor_waits.h"
#include "loop/workers.h"
#include "testing/fake_sidecar.h"
#include "testing/manual_clock.h"
#include "testing/recording_log.h"

namespace ofn {

using testing::FakeSidecar;
using testing::settle;

inline Output output(std::string name, ComponentKind kind) {
  Output one;
  one.name = std::move(name);
  one.component = "c-" + one.name;
  one.kind = kind;
  one.topic = "t";
  return one;
}

inline FunctionContext context_with(Runtime runtime, std::vector<Output> outputs) {
  FunctionContext context;
  context.runtime = runtime;
  context.outputs = std::move(outputs);
  return context;
}

inline std::vector<Output> both() {
  return {output("files", ComponentKind::kBinding), output("events", ComponentKind::kPubsub)};
}

// Writes down what it is told, and sets the trace context if it has one.
struct Notes final : Observer {
  void began(const CallStart& start, TraceContext& trace) override {
    lines.emplace_back("began " + start.function->name);
    came_with = trace.traceparent();
    came_with_fields.clear();
    for (const Field& field : start.fields) came_with_fields += field.name;
    if (!traceparent.empty()) trace.set({.own = *SpanContext::parse(traceparent)}, tracestate);
  }
  void ended(const CallRecord& ended) override {
    lines.emplace_back("ended " + std::string(verdict_name(ended.outcome.verdict)) + " " +
                       std::to_string(ended.outcome.status));
    record = ended;
    crash = ended.crash == nullptr ? "" : ended.crash->text();
    delivered = ended.start.delivery == nullptr ? "" : ended.start.delivery->data;
    outputs = {ended.outputs.begin(), ended.outputs.end()};
  }
  bool tells_crashes() const override { return tells; }
  bool tells = false;
  std::vector<std::string> lines;
  CallRecord record;  // the last; its views are no longer valid
  std::string crash;  // of the last
  std::string delivered;
  std::vector<OutputResult> outputs;
  std::string came_with;
  std::string came_with_fields;
  std::string traceparent;
  std::string tracestate;
};

// Answers every call by what was scripted, and keeps the last.
struct FakeStores final : Stores {
  explicit FakeStores(Loop& on) : loop(on) {}
  void ask(const StoreCall& call, const SidecarOptions& options, StoreDone done) override {
    asked = call;
    traceparent = options.traceparent;
    loop.post([this, done = std::move(done)]() mutable { done(answer); });
  }
  Loop& loop;
  StoreCall asked;
  std::string traceparent;
  StoreResult answer;
};

// Writes down what goes to a caller in pieces.
struct Sink final : BodySink {
  void begin(Response head, std::span<const Field> extra, std::function<void()> room) override {
    log.push_back("begin " + std::to_string(head.status()));
    for (const Header& header : head.headers()) log.push_back(header.name + "=" + header.value);
    for (const Field& field : extra)
      if (field.name != "X-Request-Id")
        log.push_back(std::string(field.name) + ": " + std::string(field.value));
    on_room = std::move(room);
  }
  void write(std::string_view bytes) override {
    body += bytes;
    waiting += keeps ? bytes.size() : 0;
  }
  std::size_t unsent() const override { return waiting; }
  void finish(std::span<const Field> trailers) override {
    log.emplace_back("finish");
    for (const Field& field : trailers)
      log.push_back(std::string(field.name) + ": " + std::string(field.value));
  }
  void abort() override { log.emplace_back("abort"); }

  std::vector<std::string> log;
  std::string body;
  bool keeps = false;  // what is written stays unsent
  std::size_t waiting = 0;
  std::function<void()> on_room;
};

// One invocation, from a request to its answer. What the author's function does is `body`.
struct Stage : Caller {
  explicit Stage(FunctionContext declared = context_with(Runtime::kKnative, {}),
                 Detail detail = Detail::kHidden)
      : context(std::move(declared)),
        outputs(context, sidecar, loop, log),
        environment{.loop = loop,
                    .context = context,
                    .outputs = &outputs,
                    .log = log,
                    .detail = detail,
                    .stores = &stores,
                    .awaits = {.descriptors = &descriptors, .workers = &workers},
                    .observer = &notes} {}
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;
  virtual ~Stage() = default;

  void answer(Answer given) override {
    EXPECT_FALSE(response.has_value()) << "answered twice";
    response = std::move(given.response);
    verdict = given.verdict;
    dropped = given.drop;
    for (const Field& field : given.extra) fields[std::string(field.name)] = field.value;
  }
  void go_on() override { piece_due = true; }
  void run_aside(Task task) override {
    if (!keeps_asides) return task();
    asides.push_back(std::move(task));
  }
  void ended() override { ++ends; }

  void begin(const Function& function, SteadyTime deadline = SteadyTime::max()) {
    response.reset();
    fields.clear();
    invocation.begin(function,
                     {.method = method,
                      .target = target,
                      .authority = {},
                      .headers = headers,
                      .trailers = {},
                      .params = {},
                      .body = body,
                      .peer = {},
                      .id = {},
                      .deadline = deadline,
                      .stop = {}},
                     {.body = &body, .sink = sink, .route = "/{path...}"});
  }
  // All of it.
  void call(const Function& function) {
    begin(function);
    run_to_end(function);
  }
  void deliver(const Function& function, const Inbound& inbound) {
    response.reset();
    fields.clear();
    invocation.begin(function, inbound);
    run_to_end(function);
  }
  void run_to_end(const Function& function) {
    piece_due = true;
    while (std::exchange(piece_due, false)) run_piece(function);
  }
  // What takes a Context waits for the loop, so it runs beside it.
  void run_piece(const Function& function) {
    if (environment.may_block(function)) {
      run_beside([] {});
    } else {
      invocation.run();
    }
    invocation.finish();
    settle(loop);
  }
  // The function on a thread of its own, its loop on this one; `meanwhile` after each turn of that.
  template <class Meanwhile>
  void run_beside(Meanwhile meanwhile) {
    std::atomic<bool> returned = false;
    std::jthread worker([&] {
      invocation.run();
      returned = true;
    });
    while (!returned) {
      loop.poll();
      meanwhile();
    }
  }
  int status() const { return response ? response->status() : 0; }

  std::string method = "POST";
  BodySink* sink = nullptr;
  bool piece_due = false;
  bool keeps_asides = false;  // what is to run aside waits for the test
  std::vector<Task> asides;
  std::string target = "/";
  std::vector<Field> headers;
  std::string body;

  testing::ManualClock clock;
  Loop loop{clock};
  testing::RecordingLog log;
  Notes notes;
  FakeSidecar sidecar{loop};
  FakeStores stores{loop};
  FunctionContext context;
  Outputs outputs;
  DescriptorWaits descriptors{loop};
  Workers workers{4};
  CallEnvironment environment;
  Invocation invocation{environment, *this};

  std::optional<Response> response;
  Verdict verdict = Verdict::kSuccess;
  bool dropped = false;
  std::map<std::string, std::string> fields;
  int ends = 0;
};

// An author's function as its registration makes it known.
template <auto kFunction>
Function made() {
  return function_of(internal::registration<internal::select(kFunction)>(abi::Origin::kAuthor, "f",
                                                                         "", 0, nullptr));
}

inline Function http(void (*invoke)(const abi::Call&, abi::Outcome&)) {
  return {.name = "app::f", .signature = Signature::kHttp, .invoke = invoke};
}
inline Function on_event(void (*invoke)(const abi::Call&, abi::Outcome&)) {
  return {.name = "app::f", .signature = Signature::kCloudEvent, .invoke = invoke};
}
inline Function on_background(void (*invoke)(const abi::Call&, abi::Outcome&)) {
  return {.name = "app::f", .signature = Signature::kEvent, .invoke = invoke};
}

inline const Function kEcho = http([](const abi::Call& call, abi::Outcome& outcome) {
  outcome.response = Response(call.request->body()).header("x", "1");
});
inline const Function kThrow =
    http([](const abi::Call&, abi::Outcome&) { throw std::runtime_error("the secret reason"); });
inline const Function kRefuse = http([](const abi::Call&, abi::Outcome& outcome) {
  outcome.response = Response("no\n").status(418);
});

}  // namespace ofn
