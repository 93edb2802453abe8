// Writes one line that says why the process ends too early: because of a signal, an exit() inside
// the function, or a forked child that returned to the framework. Without this class the process
// would end without a message.
//
//   WatchedProcess watched({.fd = STDERR_FILENO, .calls = &calls});
//   {
//     const WatchedProcess::Loading loading("hello.cc");
//     load();
//   }
//   watched.serves("hello");
//   …
//   watched.ends();                 // from now on an exit is the program's own
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "os/calls_in_flight.h"
#include "os/fixed_line.h"

namespace ofn::os {

// Who reads the reports.
enum class Reader {
  kOperator,
  // Reports show the author's frames with their source, and name the call that has started a thread. Exceptions and threads then
  // cost some microseconds more: see throw_sites.h and started_threads.h.
  kAuthor,
};

// Signals: it handles SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS and SIGTRAP, unless a sanitizer or the author has a
//   handler. The thread that crashed writes the line, within the limits of a signal handler. If that takes more than 5 s or
//   crashes itself, the handler writes the line as far as it is composed. Then the signal takes its default action, so that the
//   system can make a core file. If several threads crash at the same time, only the first is reported.
// Uncaught exceptions: std::terminate() notes their type and text for the line of its SIGABRT.
// exit(), quick_exit(), _exit() and _Exit(): inside the function they end the process with the exit code of Options. They run
//   neither static destructors nor handlers of atexit(), because other threads still run.
// Forked children: a child that the function forks has the parent's descriptors and none of its threads. It closes the sockets of
//   the parent's server. It ends if it returns to the framework (end_forked_child.h). It may exec, exit and crash as it likes.
//
// Lifetime: one for a process. The handlers stay installed after the destructor, because the
// function's destructors may also crash.
// Threads: the main thread makes it before other threads run. Cost: nothing until something happens.
class WatchedProcess {
 public:
  struct Options {
    Reader reader = Reader::kOperator;
    LogShape shape{};
    int fd = 2;  // the log's descriptor
    // Gets the byte 'x' when the process begins to crash, before the report is made; -1: none.
    int crash_notice = -1;
    int exited = 1;      // exit code if the function ends the process
    int came_back = 1;   // exit code of a forked child that returns to the framework
    int not_loaded = 1;  // exit code if a static initializer ends the process
    const CallsInFlight* calls = nullptr;
    // Returns true if the log has lines that it has not yet written. May be called in a signal handler.
    bool (*log_is_behind)(const void* log) = nullptr;
    const void* log = nullptr;
    // Writes the buffered output of the function's streams. It is called before the process exits.
    void (*flush)() = nullptr;
  };

  explicit WatchedProcess(const Options& options);
  WatchedProcess(const WatchedProcess&) = delete;
  WatchedProcess& operator=(const WatchedProcess&) = delete;
  ~WatchedProcess();

  // While this object lives, the static initializers of this file run.
  class Loading {
   public:
    explicit Loading(std::string file);
    Loading(const Loading&) = delete;
    Loading& operator=(const Loading&) = delete;
    ~Loading();

   private:
    std::string file_;
  };

  // Call this when everything is loaded, with the names of the served functions.
  void serves(std::string functions);
  // Adds a port: a forked child closes its copies of the sockets of that port.
  static void listens(std::uint16_t port);
  // The same for the one Unix socket that the program serves: its path, or an abstract name that begins with '@'.
  static void listens(std::string_view unix_path);
  // Call this before the program itself ends the process: from then on an exit is not reported.
  static void ends();

 private:
  Options options_;
  std::string functions_;
};

// The handler of std::terminate(): notes the exception and aborts.
[[noreturn]] void report_terminate();

}  // namespace ofn::os
