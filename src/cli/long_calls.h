// Tells the supervisor of calls that keep a processor busy and do not return.
//
//   LongCalls long_calls(calls, channel);
//   load();                                         // start-up code that does not end is told of, too
//   long_calls.loaded();
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "dev/control_channel.h"
#include "dev/event.h"
#include "loop/thread_stack.h"
#include "loop/workers.h"
#include "os/calls_in_flight.h"

namespace ofn::cli {

// A thread looks at the calls in flight a few times a second. It tells once of each that has used its thread's processor time for
// `long_after` since it was first seen there, with the author's frames. What waits (for a lock, a socket, a timer) uses none, and is
// not told of. While a debugger is attached, nothing is told, because a stack is found by a signal.
//
// Lifetime: `calls` and `channel` outlive it. Threads: made by the thread that loads the function; other functions any.
// Cost: for a call nothing; a system call for each call that runs during a look.
class LongCalls {
 public:
  struct Options {
    std::chrono::milliseconds look_every{250};
    std::chrono::nanoseconds long_after{std::chrono::seconds(3)};  // of processor time
  };

  LongCalls(const os::CallsInFlight& calls, const dev::ControlChannel& channel)
      : LongCalls(calls, channel, Options()) {}
  LongCalls(const os::CallsInFlight& calls, const dev::ControlChannel& channel, Options options);
  LongCalls(const LongCalls&) = delete;
  LongCalls& operator=(const LongCalls&) = delete;
  ~LongCalls();

  // The start-up code has ended.
  void loaded();
  // A time limit has answered this call, and its function still runs. If it does not return meanwhile, it is told of.
  void answered(std::string_view id);
  // A newer worker takes over. The calls that were told of are told of again, because this process stays until they end.
  void left_behind();

 private:
  struct Run {
    std::string id;  // empty: the start-up code
    std::string function;
    os::ThreadId thread = 0;
    std::chrono::nanoseconds before{};  // of the thread's processor time
    std::chrono::nanoseconds used{};
    bool is_told = false;
    friend bool operator==(const Run& a, const Run& b) {
      return a.id == b.id && a.thread == b.thread;
    }
  };

  void serve();
  void look(os::ThreadId loads, const std::vector<std::string>& answered, bool is_left_behind);
  void tell(const Run& run, dev::StillRuns::Why why);
  bool goes_on(const Run& run);

  const os::CallsInFlight& calls_;
  const dev::ControlChannel& channel_;
  const Options options_;
  std::vector<Run> seen_;  // in the last look
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by the mutex.
  os::ThreadId loads_;
  std::vector<std::string> answered_;
  bool is_left_behind_ = false;
  bool is_stopping_ = false;
  Workers thread_{1, std::chrono::seconds(1), "ofn-long-calls"};
};

}  // namespace ofn::cli
