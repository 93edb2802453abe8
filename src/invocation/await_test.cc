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

#include "invocation/await_for_test.h"

namespace ofn {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

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

}  // namespace
}  // namespace ofn
