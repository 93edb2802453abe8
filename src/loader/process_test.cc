#include "loader/process.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

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

// Waits until whoever holds the other end of a pipe is gone.
void wait_for_end(int fd) {
  char byte = 0;
  while (::read(fd, &byte, 1) > 0) {
  }
}

TEST(Process, DiesWithTheProcessThatStartedIt) {
  // The command and its child, which no signal asks, hold a pipe: it ends when both are gone.
  std::array<int, 2> held{};
  std::array<int, 2> begun{};
  ASSERT_EQ(::pipe(held.data()), 0);
  ASSERT_EQ(::pipe(begun.data()), 0);
  const pid_t framework = ::fork();
  if (framework == 0) {
    const std::string script =
        "trap '' TERM; sh -c \"trap '' TERM; while :; do sleep 100; done\" & echo >&" +
        std::to_string(begun[1]) + "; while :; do sleep 100; done";
    (void)run(shell(script.c_str()), {});
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(begun[0], &byte, 1), 1);
  ::kill(framework, SIGKILL);
  ::waitpid(framework, nullptr, 0);
  ::close(held[1]);
  wait_for_end(held[0]);
  for (const int fd : {held[0], begun[0], begun[1]}) ::close(fd);
}

TEST(Process, RunsInTheBackgroundWithWhatIsLeftOfTheProcessor) {
  const Command nice{.arguments = {"nice"}, .in_background = true};
  EXPECT_EQ(run(nice, {})->output, "19\n");
  EXPECT_EQ(run({{"nice"}}, {})->output, std::to_string(::getpriority(PRIO_PROCESS, 0)) + "\n");
}

TEST(Process, ACommandHoldsNothingOfThisProcess) {
  const auto listed = run(shell("ls /proc/$PPID/fd /proc/self/fd"), {});
  ASSERT_TRUE(listed);
  EXPECT_LE(std::ranges::count(listed->output, '\n'), 9) << listed->output;
}

}  // namespace
}  // namespace ofn::loader
