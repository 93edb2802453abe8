// The host's half of a task (<ofn/task.h>): what a call's coroutines wait for. A coroutine runs in
// pieces; a piece ends when every coroutine of the call waits, or the call's is done.
//
//   on any thread   a piece runs, and notes what it waits for
//   on the loop     start_noted()      begins it, and later, when something of it is done,
//                   → on_ready         the next piece is due
//   on any thread   resume_ready()     is that piece
#pragma once

#include <coroutine>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <ofn/task.h>

#include "invocation/await_host.h"
#include "invocation/await_services.h"
#include "invocation/context_host.h"
#include "invocation/stop_state.h"
#include "invocation/stream_host.h"
#include "loop/loop.h"

namespace ofn {

// Lifetime: everything outlives it; reused from call to call. Threads: as said above.
// Cost: nothing for a call without coroutines.
class TaskHost {
 public:
  // `on_ready` runs on the loop.
  TaskHost(Loop& loop, ContextHost& context, StreamHost& stream, const AwaitServices& services,
           const StopState& stop, std::function<HttpPortOptions()> passed_on,
           std::function<void()> on_ready);
  TaskHost(const TaskHost&) = delete;
  TaskHost& operator=(const TaskHost&) = delete;

  // For the next call. Threads: the loop's.
  void begin() {
    piece_due_ = true;
    stopped_ = false;
    rooms_.clear();
  }
  // What the author's tasks are given.
  abi::Tasks* tasks() { return &tasks_; }

  // Runs a coroutine until it waits or is done, with all that goes on because of it.
  void run(void* frame) { internal::drive(tasks_, std::coroutine_handle<>::from_address(frame)); }
  void resume_ready();
  void start_noted();
  // For other hosts whose operations a coroutine awaits: `start` runs on the loop when the piece has ended. Threads: the piece's.
  void note(std::move_only_function<void()> start) { noted_.push_back(std::move(start)); }
  // The operation of `frame` has ended, so that the coroutine can go on. Threads: the loop's.
  void ready(void* frame);
  // For other hosts: `on_stopped` runs on the loop when a scope was asked to stop. Call it before a coroutine of the call runs.
  void on_scopes_stopped(std::function<void()> on_stopped) {
    on_scopes_stopped_.push_back(std::move(on_stopped));
  }
  // Sleeps and waits end, and there are no more. Threads: the loop's.
  void stop();

 private:
  static const abi::TaskTable kTable;
  static const abi::AwaitTable kAwaits;

  struct Sleep {
    Sleep(TaskHost& host, bool& slept_of_it, const abi::Scope* scope_of_it, void* frame_of_it)
        : timer(host.loop_, [this, &host] { host.wake(*this); }),
          slept(&slept_of_it),
          scope(scope_of_it),
          frame(frame_of_it) {}
    Timer timer;
    bool* slept;
    const abi::Scope* scope;
    void* frame;
    std::list<Sleep>::iterator place;
  };

  // A wait for room in the answer.
  struct Room {
    bool* open;
    const abi::Scope* scope;
    void* frame;  // null: it has gone on
  };

  void begin_room(bool& open, const abi::Scope* scope, void* frame);
  void begin_sleep(Duration time, bool& slept, const abi::Scope* scope, void* frame);
  void end_stopped();
  void wake(Sleep& sleep);
  void make_due();

  Loop& loop_;
  ContextHost& context_;
  StreamHost& stream_;
  const StopState& stop_;
  std::function<void()> on_ready_;
  AwaitHost awaits_;
  abi::Tasks tasks_;

  std::vector<std::move_only_function<void()>>
      noted_;  // the piece's while it runs, else the loop's

  // The loop's.
  std::list<Sleep> sleeps_;
  std::vector<std::shared_ptr<Room>> rooms_;  // those in a scope
  std::vector<std::function<void()>> on_scopes_stopped_;
  bool piece_due_ = false;  // or running
  bool stopped_ = false;

  std::mutex mutex_;
  std::vector<void*> ready_;
};

}  // namespace ofn
