// Functions that are coroutines: what they wait for, and when they go on.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ofn/typed.h>

#include "invocation/stage_for_test.h"

namespace ofn {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

task<Response> at_once(const Request& request) { co_return "got " + std::string(request.body()); }
task<std::string> inner(std::string text) { co_return text + "!"; }
task<Response> nested(Request request) { co_return co_await inner(std::string(request.body())); }
task<Response> throws(const Request&) {
  throw std::runtime_error("the reason");
  co_return "";
}
task<Response> refuses(const Request&) {
  co_await []() -> task<int> {
    throw BadInput("no items");
    co_return 1;
  }();
  co_return "";
}
task<Response> throws_later(const Request&) {
  co_await sleep_for(1ms);
  throw std::runtime_error("the reason");
}
task<Response> catches(const Request&) {
  try {
    co_await []() -> task<int> {
      throw std::runtime_error("inner");
      co_return 1;
    }();
  } catch (const std::runtime_error& error) {
    co_return error.what();
  }
  co_return "?";
}
task<Response> invalid(const Request&) { co_return Response().status(99); }

TEST(Task, EndsLikeAFunction) {
  const auto check = [](const Function& function, int status, std::string_view body) {
    Stage stage;
    stage.body = "x";
    stage.call(function);
    EXPECT_EQ(stage.status(), status);
    if (!body.empty()) {
      EXPECT_EQ(stage.response->body(), body);
    }
    EXPECT_EQ(stage.ends, 1);
    EXPECT_FALSE(stage.piece_due);
    return stage.log.text();
  };
  check(made<&at_once>(), 200, "got x");
  check(made<&nested>(), 200, "x!");
  check(made<&catches>(), 200, "inner");
  EXPECT_THAT(check(made<&throws>(), 500, ""), HasSubstr("the reason"));
  EXPECT_THAT(check(made<&refuses>(), 400, "no items\n"), HasSubstr("no items"));
  EXPECT_THAT(check(made<&invalid>(), 500, ""), HasSubstr("invalid response"));
}

std::vector<std::string> steps;
task<Response> sleeps(const Request&) {
  steps.emplace_back("begun");
  const bool whole = co_await sleep_for(10ms);
  steps.emplace_back(whole ? "slept" : "woken");
  co_return "ok";
}

TEST(Task, SleepsWithoutAThread) {
  steps.clear();
  Stage stage;
  const Function function = made<&sleeps>();
  stage.call(function);
  EXPECT_THAT(steps, ElementsAre("begun"));
  EXPECT_TRUE(stage.invocation.is_midway());
  stage.clock.advance(9ms);
  settle(stage.loop);
  EXPECT_FALSE(stage.piece_due);
  stage.clock.advance(1ms);
  settle(stage.loop);
  EXPECT_TRUE(stage.piece_due);
  stage.run_to_end(function);
  EXPECT_THAT(steps, ElementsAre("begun", "slept"));
  EXPECT_EQ(stage.status(), 200);
  EXPECT_EQ(stage.ends, 1);
}

TEST(Task, AStopEndsItsSleep) {
  steps.clear();
  Stage stage;
  const Function function = made<&sleeps>();
  stage.call(function);
  stage.invocation.request_stop();
  EXPECT_TRUE(stage.piece_due);
  stage.run_to_end(function);
  EXPECT_THAT(steps, ElementsAre("begun", "woken"));
  EXPECT_EQ(stage.status(), 200);
}

TEST(Task, TheDeadlineAnswersForItAndEndsItsSleep) {
  steps.clear();
  Stage stage;
  const Function function = made<&sleeps>();
  stage.begin(function, stage.clock.now() + 5ms);
  stage.run_to_end(function);
  stage.clock.advance(5ms);
  settle(stage.loop);
  EXPECT_EQ(stage.status(), 504);
  EXPECT_EQ(stage.ends, 0);
  EXPECT_TRUE(stage.piece_due);
  stage.run_to_end(function);
  EXPECT_EQ(stage.ends, 1);
  EXPECT_THAT(steps, ElementsAre("begun", "woken"));
  EXPECT_THAT(stage.log.text(), HasSubstr("result dropped"));
}

TEST(Task, AThrowBehindAWaitIsACrash) {
  Stage stage;
  const Function function = made<&throws_later>();
  stage.call(function);
  stage.clock.advance(1ms);
  settle(stage.loop);
  stage.run_to_end(function);
  EXPECT_EQ(stage.status(), 500);
  EXPECT_EQ(stage.verdict, Verdict::kCrash);
}

task<Out> sends(Context& context, Bytes data) {
  const SendOptions get{.operation = "get"};
  const SendReport one = co_await context.async_send("files", data, get);
  const SendOptions with{.metadata = {{"a", "b"}}};
  const SendReport other = co_await context.async_send("events", data, with);
  const SendReport unknown = co_await context.async_send("nowhere", data);
  co_return Out::success(std::to_string(one.ok()) + std::to_string(other.ok()) + " " +
                         unknown.error())
      .with("forward", "false");
}

TEST(Task, AwaitsSends) {
  Stage stage(context_with(Runtime::kKnative, both()));
  stage.body = "data";
  stage.call(made<&sends>());
  ASSERT_EQ(stage.sidecar.calls().size(), 2U);
  EXPECT_EQ(stage.sidecar.calls()[0].operation, "get");
  EXPECT_EQ(stage.sidecar.calls()[0].data, "data");
  EXPECT_EQ(stage.sidecar.calls()[1].metadata.at("a"), "b");
  EXPECT_THAT(stage.response->body(), HasSubstr("11 NOT_FOUND: no output is named \"nowhere\""));
}

TEST(Task, HoldsNoThreadWhileASendIsUnderWay) {
  Stage stage(context_with(Runtime::kKnative, both()));
  stage.sidecar.hold();
  const Function function = made<&sends>();
  stage.call(function);
  EXPECT_TRUE(stage.invocation.is_midway());
  EXPECT_FALSE(stage.piece_due);
  stage.sidecar.answer(0);
  settle(stage.loop);
  EXPECT_TRUE(stage.piece_due);
  stage.run_to_end(function);
  stage.sidecar.release();
  settle(stage.loop);
  stage.run_to_end(function);
  EXPECT_EQ(stage.ends, 1);
}

task<Out> mixes(Context& context, Bytes data) {
  const SendReport awaited = co_await context.async_send("files", data);
  const SendReport waited = context.send("events", data);  // holds its thread
  const SendReport both = co_await context.async_send(data);
  co_return Out::success(std::to_string(awaited.ok()) + std::to_string(waited.ok()) +
                         std::to_string(both.results().size()))
      .with("forward", "false");
}

TEST(Task, MayAlsoBlock) {
  Stage stage(context_with(Runtime::kKnative, both()));
  stage.call(made<&mixes>());
  EXPECT_EQ(stage.response->body(), "112");
  EXPECT_EQ(stage.sidecar.calls().size(), 4U);
}

task<Out> asks(Context& context) {
  const GetState get{.store = "s", .key = "k"};
  const Reply<StateValue> value = co_await context.async_ask(get);
  const StateItems items{.store = "s", .items = {}};
  const Reply<Done> saved = co_await context.async_ask(items);
  co_return Out::success(value->data + (saved ? " saved" : " not"));
}

TEST(Task, AwaitsStores) {
  Stage stage(context_with(Runtime::kNone, {}));
  stage.stores.answer = StoreAnswer(StateValue{.key = "k", .data = "v"});
  stage.call(made<&asks>());
  EXPECT_EQ(stage.response->body(), "v saved");
}

task<int> number_after(std::chrono::milliseconds time, int number) {
  co_await sleep_for(time);
  steps.push_back(std::to_string(number));
  co_return number;
}
task<> nothing_after(std::chrono::milliseconds time) {
  co_await sleep_for(time);
  steps.emplace_back("nothing");
}
task<int> fails_after(std::chrono::milliseconds time) {
  co_await sleep_for(time);
  throw std::runtime_error("failed after " + std::to_string(time.count()));
}
task<Response> side_by_side(const Request& request) {
  if (request.path() == "/tuple") {
    const auto [one, two, done] =
        co_await when_all(number_after(3ms, 1), number_after(1ms, 2), nothing_after(2ms));
    co_return std::to_string(one) + std::to_string(two);
  }
  std::vector<task<int>> tasks;
  if (request.path() == "/list") {
    for (int i = 5; i > 0; --i) tasks.push_back(number_after(std::chrono::milliseconds(i), i));
  }
  if (request.path() == "/fails") {
    tasks.push_back(number_after(4ms, 1));
    tasks.push_back(fails_after(3ms));
    tasks.push_back(fails_after(1ms));
  }
  std::string text;
  for (const int number : co_await when_all(std::move(tasks))) text += std::to_string(number);
  co_return text;
}

TEST(Task, WhenAllRunsThemSideBySide) {
  const Function function = made<&side_by_side>();
  struct Case {
    const char* target;
    std::string body;
    std::vector<std::string> order;
  };
  for (const Case& c : {Case{"/tuple", "12", {"2", "nothing", "1"}},
                        Case{"/list", "54321", {"1", "2", "3", "4", "5"}}, Case{"/none", "", {}},
                        Case{"/fails", "failed after 3", {"1"}}}) {
    steps.clear();
    Stage stage(context_with(Runtime::kNone, {}), Detail::kShown);
    stage.target = c.target;
    stage.call(function);
    for (int ms = 0; ms < 5 && stage.ends == 0; ++ms) {
      stage.clock.advance(1ms);
      settle(stage.loop);
      stage.run_to_end(function);
    }
    EXPECT_EQ(stage.ends, 1) << c.target;
    EXPECT_THAT(stage.response->body(), HasSubstr(c.body)) << c.target;
    EXPECT_EQ(steps, c.order) << c.target;
  }
}

task<> on_each(const CloudEvent& event) {
  co_await sleep_for(1ms);
  steps.push_back(event.id());
  if (event.id() == "2") throw std::runtime_error("the second");
}

TEST(Task, ABatchIsOneCoroutineAfterTheOther) {
  steps.clear();
  Stage stage;
  stage.headers = {{"content-type", "application/cloudevents-batch+json"}};
  const auto event = [](std::string id) {
    return R"({"specversion":"1.0","type":"t","source":"s","id":")" + std::move(id) + "\"}";
  };
  stage.body = "[" + event("1") + "," + event("2") + "," + event("3") + "]";
  const Function function = made<&on_each>();
  stage.call(function);
  for (int i = 0; i < 3; ++i) {
    stage.clock.advance(1ms);
    settle(stage.loop);
    stage.run_to_end(function);
  }
  EXPECT_THAT(steps, ElementsAre("1", "2", "3"));
  EXPECT_EQ(stage.status(), 500);
  EXPECT_EQ(stage.ends, 1);
}

