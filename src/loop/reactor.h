// What a loop waits with: the kernel's list of descriptors, a timer's alarm, and what other threads have posted.
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

// Its insides are the loop's. Threads: the loop's, but for post() and stop().
struct Loop::Reactor {
  Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;
  ~Reactor();

  void post(Task task);
  void stop();

  // Everything that the last look brought has been taken.
  bool exhausted() const { return next_event == event_count && next_task == tasks.size(); }
  // Takes up what has happened and was posted, waiting for something where `wait` says so. Only when exhausted. False: nothing.
  bool look(bool wait);
  // The next task of the last look's.
  Task take_task();
  // What has been seen of `watch` is not to be told any more.
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
  bool must_ring = false;    // guarded by mutex: the loop waits, or is about to
  std::atomic<bool> stopped = false;
};

}  // namespace ofn
