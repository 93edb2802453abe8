// Takes one invocation through the gate, and then to the thread that runs its function.
//
//   if (admission.enter(function, policy) == Gate::Entry::kFull) return refuse(invocation);
//   …                        // the invocation runs, and answers its Caller
//   admission.end();         // in Caller::ended()
#pragma once

#include <cstddef>
#include <utility>

#include "function/function.h"
#include "invocation/invocation.h"
#include "loop/inline_policy.h"
#include "loop/loop.h"
#include "serving/gate.h"
#include "serving/runner.h"
#include "wire/memory_account.h"

namespace ofn {

// The loop, the gate and the runner of the calls on one loop. Lifetime: the loop and the gate outlive it. Threads: the loop's.
struct CallsOnLoop {
  Loop& loop;
  Gate& gate;
  Runner runner;
};

// Lifetime: reusable, with its invocation. Threads: the loop's. Cost: allocates nothing.
class Admission final : private Gate::Waiter, public Runner::Job {
 public:
  // Both outlive it.
  Admission(CallsOnLoop& on_loop, Invocation& invocation)
      : Job(on_loop.runner),
        on_loop_(on_loop),
        invocation_(invocation),
        answer_(on_loop.gate.account()) {}

  // Asks for a slot. When the invocation has one, now or later, the function runs and then finish(). `policy` is the
  // function's on this loop. If the invocation was answered or given up meanwhile, it is refused and the function does not run. kFull:
  // no slot was taken and none will be. `function` and `policy` outlive the call.
  Gate::Entry enter(const Function& function, InlinePolicy& policy);
  // As Caller::run_aside. Runs the task at once if the function has not begun: then the stop token has no callback of the author.
  void run_aside(Task task) {
    if (!has_run_) return task();
    on_loop_.runner.run_aside(std::move(task));
  }
  // Queues the invocation again, because its coroutine can resume.
  void go_on() { on_loop_.runner.queue(*this); }
  // Call this when no caller waits for the answer any more. Returns true if the function has not run and will not run.
  bool give_up();
  // Returns true from the moment when the function may see the call, until end().
  bool has_run() const noexcept { return has_run_; }
  // Gives back the slot and the memory that the call holds.
  void end();
  // Call this when the invocation is answered. `bytes` is the size of the answer in memory. If the function still runs then, it
  // is late and is reported.
  void answered(std::size_t bytes);

 private:
  Loop& loop() override { return on_loop_.loop; }
  void admitted() override;
  InlinePolicy* begin() override;
  bool may_wait() const override { return invocation_.may_block(); }
  bool may_begin() const override;
  void put_off() override;
  void run() override;
  void finish() override {
    invocation_.finish({.began = began(),
                        .took = took(),
                        .on = ran_on_worker() ? Placement::kWorker : Placement::kLoop});
  }

  CallsOnLoop& on_loop_;
  Invocation& invocation_;
  const Function* function_ = nullptr;  // of the current turn, as policy_ is
  InlinePolicy* policy_ = nullptr;
  wire::MemoryShare
      answer_;  // the expected answer's memory; the connection counts the real answer when it comes
  bool holds_slot_ = false;
  bool given_up_ = false;
  bool has_run_ = false;
  bool begins_ = false;  // the function begins in this turn, and does not go on from an earlier one
};

}  // namespace ofn