task<> writes(const Request&, Writer& writer) {
  const std::string piece(StreamHost::kMark + 1, 'x');
  steps.emplace_back(co_await writer.async_write(piece) ? "room" : "closed");
  steps.emplace_back(co_await writer.async_line("{}") ? "room" : "closed");
}

TEST(Task, AwaitsRoomForWhatItWrites) {
  for (const bool leaves : {false, true}) {
    steps.clear();
    Stage stage;
    Sink sink;
    sink.keeps = true;
    stage.sink = &sink;
    const Function function = made<&writes>();
    stage.call(function);
    EXPECT_THAT(steps, ElementsAre());
    EXPECT_TRUE(stage.invocation.is_midway());
    if (leaves) {
      stage.invocation.caller_left();
    } else {
      sink.waiting = 0;
      sink.on_room();
    }
    EXPECT_TRUE(stage.piece_due);
    stage.run_to_end(function);
    EXPECT_EQ(steps, leaves ? (std::vector<std::string>{"closed", "closed"})
                            : (std::vector<std::string>{"room", "room"}));
    EXPECT_THAT(sink.log, Contains(leaves ? "abort" : "finish"));
  }
}

struct Pair {
  int left = 0;
  int right = 0;
};
OFN_FIELDS(Pair, left, right)
task<Pair> swapped(const Pair& pair) {
  co_await sleep_for(0ms);
  co_return Pair{.left = pair.right, .right = pair.left};
}
task<> of_background(const EventData& data, const EventContext&) {
  co_await sleep_for(0ms);
  steps.emplace_back(data.json());
}

