// A descriptor that a loop watches.
//
//   Watch watch(loop, fd, [&](Watch::Seen seen) { if (seen.readable) … });
#pragma once

#include <functional>

#include "loop/loop.h"

namespace ofn {

// Tells changes, not states: `on_seen` runs when something has arrived or, once asked for, when there is room again. Whoever
// was told remembers it until a read or write has said that nothing is left. So a descriptor costs the kernel two calls in its
// life, and a read that brings less than it had room for needs no second one to learn that it was the last.
//
// Lifetime: its loop and the open descriptor outlive it. `on_seen` may destroy it as its last act.
// Threads: the loop's.
class Watch {
 public:
  struct Seen {
    bool readable = false;
    // There is more than bytes: an end, an error or urgent data. A read that brings less than it had room for does not
    // say then that nothing is left.
    bool read_to_the_end = false;
    bool writable = false;
  };

  Watch(Loop& loop, int fd, std::function<void(Seen)> on_seen);
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch();

  // From here on it is told, too, when there is room, and at once where there is some.
  void want_writable();

 private:
  friend class Loop;
  void control(int operation, unsigned events);

  Loop& loop_;
  const int fd_;
  std::function<void(Seen)> on_seen_;
  bool wants_writable_ = false;
};

}  // namespace ofn
