// Runs a call that may block on a thread of its own, and brings its answer to the loop.
//
//   BlockingCall call(loop);
//   call.start([] { return write_to_a_pipe(); }, [&](const Answer& answer) { say(answer.text); });
#pragma once

#include <functional>
#include <memory>

#include "loop/loop.h"
#include "otlp/destination.h"

namespace ofn::otlp {

// One call at a time. The calling thread never waits for it, not even at the end: so the work must own everything that it uses.
// Threads: the loop's.
class BlockingCall {
 public:
  explicit BlockingCall(Loop& loop);
  BlockingCall(const BlockingCall&) = delete;
  BlockingCall& operator=(const BlockingCall&) = delete;
  // A call that still runs goes on, and its `done` is never called.
  ~BlockingCall();

  // True while the work of a call runs, also if its answer is not wanted any more.
  bool is_running() const;
  // Call it only while is_running() is false. `done` runs once, from the loop, unless forget() is called first.
  void start(std::move_only_function<Answer()> work,
             std::move_only_function<void(const Answer&)> done);
  // The answer is not wanted any more; the work goes on.
  void forget();

 private:
  struct Shared;

  std::shared_ptr<Shared> shared_;  // with the thread
};

}  // namespace ofn::otlp
