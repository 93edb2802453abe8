// A descriptor that a loop watches.
//
//   Watch watch(loop, fd, [&](Watch::Seen seen) { if (seen.readable) … });
#pragma once

#include <functional>

#include "loop/loop.h"

namespace ofn {

// Reports changes, not states: `on_seen` runs when something has arrived, and after want_writable()
// also when there is room again. The owner must remember a change until a read or write shows that
// nothing is left. In return a descriptor costs only two calls to the kernel in its life, and if a
// read brings fewer bytes than it had room for, no second read is needed to learn that it was the
// last.
//
// Lifetime: its loop and the open descriptor outlive it. `on_seen` may destroy it as its last act.
// Threads: the loop's.
class Watch {
 public:
  struct Seen {
    bool readable = false;
    // There is more than bytes: an end, an error or urgent data. Then a read that brings fewer
    // bytes than it had room for may not be the last one.
    bool read_to_the_end = false;
    bool writable = false;
  };

  Watch(Loop& loop, int fd, std::function<void(Seen)> on_seen);
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch();

  // From now on `on_seen` also reports that there is room, and reports it at once if there is some
  // already.
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
