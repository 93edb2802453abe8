// The host's half of <ofn/await.h>: the waits of one call's tasks.
//
//   on any thread   a piece of the call runs; the note_…() and wake() are called
//   on the loop     start_noted() begins what was noted; when a wait has ended, `ready` is called with its coroutine
#pragma once

#include <functional>
#include <optional>
#include <utility>

#include <ofn/await.h>

#include "invocation/await_services.h"
#include "loop/loop.h"

namespace ofn {

using internal::is_stopped;

// Lifetime: everything outlives it; reused from call to call. A wait lives until `ready` is called with its coroutine.
// Threads: the loop's, unless said otherwise. Cost: nothing for a call without waits.
class AwaitHost {
 public:
  // `passed_on`: what the call's requests carry; asked when one begins.
  AwaitHost(Loop& loop, const AwaitServices& services, std::function<HttpPortOptions()> passed_on,
            std::function<void(void* frame)> ready)
      : loop_(loop),
        services_(services),
        passed_on_(std::move(passed_on)),
        ready_(std::move(ready)) {}
  AwaitHost(const AwaitHost&) = delete;
  AwaitHost& operator=(const AwaitHost&) = delete;

  // Each notes what start_noted() begins. Threads: the call's.
  void note_wait(abi::Wait& wait) noexcept { noted_.add(wait); }
  void note_watch(abi::Wait& wait, int descriptor, abi::Interest interest) noexcept;
  void note_work(abi::Wait& wait, void (*run)(abi::Wait&) noexcept) noexcept;
  void note_fetch(abi::Wait& wait, const HttpCall& call, HttpReply& reply,
                  std::optional<Failure>& failure) noexcept;
  void note_stopped_scope() noexcept { scope_was_stopped_ = true; }
  // Threads: any, unless the wait was given up.
  void wake(abi::Wait& wait) noexcept;

  enum class Call : bool { kGoesOn, kIsStopped };
  // A piece has ended. Returns true if a scope was stopped meanwhile; then the waits in it have ended.
  bool start_noted(Call call);
  // The call is asked to stop: the waits end.
  void stop();

 private:
  // What a wait waits for, if the host finds that out. Lifetime: the wait's.
  class Source;
  class Watching;
  class Working;
  class Fetching;

  struct List {
    abi::Wait* first = nullptr;
    abi::Wait* last = nullptr;
    void add(abi::Wait& wait) noexcept;
    void remove(abi::Wait& wait) noexcept;
  };

  void note(abi::Wait& wait, Source* source) noexcept;
  void begin(abi::Wait& wait, Call call);
  bool give_up(abi::Wait& wait);
  void woken(abi::Wait& wait);
  void end(abi::Wait& wait);

  Loop& loop_;
  const AwaitServices& services_;
  std::function<HttpPortOptions()> passed_on_;
  std::function<void(void*)> ready_;
  List noted_;                      // the piece's while it runs, else the loop's
  bool scope_was_stopped_ = false;  // the same
  List waits_;
};

}  // namespace ofn
