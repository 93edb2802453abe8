// The sources of a loop's events: the kernel's list of descriptors, the alarm of the timers, and
// the tasks that other threads post.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <sys/epoll.h>
#include <vector>

#include "base/clock.h"
#include "loop/loop.h"

namespace ofn {

// A loop's private part. Threads: the loop's, except for post() and stop().
struct Loop::Reactor {
  Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;
  ~Reactor();

  void post(Task task);
  void stop();

  // Returns true if everything that the last look() found has been taken.
  bool exhausted() const { return next_event == event_count && next_task == tasks.size(); }
  // Takes the events and posted tasks since the last look; Wait::kYes: waits for at least one. Call it
  // only when exhausted. Returns false if there are none.
  bool look(Wait wait);
  // Returns the next task that the last look() found.
  Task take_task();
  // Drops the events of `watch` that were seen but not yet handled.
  void forget(const Watch& watch);
  void set_alarm(Duration from_now) const;

  const int epoll;
  const int bell;   // rung to end a wait
  const int alarm;  // rings when the earliest timer is due

  static constexpr std::size_t kEvents = 128;
  std::array<epoll_event, kEvents>
      events;  // NOLINT(cppcoreguidelines-pro-type-member-init): the kernel's to fill
  std::size_t next_event = 0;
  std::size_t event_count = 0;
  std::vector<Task> tasks;
  std::size_t next_task = 0;

  std::mutex mutex;
  std::vector<Task> posted;  // guarded by mutex
  bool must_ring = false;    // guarded by mutex; true if the loop waits or is about to
  std::atomic<bool> stopped = false;
};

}  // namespace ofn
