// Signals as events of a loop.
//
//   Signals signals(loop, {SIGTERM, SIGINT}, [&](int number) { drain(); });
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>

#include "loop/loop.h"

namespace ofn {

// An inherited SIG_IGN for SIGHUP is kept, as nohup needs. It also works for process 1 of a
// container, which otherwise ignores SIGTERM.
//
// Lifetime: while it lives, the named signals do not have their default effect; afterwards they
// have it again.
// Threads: make and destroy it while the loop does not run, or on the loop. `on_signal` runs on the
// loop, for each signal received.
class Signals {
 public:
  Signals(Loop& loop, std::initializer_list<int> numbers, std::function<void(int)> on_signal);
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  ~Signals();

 private:
  struct Set;
  std::shared_ptr<Set> set_;
};

}  // namespace ofn
