// What a task awaits of its own (<ofn/await.h>): how each wait ends, and how it ends early.
#include <atomic>
#include <fcntl.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ofn/await.h>

#include "invocation/stage_for_test.h"

namespace ofn {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A pipe, whose end the tasks read.
struct Stream {
  Stream() { EXPECT_EQ(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() {
    for (const int end : ends) ::close(end);
  }
  void send() const { EXPECT_EQ(::write(ends[1], "x", 1), 1); }
  int ends[2];
};

// What a test and its task share.
struct Shared {
  std::unique_ptr<Stream> stream;
  std::optional<Completion<std::string>> text;
  std::optional<Completion<>> signal;
  std::vector<std::string> steps;
  std::function<task<std::string>()> run;
};
Shared* shared = nullptr;

task<Response> runs(const Request&) { co_return co_await shared->run(); }

struct Step {
  enum class What : std::uint8_t { kTime, kStop, kAct };
  What what = What::kTime;
  Duration time{};
  std::function<void()> act;
};
Step time(Duration time) { return {.what = Step::What::kTime, .time = time, .act = {}}; }
Step stop() { return {.what = Step::What::kStop, .act = {}}; }
Step act(std::function<void()> what) { return {.what = Step::What::kAct, .act = std::move(what)}; }

class AwaitTest : public ::testing::Test {
 protected:
  AwaitTest() {
    shared = &shared_;
    shared_.stream = std::make_unique<Stream>();
    shared_.text.emplace();
    shared_.signal.emplace();
  }

  // Runs the task, takes each step, and returns the answer; "waits" if it has none then.
  std::string answer(std::function<task<std::string>()> run, std::vector<Step> steps = {}) {
    shared_.run = std::move(run);
    const Function function = made<&runs>();
    Stage stage(context_with(Runtime::kKnative, {}), Detail::kShown);
    stage.call(function);
    for (const Step& step : steps) {
      EXPECT_EQ(stage.ends, 0) << "it has ended before a step";
      take(stage, step);
      settle(stage.loop);
      if (stage.piece_due) stage.run_to_end(function);
    }
    if (stage.ends == 1) return body(stage);
    // It ends only by what it waits for.
    stage.invocation.request_stop();
    if (stage.piece_due) stage.run_to_end(function);
    EXPECT_EQ(stage.ends, 1);
    return "waits";
  }
  static std::string body(const Stage& stage) { return std::string(stage.response->body()); }
  static void take(Stage& stage, const Step& step) {
    switch (step.what) {
      case Step::What::kTime:
        stage.clock.advance(step.time);
        break;
      case Step::What::kStop:
        stage.invocation.request_stop();
        break;
      case Step::What::kAct:
        step.act();
    }
  }
  // Runs a task that waits for another thread to its end.
  std::string answer_beside(std::function<task<std::string>()> run) {
    shared_.run = std::move(run);
    const Function function = made<&runs>();
    Stage stage(context_with(Runtime::kKnative, {}), Detail::kShown);
    stage.call(function);
    run_beside_others(stage, function);
    return body(stage);
  }
  static void run_beside_others(Stage& stage, const Function& function) {
    while (stage.ends == 0) {
      stage.loop.run_until([&] { return stage.piece_due; });
      stage.run_to_end(function);
    }
  }

  Shared shared_;
};

task<std::string> text() {
  const std::optional<std::string> text = co_await *shared->text;
  co_return text.value_or("stopped");
}
task<std::string> text_within(Duration time) {
  const std::optional<std::string> text = co_await shared->text->wait_for(time);
  co_return text.value_or("late");
}
task<std::string> signal() {
  const bool fired = co_await *shared->signal;
  co_return fired ? "fired" : "stopped";
}
task<std::string> readable_within(Duration time) {
  const bool ready = co_await readable(shared->stream->ends[0], time);
  co_return ready ? "ready" : "not";
}
task<std::string> waits_for_stop() {
  co_await stopped();
  const bool is = co_await stop_requested();
  co_return is ? "asked" : "not";
}

TEST_F(AwaitTest, EachWaitEndsInItsWays) {
  const auto fire = [] { (*shared->text)("a text that is too long for the object itself"); };
  const auto fail = [] {
    shared->text->fail(std::make_exception_ptr(std::runtime_error("the library's")));
  };
  struct Case {
    const char* name;
    std::function<task<std::string>()> run;
    std::vector<Step> steps;
    std::string answer;
  };
  const Case cases[] = {
      {"fired", text, {act(fire)}, "a text that is too long for the object itself"},
      {"not fired", text, {time(1h)}, "waits"},
      {"stopped", text, {stop()}, "stopped"},
      {"failed", text, {act(fail)}, "the library's"},
      {"in time", [] { return text_within(5ms); }, {time(4ms), act(fire)}, "a text that"},
      {"too late", [] { return text_within(5ms); }, {time(5ms)}, "late"},
      {"at once", [] { return text_within(0ms); }, {}, "late"},
      {"long ago", [] { return text_within(-1h); }, {}, "late"},
      {"signal", signal, {act([] { (*shared->signal)(); })}, "fired"},
      {"no signal", signal, {stop()}, "stopped"},
      {"readable",
       [] { return readable_within(5ms); },
       {act([] { shared->stream->send(); })},
       "ready"},
      {"not readable", [] { return readable_within(5ms); }, {time(5ms)}, "not"},
      {"readable, stopped", [] { return readable_within(1h); }, {stop()}, "not"},
      {"stopped()", waits_for_stop, {time(1h), stop()}, "asked"},
  };
  for (const Case& c : cases) {
    shared_.stream = std::make_unique<Stream>();
    shared_.text.emplace();
    shared_.signal.emplace();
    EXPECT_THAT(answer(c.run, c.steps), HasSubstr(c.answer)) << c.name;
  }
}

template <class... T>
std::vector<task<std::string>> tasks_of(T... tasks) {
  std::vector<task<std::string>> all;
  (all.push_back(std::move(tasks)), ...);
  return all;
}

TEST_F(AwaitTest, AStopBeforeTheWaitEndsItToo) {
  const auto twice = []() -> task<std::string> {
    std::string all = co_await waits_for_stop();
    for (task<std::string>& one : tasks_of(text(), readable_within(1h), signal())) {
      const std::string result = co_await one;
      all += " " + result;
    }
    co_await stopped();
    const std::stop_token token = co_await stop_token();
    all += token.stop_requested() ? " token" : "";
    const bool slept = co_await sleep_for(1h);
    co_return all + (slept ? " slept" : " woken");
  };
  EXPECT_EQ(answer(twice, {stop()}), "asked stopped not stopped token woken");
}

TEST_F(AwaitTest, ACompletionIsFiredOnce) {
  const auto first = []() -> task<std::string> {
    const Completion<std::string> copy = *shared->text;
    shared->steps.push_back(copy("first") ? "yes" : "no");
    shared->steps.push_back((*shared->text)("second") ? "yes" : "no");
    shared->steps.push_back(copy.fail(std::make_exception_ptr(1)) ? "yes" : "no");
    co_return co_await text();
  };
  EXPECT_EQ(answer(first), "first");
  EXPECT_THAT(shared_.steps, ElementsAre("yes", "no", "no"));
  EXPECT_THAT(answer(text), HasSubstr("takes its value once"));
}

TEST_F(AwaitTest, AFiringAfterTheEndDoesNothing) {
  EXPECT_EQ(answer(text, {stop()}), "stopped");
  EXPECT_TRUE((*shared_.text)("late"));
  EXPECT_FALSE((*shared_.text)("later"));
}

TEST_F(AwaitTest, OneTaskAwaitsACompletion) {
  const auto two = []() -> task<std::string> {
    try {
      co_await when_all(text(), text());
    } catch (const std::logic_error& error) {
      co_return error.what();
    }
    co_return "no error";
  };
  EXPECT_THAT(answer(two, {act([] { (*shared->text)("x"); })}), HasSubstr("only one task"));
}

// Waits again after its limit, as for a heartbeat.
TEST_F(AwaitTest, ACompletionMayBeAwaitedAgainAfterItsLimit) {
  const auto beats = []() -> task<std::string> {
    std::string all;
    for (int i = 0; i < 3; ++i) {
      const std::string result = co_await text_within(2ms);
      all += result + " ";
    }
    co_return all;
  };
  EXPECT_EQ(answer(beats, {time(2ms), time(2ms), act([] { (*shared->text)("x"); })}),
            "late late x ");
}

TEST_F(AwaitTest, ACallbackBridgesAnotherThread) {
  const auto calls = []() -> task<std::string> {
    std::string all;
    std::vector<std::jthread> threads;
    const std::string sent = "a text that is too long for the object itself";
    for (int i = 0; i < 100; ++i) {
      const std::optional<std::string> got = co_await callback<std::string>(
          [&](auto done) { threads.emplace_back([done, sent] { done(sent); }); });
      if (got != sent) co_return "wrong";
    }
    const auto start = [text = sent, &threads](const Completion<>& done) {
      threads.emplace_back([done, text] { done(); });
    };
    const bool fired = co_await callback(start);
    co_return fired ? "all" : "not";
  };
  EXPECT_EQ(answer_beside(calls), "all");
}

TEST_F(AwaitTest, AWorkerRunsWhatBlocks) {
  const auto works = []() -> task<std::string> {
    const std::thread::id here = std::this_thread::get_id();
    const bool elsewhere =
        co_await on_worker([here] { return std::this_thread::get_id() != here; });
    if (!elsewhere) co_return "the same thread";
    const auto pointer = std::make_unique<std::string>("by reference");
    const std::string by_reference = co_await on_worker([&] { return *pointer; });
    const std::string owned(100, 'x');
    const auto copies = [owned] { return owned; };
    const std::string copied = co_await on_worker(copies);
    if (copied != owned) co_return "lost";
    co_await on_worker([&] { EXPECT_EQ(copied, owned); });
    auto moves = [own = std::make_unique<int>(7)]() mutable { return std::move(own); };
    const auto unique = co_await on_worker(moves);
    std::string all = by_reference + std::to_string(*unique);
    try {
      co_await on_worker([]() -> int { throw std::runtime_error(" thrown"); });
    } catch (const std::runtime_error& error) {
      all += error.what();
    }
    const auto [one, two] =
        co_await when_all([]() -> task<int> { co_return co_await on_worker([] { return 1; }); }(),
                          []() -> task<int> { co_return co_await on_worker([] { return 2; }); }());
    co_return all + std::to_string(one + two);
  };
  EXPECT_EQ(answer_beside(works), "by reference7 thrown3");
}

TEST_F(AwaitTest, DescriptorsThatAreNotOrAreAlwaysReady) {
  const auto odd = []() -> task<std::string> {
    std::FILE* const file = std::tmpfile();
    const bool ready = co_await readable(fileno(file), 1h);
    std::fclose(file);
    std::string all = ready ? "file " : "no file ";
    try {
      co_await writable(-1);
    } catch (const std::system_error& error) {
      all += error.what();
    }
    const bool takes = co_await writable(shared->stream->ends[1]);
    const bool either = co_await readable_or_writable(shared->stream->ends[1]);
    co_return all + (takes ? " takes" : "") + (either ? " either" : "");
  };
  EXPECT_EQ(answer(odd),
            "file ofn: no task can wait for descriptor -1: Bad file descriptor takes either");
}

task<int> number_after(Duration time, int number) {
  const bool slept = co_await sleep_for(time);
  shared->steps.push_back(std::to_string(number) + (slept ? "" : " asked to stop"));
  co_return number;
}
task<int> throws_after(Duration time) {
  co_await sleep_for(time);
  throw std::runtime_error("failed first");
}
task<> unaware(Duration time) {
  for (int i = 0; i < 3; ++i) co_await sleep_for(time);
  shared->steps.emplace_back("unaware");
}

TEST_F(AwaitTest, WhenAnyEndsTheOthers) {
  const auto race = []() -> task<std::string> {
    const auto first =
        co_await when_any(number_after(3ms, 3), text(), number_after(2ms, 2), waits_for_stop(),
                          readable_within(1h), signal(), unaware(1h));
    co_return std::to_string(first.index()) + ":" + std::to_string(std::get<2>(first));
  };
  EXPECT_EQ(answer(race, {time(2ms)}), "2:2");
  EXPECT_THAT(shared_.steps, ElementsAre("2", "3 asked to stop", "unaware"));
}

TEST_F(AwaitTest, WhenAnyTakesAVector) {
  const auto race = []() -> task<std::string> {
    std::vector<task<int>> tasks;
    for (int i = 9; i > 0; --i) tasks.push_back(number_after(std::chrono::milliseconds(i), i));
    const First<int> first = co_await when_any(std::move(tasks));
    // The call goes on as before.
    const bool slept = co_await sleep_for(1ms);
    co_return std::to_string(first.index) + std::to_string(first.value) + (slept ? " on" : "");
  };
  EXPECT_EQ(answer(race, {time(1ms), time(1ms)}), "81 on");
  const auto none = []() -> task<std::string> {
    co_await when_any(std::vector<task<int>>());
    co_return "";
  };
  EXPECT_THAT(answer(none), HasSubstr("at least one task"));
  const auto throws = []() -> task<std::string> {
    co_await when_any(throws_after(1ms), number_after(1h, 1));
    co_return "";
  };
  EXPECT_THAT(answer(throws, {time(1ms)}), HasSubstr("failed first"));
}

TEST_F(AwaitTest, WhenAnyBeginsNoTaskAfterTheFirstHasEnded) {
  const auto cached = []() -> task<std::string> { co_return "cached"; };
  const auto race = [cached]() -> task<std::string> {
    const auto first = co_await when_any(cached(), number_after(0ms, 1));
    co_return std::get<0>(first);
  };
  EXPECT_EQ(answer(race), "cached");
  EXPECT_THAT(shared_.steps, ElementsAre());
}

TEST_F(AwaitTest, ScopesAreNested) {
  // The inner loser ends with the inner race, and the outer one waits on.
  const auto inner = []() -> task<std::string> {
    co_await when_any(number_after(1ms, 1), number_after(1h, 2));
    const bool slept = co_await sleep_for(1ms);
    const bool asked = co_await stop_requested();
    co_return std::string(slept ? "slept" : "woken") + (asked ? " asked" : "");
  };
  const auto outer = [inner](Duration limit) -> task<std::string> {
    const auto first = co_await when_any(inner(), number_after(limit, 3));
    co_return first.index() == 0 ? std::get<0>(first) : "outer";
  };
  EXPECT_EQ(answer([outer] { return outer(1h); }, {time(1ms), time(1ms)}), "slept");
  EXPECT_THAT(shared_.steps, ElementsAre("1", "2 asked to stop", "3 asked to stop"));
  shared_.steps.clear();
  EXPECT_EQ(answer([outer] { return outer(500us); }, {time(500us)}), "outer");
  EXPECT_THAT(shared_.steps, ElementsAre("3", "1 asked to stop", "2 asked to stop"));
}

task<int> nested(int depth) {
  if (depth == 0) co_return co_await number_after(1ms, 0);
  const auto first = co_await when_any(nested(depth - 1), number_after(1h, depth));
  co_return 1 + std::get<0>(first);
}

TEST_F(AwaitTest, WhenAnyMayBeNestedDeep) {
  const auto deep = []() -> task<std::string> { co_return std::to_string(co_await nested(1000)); };
  EXPECT_EQ(answer(deep, {time(1ms)}), "1000");
  EXPECT_EQ(shared_.steps.size(), 1001U);
  shared_.steps.clear();
  EXPECT_EQ(answer(deep, {stop()}), "1000");
}

Semaphore two(2);
constinit Mutex one;

task<std::string> in_turn(int number) {
  const Permit permit = co_await two.acquire();
  if (!permit) co_return "stopped";
  shared->steps.push_back("+" + std::to_string(number));
  co_await sleep_for(1ms);
  shared->steps.push_back("-" + std::to_string(number));
  co_return "done";
}

TEST_F(AwaitTest, ASemaphoreLetsTasksThroughInTheirOrder) {
  const auto all = []() -> task<std::string> {
    std::vector<task<std::string>> tasks;
    for (int i = 0; i < 5; ++i) tasks.push_back(in_turn(i));
    co_await when_all(std::move(tasks));
    co_return "done";
  };
  EXPECT_EQ(answer(all, {time(1ms), time(1ms), time(1ms)}), "done");
  EXPECT_THAT(shared_.steps,
              ElementsAre("+0", "+1", "-0", "-1", "+2", "+3", "-2", "-3", "+4", "-4"));
}

TEST_F(AwaitTest, AWaiterThatStopsLeavesTheQueue) {
  Permit held = one.try_lock();
  ASSERT_TRUE(held);
  EXPECT_FALSE(one.try_lock());
  const auto locks = []() -> task<std::string> {
    const Permit lock = co_await one.lock();
    co_return lock ? "locked" : "stopped";
  };
  EXPECT_EQ(answer(locks, {time(1h), stop()}), "stopped");
  EXPECT_EQ(answer(locks, {act([&] { held.release(); })}), "locked");
  EXPECT_EQ(answer(locks), "locked");
  held = one.try_lock();
  EXPECT_TRUE(held) << "nobody has kept it";
}

TEST_F(AwaitTest, TenThousandWaitForOneWhoseHolderIsStopped) {
  constexpr int kMany = 10'000;
  const auto all = []() -> task<std::string> {
    Permit lock = co_await one.lock();
    std::vector<task<int>> tasks;
    const auto waiter = []() -> task<int> {
      const Permit mine = co_await one.lock();
      co_return mine ? 1 : 0;
    };
    for (int i = 0; i < kMany; ++i) tasks.push_back(waiter());
    const auto holder = [](Permit held) -> task<int> {
      co_await stopped();
      held.release();
      co_return 0;
    };
    tasks.push_back(holder(std::move(lock)));
    int locked = 0;
    for (const int got : co_await when_all(std::move(tasks))) locked += got;
    co_return std::to_string(locked) + (one.try_lock() ? " free" : " held");
  };
  // All are asked to stop at once, in the order of their waits.
  EXPECT_EQ(answer(all, {stop()}), "0 free");
  const auto released = []() -> task<std::string> {
    std::vector<task<int>> tasks;
    const auto waiter = []() -> task<int> {
      const Permit mine = co_await one.lock();
      co_return mine ? 1 : 0;
    };
    Permit lock = co_await one.lock();
    for (int i = 0; i < kMany; ++i) tasks.push_back(waiter());
    const auto holder = [](Permit held) -> task<int> {
      co_await sleep_for(1ms);
      held.release();
      co_return 0;
    };
    tasks.push_back(holder(std::move(lock)));
    int locked = 0;
    for (const int got : co_await when_all(std::move(tasks))) locked += got;
    co_return std::to_string(locked);
  };
  EXPECT_EQ(answer(released, {time(1ms)}), "10000");
}

// Several threads fire while the calls end.
TEST_F(AwaitTest, ThreadsFireWhileTheCallIsStopped) {
  shared_.run = text;
  const Function function = made<&runs>();
  for (int round = 0; round < 200; ++round) {
    shared_.text.emplace();
    const Completion<std::string> copy = *shared_.text;
    Stage stage;
    stage.call(function);
    std::atomic<int> fired = 0;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i)
      threads.emplace_back([copy, &fired] { fired += copy("fired") ? 1 : 0; });
    stage.invocation.request_stop();
    run_beside_others(stage, function);
    EXPECT_THAT(body(stage), ::testing::AnyOf("fired", "stopped"));
    threads.clear();
    EXPECT_EQ(fired, 1);
    settle(stage.loop);
  }
}

// A call on each of several loops, which share a lock.
TEST_F(AwaitTest, AMutexIsSharedByLoops) {
  constexpr int kRounds = 300;
  constexpr int kLoops = 3;
  static Mutex mutex;
  static int counter = 0;
  shared_.run = []() -> task<std::string> {
    for (int i = 0; i < kRounds; ++i) {
      const Permit lock = co_await mutex.lock();
      const int before = counter;
      if (i % 50 == 0) co_await on_worker([] { std::this_thread::yield(); });
      counter = before + 1;
    }
    co_return "done";
  };
  const Function function = made<&runs>();
  std::vector<std::jthread> threads;
  for (int i = 0; i < kLoops; ++i) {
    threads.emplace_back([&] {
      Stage stage;
      stage.call(function);
      run_beside_others(stage, function);
    });
  }
  threads.clear();
  EXPECT_EQ(counter, kRounds * kLoops);
}

}  // namespace
}  // namespace ofn
