#include "loader/process.h"

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
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

TEST(Process, ARuntimeThatThisProcessPreloadsIsNotForTheProgram) {
  ASSERT_EQ(::setenv("LD_PRELOAD", "libc.so.6", 1), 0);
  const auto finished = run(shell("echo preloaded: $LD_PRELOAD"), {});
  ::unsetenv("LD_PRELOAD");
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->output, "preloaded:\n");
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
  // The grandchild keeps the pipe open, so run() can return only after the grandchild has died.
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

TEST(Process, DiesWithTheProcessThatStartedIt) {
  // The command and its child ignore SIGTERM and keep a pipe open. The read ends only when both
  // have died.
  const std::string held = ::testing::TempDir() + "ofn-held-" + std::to_string(::getpid());
  ASSERT_EQ(::mkfifo(held.c_str(), 0600), 0);
  const int reading = ::open(held.c_str(), O_RDONLY | O_NONBLOCK);
  const pid_t framework = ::fork();
  if (framework == 0) {
    const std::string script =
        "exec 3>" + held +
        "; trap '' TERM; sh -c \"trap '' TERM; while :; do sleep 100; done\" "
        "& echo >&3; while :; do sleep 100; done";
    (void)run(shell(script.c_str()), {});
    ::_exit(0);
  }
  pollfd wait = {.fd = reading, .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&wait, 1, 20'000), 1);
  ::kill(framework, SIGKILL);
  ::waitpid(framework, nullptr, 0);
  ::fcntl(reading, F_SETFL, 0);
  char byte = 0;
  while (::read(reading, &byte, 1) > 0) {
  }
  ::close(reading);
  ::unlink(held.c_str());
}

TEST(Process, RunsInTheBackgroundWithWhatIsLeftOfTheProcessor) {
  const Command nice{.arguments = {"nice"}, .in_background = true};
  EXPECT_EQ(run(nice, {})->output, "19\n");
  EXPECT_EQ(run({{"nice"}}, {})->output, std::to_string(::getpriority(PRIO_PROCESS, 0)) + "\n");
}

TEST(Process, ACommandHoldsNothingOfThisProcess) {
  // The leader of the command's group closes all its descriptors after it has started the command.
  const auto listed =
      run(shell("until [ -z \"$(ls /proc/$PPID/fd)\" ]; do :; done; ls /proc/self/fd"), {});
  ASSERT_TRUE(listed);
  EXPECT_EQ(listed->output, "0\n1\n2\n3\n") << "3 is the folder that is listed";
}

}  // namespace
}  // namespace ofn::loader
