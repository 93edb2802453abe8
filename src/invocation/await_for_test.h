// Tasks that wait for something of their own, and the steps that end their waits.
#pragma once

#include <cstdint>
#include <fcntl.h>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <ofn/await.h>

#include "invocation/stage_for_test.h"

namespace ofn {

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
inline Shared* shared = nullptr;  // NOLINT: a task has no other way to its test

inline task<Response> runs(const Request&) { co_return co_await shared->run(); }

struct Step {
  enum class What : std::uint8_t { kTime, kStop, kAct };
  What what = What::kTime;
  Duration time{};
  std::function<void()> act;
};
inline Step time(Duration time) { return {.what = Step::What::kTime, .time = time, .act = {}}; }
inline Step stop() { return {.what = Step::What::kStop, .act = {}}; }
inline Step act(std::function<void()> what) {
  return {.what = Step::What::kAct, .act = std::move(what)};
}

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

inline task<std::string> text() {
  const std::optional<std::string> text = co_await *shared->text;
  co_return text.value_or("stopped");
}
inline task<std::string> text_within(Duration time) {
  const std::optional<std::string> text = co_await shared->text->wait_for(time);
  co_return text.value_or("late");
}
inline task<std::string> signal() {
  const bool fired = co_await *shared->signal;
  co_return fired ? "fired" : "stopped";
}
inline task<std::string> readable_within(Duration time) {
  const bool ready = co_await readable(shared->stream->ends[0], time);
  co_return ready ? "ready" : "not";
}
inline task<std::string> waits_for_stop() {
  co_await stopped();
  const bool is = co_await stop_requested();
  co_return is ? "asked" : "not";
}

}  // namespace ofn
