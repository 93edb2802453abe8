#include "os/process.h"

#include <array>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ofn::os {
namespace {

using testing::HasSubstr;

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) std::abort();
    read = Descriptor(ends[0]);
    write = Descriptor(ends[1]);
  }
  // Reads everything until no process has the write end open any more.
  std::string rest() {
    write = Descriptor();
    std::string text;
    std::array<char, 4096> buffer;
    for (ssize_t size = 0; (size = ::read(read.get(), buffer.data(), buffer.size())) > 0;)
      text.append(buffer.data(), static_cast<std::size_t>(size));
    return text;
  }

  Descriptor read;
  Descriptor write;
};

Command shell(std::string script, std::vector<Handed> descriptors = {}) {
  return {.arguments = {"sh", "-c", std::move(script)}, .descriptors = std::move(descriptors)};
}

TEST(OsProcess, TellsTheExitCodeAndTheTime) {
  auto exits = Process::start(shell("exit 3"));
  ASSERT_TRUE(exits) << exits.error().message();
  EXPECT_EQ(exits->wait().exit_code, 3);
  auto killed = Process::start(shell("kill -9 $$"));
  EXPECT_EQ(killed->wait().exit_code, 128 + 9);
  auto works = Process::start(shell("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"));
  EXPECT_GT(works->wait().cpu, Duration::zero());
}

TEST(OsProcess, HandsOnDescriptorsUnderTheirNewNumbersAndNoOthers) {
  Pipe output;
  Pipe numbers;
  // The two numbers are exchanged: each becomes the other's place. A shell knows only numbers of
  // one digit.
  const int a = ::fcntl(output.write.get(), F_DUPFD_CLOEXEC, 5);
  const int b = ::fcntl(numbers.write.get(), F_DUPFD_CLOEXEC, a + 1);
  ASSERT_LT(b, 10);
  const int inheritable = ::dup(output.read.get());
  auto child = Process::start(
      shell("ls /proc/self/fd | tr '\\n' ' ' >&" + std::to_string(a) + "; echo output >&" +
                std::to_string(b) + "; cat",
            {{.fd = a, .as = b}, {.fd = b, .as = a}, {.fd = output.write.get(), .as = 1}}));
  ::close(a);
  ::close(b);
  ::close(inheritable);
  ASSERT_TRUE(child) << child.error().message();
  EXPECT_EQ(child->wait().exit_code, 0) << "standard input is empty, and cat ends";
  EXPECT_EQ(output.rest(), "output\n");
  EXPECT_EQ(numbers.rest(), "0 1 2 3 " + std::to_string(a) + " " + std::to_string(b) + " ")
      << "3 is the folder that is listed";
}

TEST(OsProcess, StartsInAFolder) {
  Pipe output;
  Command command = shell("pwd", {{.fd = output.write.get(), .as = STDOUT_FILENO}});
  command.folder = "/";
  auto process = Process::start(command);
  ASSERT_TRUE(process) << process.error().message();
  EXPECT_EQ(process->wait().exit_code, 0);
  EXPECT_EQ(output.rest(), "/\n");
  command.folder = "/nonexistent";
  EXPECT_THAT(Process::start(command).error().message(), HasSubstr("No such file"));
}

TEST(OsProcess, ChangesTheEnvironment) {
  ::setenv("OFN_TEST_KEPT", "kept", 1);
  ::setenv("OFN_TEST_SET", "before", 1);
  ::setenv("OFN_TEST_GONE", "gone", 1);
  Pipe output;
  Command command = shell("echo $OFN_TEST_KEPT $OFN_TEST_SET ${OFN_TEST_GONE-unset} $OFN_TEST_NEW",
                          {{.fd = output.write.get(), .as = 1}});
  command.variables = {"OFN_TEST_SET=after=", "OFN_TEST_GONE", "OFN_TEST_NEW=new"};
  auto child = Process::start(command);
  ASSERT_TRUE(child);
  child->wait();
  EXPECT_EQ(output.rest(), "kept after= unset new\n");
}

