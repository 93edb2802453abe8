// Memory that is refused. starving.cc replaces operator new: while a session of the instance takes bytes of its peer, the script lets one
// large allocation fail. Small ones, and what an instance allocates at other times, come from the reserve of os/memory_reserve.h.
//
//   Starving starving(n);      // the large allocation after n others throws std::bad_alloc, once
//   NotStarving own;           // but none of the simulation's
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/random.h"
#include "wire/session.h"

namespace ofn::simulation {

// Lifetime: on the stack.
class Starving {
 public:
  explicit Starving(std::uint64_t nth);
  Starving(const Starving&) = delete;
  Starving& operator=(const Starving&) = delete;
  ~Starving();
};

class NotStarving {
 public:
  NotStarving();
  NotStarving(const NotStarving&) = delete;
  NotStarving& operator=(const NotStarving&) = delete;
  ~NotStarving();
};

// Returns a session that does what `session` does, but sometimes finds no memory for the bytes of its peer. `on_failure` is called then.
std::unique_ptr<wire::Session> starved(std::unique_ptr<wire::Session> session, Random& random,
                                       std::function<void()> on_failure);

}  // namespace ofn::simulation
