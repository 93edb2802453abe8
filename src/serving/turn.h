// One invocation's turn: through the gate, then to where its function runs.
//
//   switch (turn.take(function, pace)) { case Gate::Entry::kFull: invocation.refuse(…); … }
//   … the invocation runs, and answers its Caller …
//   turn.end();                                        // in Caller::ended()
#pragma once

#include <cstddef>
#include <utility>

#include "function/function.h"
#include "invocation/invocation.h"
#include "loop/loop.h"
#include "loop/pace.h"
#include "serving/gate.h"
#include "serving/runner.h"
#include "wire/memory_account.h"

namespace ofn {

// Where calls run on one loop. Lifetime: everything outlives it. Threads: the loop's.
struct Lane {
  Loop& loop;
  Gate& gate;
  Runner runner;
};

// Lifetime: reusable, with its invocation. Threads: the loop's. Cost: allocates nothing.
class Turn final : private Gate::Waiter, public Runner::Job {
 public:
  // All outlive it.
  Turn(Lane& lane, Invocation& invocation)
      : Job(lane.runner), lane_(lane), invocation_(invocation), answer_(lane.gate.account()) {}

  // Asks for a slot. With one the function, whose pace on this loop is given, runs, now or when there
  // is room for it, and then finish(); where the invocation was answered meanwhile it is refused
  // instead. kFull: nothing was taken. Both outlive the turn.
  Gate::Entry take(const Function& function, Pace& pace);
  // As Caller::run_aside. A function that has not begun has hung nothing on its token.
  void run_aside(Task task) {
    if (!has_run_) return task();
    lane_.runner.run_aside(std::move(task));
  }
  // The function has something to go on with.
  void go_on() { lane_.runner.queue(*this); }
  // Nobody waits for the answer any more. True: it had not run and will not.
  bool give_up();
  // It was given its run: from then on the function may have seen the call. Until end().
  bool has_run() const noexcept { return has_run_; }
  // Gives back what was taken.
  void end();
  // To be called where the invocation is answered, with so many bytes at once: a function that still runs then is late, and
  // reported.
  void answered(std::size_t bytes);

 private:
  Loop& loop() override { return lane_.loop; }
  void admitted() override;
  Pace* turn() override;
  bool may_wait() const override { return invocation_.may_block(); }
  void run() override { invocation_.run(); }
  void finish() override { invocation_.finish(); }

  Lane& lane_;
  Invocation& invocation_;
  const Function* function_ = nullptr;  // of the current turn, as is its pace
  Pace* pace_ = nullptr;
  wire::MemoryShare
      answer_;  // that is expected: an answer is counted by its connection when it is there
  bool holds_slot_ = false;
  bool given_up_ = false;
  bool has_run_ = false;
};

}  // namespace ofn