// A `sleep` that its shell leaves behind holds the output that ctest waits for. So it may be short only.
TEST(OsProcess, EverySignalReachesTheProgramAndNotOnlyTheLastOne) {
  Pipe output;
  auto child =
      Process::start(shell("trap 'echo HUP' HUP; trap 'echo TERM; exit 5' TERM; echo ready; "
                           "while :; do sleep 1 & wait; done",
                           {{.fd = output.write.get(), .as = 1}}));
  ASSERT_TRUE(child);
  const auto line = [&] {
    std::string text;
    for (char byte = 0; ::read(output.read.get(), &byte, 1) == 1 && byte != '\n';) text += byte;
    return text;
  };
  EXPECT_EQ(line(), "ready");
  EXPECT_FALSE(child->poll());
  child->signal(SIGHUP);
  EXPECT_EQ(line(), "HUP") << "and the leader of the group goes on";
  child->signal(SIGTERM);
  EXPECT_EQ(line(), "TERM");
  EXPECT_EQ(child->wait().exit_code, 5);
  child->signal(SIGTERM);  // the process has ended, so this does nothing
  EXPECT_FALSE(child->poll()) << "its end was told";
}

TEST(OsProcess, TheEndCanBeWatched) {
  Pipe input;
  auto child = Process::start(shell("cat", {{.fd = input.read.get(), .as = 0}}));
  ASSERT_TRUE(child);
  if (child->ended_fd() < 0) GTEST_SKIP() << "this kernel has no pidfd_open()";
  pollfd ended{.fd = child->ended_fd(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&ended, 1, 0), 0);
  EXPECT_FALSE(child->poll());
  input.write = Descriptor();
  EXPECT_EQ(::poll(&ended, 1, 20'000), 1);
  const auto told = child->poll();
  ASSERT_TRUE(told);
  EXPECT_EQ(told->exit_code, 0);
}

TEST(OsProcess, GoesOnWhenTheThreadThatStartedItEnds) {
  Pipe output;
  Pipe input;
  std::optional<Process> child;
  std::thread([&] {
    auto started = Process::start(
        shell("cat", {{.fd = output.write.get(), .as = 1}, {.fd = input.read.get(), .as = 0}}));
    if (started) child.emplace(*std::move(started));
  }).join();
  ASSERT_TRUE(child);
  EXPECT_EQ(::write(input.write.get(), "still\n", 6), 6);
  input.write = Descriptor();
  EXPECT_EQ(child->wait().exit_code, 0);
  EXPECT_EQ(output.rest(), "still\n");
}

TEST(OsProcess, TheDestructorGivesTimeToEndAndThenKills) {
  Pipe output;
  {
    Command polite =
        shell("trap 'echo ends; exit' TERM; echo ready; while :; do sleep 1 & wait; done",
              {{.fd = output.write.get(), .as = 1}});
    polite.ends_within = std::chrono::seconds(20);
    const auto child = Process::start(polite);
    ASSERT_TRUE(child);
    std::array<char, 6> ready{};
    ASSERT_EQ(::read(output.read.get(), ready.data(), ready.size()), 6);
  }
  {
    const auto stubborn = Process::start(
        shell("trap '' TERM; while :; do sleep 1; done", {{.fd = output.write.get(), .as = 1}}));
    ASSERT_TRUE(stubborn);
  }
  EXPECT_EQ(output.rest(), "ends\n") << "and nobody holds the pipe any more";
}

TEST(OsProcess, SaysWhyAProgramDoesNotStart) {
  const auto missing = Process::start({.arguments = {"/no/such/program"}});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), Code::kNotFound);
  EXPECT_THAT(missing.error().message(), HasSubstr("/no/such/program"));

  const auto folder = Process::start({.arguments = {"/"}});
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().code(), Code::kInternal);

  const auto closed = Process::start(shell("true", {{.fd = 987, .as = 3}}));
  ASSERT_FALSE(closed);
  EXPECT_THAT(closed.error().message(), HasSubstr("Bad file descriptor"));

  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{.rlim_cur = 0, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto full = Process::start(shell("true"));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code(), Code::kResourceExhausted);
  EXPECT_THAT(full.error().message(), HasSubstr("cannot make a pipe"));
}

}  // namespace
}  // namespace ofn::os
