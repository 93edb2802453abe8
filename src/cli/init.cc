#include "cli/init.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <initializer_list>
#include <iterator>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace ofn::cli {

namespace {

bool gets_orphans() {
  int is_subreaper = 0;
  return getpid() == 1 || (prctl(PR_GET_CHILD_SUBREAPER, &is_subreaper) == 0 && is_subreaper != 0);
}

bool has_other_threads() {
  std::error_code unreadable;
  const std::filesystem::directory_iterator tasks("/proc/self/task", unreadable);
  return !unreadable && std::distance(begin(tasks), end(tasks)) > 1;
}

// Returns the signals that the init passes on to the child. Signals for faults concern the init
// itself, and the terminal's stop signals are for a shell's job control.
sigset_t passed_on() {
  sigset_t set{};
  sigfillset(&set);
  for (const int number :
       {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS, SIGTTIN, SIGTTOU, SIGTSTP}) {
    sigdelset(&set, number);
  }
  return set;
}

// Gives the child its own process group, so that it gets a signal only once: a terminal or a shell
// sends a signal to the init's whole group, and the init passes it on. If the init's group had the
// terminal, the child's group gets it.
void lead_a_group(pid_t child) {
  const bool has_terminal = tcgetpgrp(STDIN_FILENO) == getpgrp();
  setpgid(child, child);
  if (!has_terminal) return;
  sigset_t ttou{};
  sigset_t before{};
  sigemptyset(&ttou);
  sigaddset(&ttou, SIGTTOU);
  sigprocmask(SIG_BLOCK, &ttou, &before);
  tcsetpgrp(STDIN_FILENO, child == 0 ? getpid() : child);
  sigprocmask(SIG_SETMASK, &before, nullptr);
}

[[noreturn]] void end_as(int status) {
  if (WIFEXITED(status)) _exit(WEXITSTATUS(status));
  const int number = WTERMSIG(status);
  if (getpid() != 1) {  // process 1 cannot end itself by a signal
    const rlimit no_second_core{};
    setrlimit(RLIMIT_CORE, &no_second_core);
    std::signal(number, SIG_DFL);
    sigset_t only{};
    sigemptyset(&only);
    sigaddset(&only, number);
    sigprocmask(SIG_UNBLOCK, &only, nullptr);
    raise(number);
  }
  _exit(128 + number);
}

[[noreturn]] void be_init(pid_t child, const sigset_t& signals) {
  prctl(PR_SET_NAME, "ofn-init");
  while (true) {
    int status = 0;
    for (pid_t ended = 0; (ended = waitpid(-1, &status, WNOHANG)) > 0;) {
      if (ended == child) end_as(status);
    }
    const int number = sigwaitinfo(&signals, nullptr);
    if (number > 0 && number != SIGCHLD) kill(child, number);
  }
}

}  // namespace

Init start_init() {
  if (!gets_orphans()) return Init::kNotNeeded;
  if (has_other_threads()) return Init::kImpossible;
  const sigset_t signals = passed_on();
  sigset_t before{};
  sigprocmask(SIG_BLOCK, &signals, &before);
  std::signal(SIGCHLD, SIG_DFL);  // if it is ignored, the kernel keeps no exit status
  const pid_t init = getpid();
  const pid_t child = fork();
  if (child > 0) {
    lead_a_group(child);
    be_init(child, signals);
  }
  if (child == 0) {
    lead_a_group(0);
    // If the init is killed, the kernel ends the child as well. For process 1 it does so even
    // without this call.
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != init) raise(SIGTERM);
  }
  sigprocmask(SIG_SETMASK, &before, nullptr);
  return child == 0 ? Init::kRuns : Init::kImpossible;
}

}  // namespace ofn::cli
