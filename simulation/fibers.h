// The simulated threads: what the framework gives to its workers runs on fibers of the one real thread, and the simulation chooses which of
// them goes on next. fibers.cc also has the functions of the class Workers, in place of those in src/loop/workers.cc.
//
//   Fibers fibers(kernel);               // at most one at a time
//   fibers.step(random);                 // one of them runs until it waits or ends
//   Fibers::here().wait_until(done);     // in a function of an author
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "invocation/nested_loop.h"
#include "loop/loop.h"
#include "simulation/kernel.h"

namespace ofn::simulation {

class Fibers final : public NestedLoop {
 public:
  explicit Fibers(Kernel& kernel);
  Fibers(const Fibers&) = delete;
  Fibers& operator=(const Fibers&) = delete;
  ~Fibers();
  static Fibers& here();

  // A task for a thread of `pool`, of which at most `threads` run at once.
  void post(const void* pool, std::size_t threads, Task task);
  // While it is false, the system grants no thread.
  void grant_threads(bool grants) { grants_ = grants; }
  bool grants_threads() const { return grants_; }
  // Lets one that can go on do so. Returns false if none can.
  bool step(Random& random);
  // Until then one that sleeps can go on; max(): none sleeps.
  SteadyTime next_wake() const;
  // Tasks that have not ended.
  std::size_t left() const { return waiting_.size() + running_.size(); }
  std::size_t left_of(const void* pool) const;

  // The fiber that runs waits. Outside a fiber, on a loop's own thread, some time passes at once.
  void wait_until(const std::function<bool()>& done, SteadyTime latest = SteadyTime::max());
  void serve_until(const std::function<bool()>& done) override { wait_until(done); }

 private:
  struct Fiber;
  struct Waiting {
    const void* pool;
    std::size_t threads;
    Task task;
  };

  static void enter(unsigned high, unsigned low);
  void go_on(Fiber& fiber);

  Kernel& kernel_;
  std::vector<Waiting> waiting_;
  std::vector<std::unique_ptr<Fiber>> running_;
  std::vector<std::unique_ptr<Fiber>> idle_;
  Fiber* current_ = nullptr;
  bool grants_ = true;
};

}  // namespace ofn::simulation
