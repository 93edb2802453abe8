// Says in one line why the process dies before its time: by a signal, by exit() inside the function, or because a child that the
// function forked came back. Without it such an end tells nobody anything.
//
//   WatchedProcess watched({.fd = STDERR_FILENO, .calls = &calls, …});
//   { const WatchedProcess::Loading loading("hello.cc"); load(); }
//   watched.serves("hello");
//   …
//   watched.ends();                 // from now on an exit is the program's own
#pragma once

#include <cstdint>
#include <string>

#include "os/calls_in_flight.h"
#include "os/fixed_line.h"

namespace ofn::os {

// Signals: SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS and SIGTRAP where nobody else has a handler (a sanitizer, the author).
//   The line is written on the thread that crashed, by what a signal handler may do; where it is not done within seconds, or
//   crashes itself, what there is of it is written. Then the signal has its default effect, so that there is a core file where
//   the system makes one. Of threads that crash at the same time the first is told.
// Exceptions that nobody catches: std::terminate() notes their type and text for the line of its SIGABRT.
// exit(), quick_exit(), _exit() and _Exit() end the process with a code of its own and neither run the static destructors nor what
//   atexit() was told: other threads still run.
// A child that the function forks has the parent's descriptors and none of its threads: it closes what the parent serves, and is
//   ended where it comes back to the framework (end_forked_child.h). It may exec, exit and crash as it likes.
//
// Lifetime: one for a process; what was installed stays, because the function's destructors may crash, too.
// Threads: made by the main thread before others run. Cost: nothing until something happens.
class WatchedProcess {
 public:
  struct Options {
    LineFormat format = LineFormat::kJson;
    int fd = 2;          // of the log
    int exited = 1;      // the exit code where the function ended the process
    int came_back = 1;   // of a forked child that came back
    int not_loaded = 1;  // where a static initializer ended the process
    const CallsInFlight* calls = nullptr;
    // Has the log lines that it has not yet written? May be called in a signal handler.
    bool (*log_is_behind)(const void* log) = nullptr;
    const void* log = nullptr;
    // Writes what the function's streams hold, before an exit.
    void (*flush)() = nullptr;
  };

  explicit WatchedProcess(const Options& options);
  WatchedProcess(const WatchedProcess&) = delete;
  WatchedProcess& operator=(const WatchedProcess&) = delete;
  ~WatchedProcess();

  // Static initializers run, of this file.
  class Loading {
   public:
    explicit Loading(std::string file);
    Loading(const Loading&) = delete;
    Loading& operator=(const Loading&) = delete;
    ~Loading();

   private:
    std::string file_;
  };

  // The functions' names; everything is loaded.
  void serves(std::string functions);
  // A forked child closes its sockets of that port.
  static void listens(std::uint16_t port);
  // The program itself is going to end.
  static void ends();

 private:
  Options options_;
  std::string functions_;
};

// Handles what std::terminate() is called for: notes the exception, aborts.
[[noreturn]] void report_terminate();

}  // namespace ofn::os
