#include "os/debugger.h"

#include <csignal>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "os/process.h"

namespace ofn::os {
namespace {

// Attaches to another program, as a debugger does.
bool attach(pid_t process) {
  return ::ptrace(PTRACE_ATTACH, process, nullptr, nullptr) == 0 &&
         ::waitpid(process, nullptr, __WALL) == process;
}

TEST(Debugger, ATracedProgramHasATracer) {
  // Sleeps as a process of its own, so that Process::id() is that of the traced program.
  auto program = Process::start({.arguments = {"sleep", "600"}});
  ASSERT_TRUE(program) << program.error().message();
  EXPECT_EQ(tracer_of(program->id()), 0);
  if (!attach(program->id())) GTEST_SKIP() << "this system lets no program trace another";
  EXPECT_EQ(tracer_of(program->id()), ::getpid());
  ASSERT_EQ(::ptrace(PTRACE_DETACH, program->id(), nullptr, nullptr), 0);
  EXPECT_EQ(tracer_of(program->id()), 0);
}

TEST(Debugger, AProgramThatHasEndedHasNoTracer) {
  auto program = Process::start({.arguments = {"true"}});
  ASSERT_TRUE(program) << program.error().message();
  (void)program->wait();
  EXPECT_EQ(tracer_of(program->id()), 0);
}

TEST(Debugger, TheCommandsNameTheProcess) {
  EXPECT_EQ(how_to_attach(4242), "gdb -p 4242\nlldb -p 4242");
}

TEST(Debugger, WaitingEndsWhenADebuggerAttaches) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(wait_for_debugger() ? 7 : 1);
  if (!attach(child)) {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    GTEST_SKIP() << "this system lets no program trace another";
  }
  ASSERT_EQ(::ptrace(PTRACE_CONT, child, nullptr, nullptr), 0);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7) << status;
}

TEST(Debugger, ASignalEndsTheWaiting) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(wait_for_debugger() ? 7 : 1);
  ::kill(child, SIGTERM);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM) << status;
}

}  // namespace
}  // namespace ofn::os
