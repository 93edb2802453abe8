#include "loader/process.h"

#include <algorithm>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ofn::loader {
namespace {

using testing::HasSubstr;

Command shell(const char* script) { return {{"sh", "-c", script}}; }

TEST(Process, TakesExitCodeAndOutput) {
  const auto finished = run(shell("echo out; echo err >&2; exit 3"), {});
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->exit_code, 3);
  EXPECT_EQ(finished->output, "out\nerr\n");
  EXPECT_EQ(run(shell("kill -9 $$"), {})->exit_code, 128 + 9);
  EXPECT_EQ(run(shell("cat"), {})->output, "");  // standard input is empty
}

TEST(Process, ManyRunAFewAtOnce) {
  std::vector<Command> commands;
  for (int i = 0; i < 9; ++i) commands.push_back(shell(("echo " + std::to_string(i)).c_str()));
  const auto finished = run_all(commands, 2, {});
  ASSERT_TRUE(finished);
  for (std::size_t i = 0; i < 9; ++i) {
    EXPECT_EQ((*finished)[i].output, std::to_string(i) + "\n");
  }
}

TEST(Process, KeepsTheBeginningOfMuchOutput) {
  const auto finished = run(shell("head -c 3000000 /dev/zero | tr '\\0' x"), {});
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->output.size(), std::size_t{1} << 20);
}

TEST(Process, AMissingProgramIsAnError) {
  const auto finished = run({{"/no/such/program"}}, {});
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().code(), Code::kNotFound);
  EXPECT_THAT(finished.error().message(), HasSubstr("/no/such/program"));
}

TEST(Process, AnEndedWaitKillsTheWholeGroup) {
  // The grandchild holds the pipe open; only its death lets the wait for the children end.
  const Command endless = shell("sh -c 'while :; do sleep 100; done' & wait");
  const auto late = run(endless, {.deadline = Deadline(SystemClock().now()), .stop = {}});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), Code::kDeadlineExceeded);

  std::stop_source source;
  const std::jthread stopper([&] { source.request_stop(); });
  const auto stopped = run(endless, {.deadline = {}, .stop = source.get_token()});
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code(), Code::kCancelled);
}

}  // namespace
}  // namespace ofn::loader
