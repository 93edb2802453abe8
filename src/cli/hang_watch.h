// Ends the process of a function's tests if one of them does not end.
//
//   const HangWatch watch("/tmp/report", std::chrono::seconds(60));
//   return run_tests_of_program();
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>

#include "loop/workers.h"
#include "os/calls_in_flight.h"

namespace ofn::cli {

// The report grows when a test begins, fails or ends. If it does not grow for `limit`, a line {"what":"hang"} with the stack of the
// thread that made this object is added to it, and the process ends with exit code 1. While a debugger is attached, the time does not
// count, because the test may stand at a breakpoint.
//
// Lifetime: made and destroyed by the thread that runs the tests. Threads: one of its own. Cost: a system call every 50 ms.
class HangWatch {
 public:
  // A limit of 0: nothing is watched.
  HangWatch(std::string report, std::chrono::seconds limit);
  HangWatch(const HangWatch&) = delete;
  HangWatch& operator=(const HangWatch&) = delete;
  ~HangWatch();

 private:
  void serve();
  std::uintmax_t size() const;
  [[noreturn]] void give_up() const;

  const std::string report_;
  const std::chrono::seconds limit_;
  const os::ThreadId thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_stopping_ = false;
  Workers watching_{1};  // last: its destructor waits for serve()
};

}  // namespace ofn::cli