TEST(Task, EverySignatureMayBeOne) {
  Stage typed;
  typed.headers = {{"content-type", "application/json"}};
  typed.body = R"({"left":1,"right":2})";
  typed.call(made<&swapped>());
  EXPECT_EQ(typed.response->body(), R"({"left":2,"right":1})");

  steps.clear();
  Stage background;
  background.body =
      R"({"context":{"eventId":"1","timestamp":"2020-01-01T00:00:00Z","eventType":"a.b","resource":"r"},"data":{"x":1}})";
  background.headers = {{"content-type", "application/json"}};
  background.call(made<&of_background>());
  EXPECT_EQ(background.status(), 200);
  EXPECT_THAT(steps, ElementsAre(R"({"x":1})"));
}

// Tasks that await tasks, many deep and many in a row.
task<int> counted(int depth) {
  if (depth == 0) co_return 0;
  co_return 1 + co_await counted(depth - 1);
}
task<int> held(task<int> inner) { co_return 1 + co_await inner; }
task<int> branch(int depth) {
  if (depth == 0) {
    co_await sleep_for(1ms);
    co_return 0;
  }
  std::vector<task<int>> one;
  one.push_back(branch(depth - 1));
  co_return 1 + (co_await when_all(std::move(one))).front();
}
task<Response> many_tasks(const Request& request) {
  constexpr int kMany = 100'000;
  int sum = 0;
  if (request.path() == "/row") {
    for (int i = 0; i < kMany; ++i) sum += co_await counted(1);
  } else if (request.path() == "/deep") {
    sum = co_await counted(kMany);
  } else if (request.path() == "/side") {
    sum = co_await branch(kMany);
  } else {
    task<int> all = counted(0);
    for (int i = 0; i < kMany; ++i) all = held(std::move(all));
    sum = request.path() == "/held" ? co_await all : kMany;
  }
  co_return std::to_string(sum);
}

TEST(Task, NeedsNoDeeperStackForManyTasks) {
  const Function function = made<&many_tasks>();
  for (const char* target : {"/row", "/deep", "/side", "/held", "/dropped"}) {
    Stage stage;
    stage.target = target;
    stage.call(function);
    stage.clock.advance(1ms);
    settle(stage.loop);
    if (stage.piece_due) stage.run_to_end(function);
    EXPECT_EQ(stage.ends, 1) << target;
    EXPECT_EQ(stage.response->body(), "100000") << target;
  }
}

}  // namespace
}  // namespace ofn
