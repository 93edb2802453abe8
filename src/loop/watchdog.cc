#include "loop/watchdog.h"

#include <algorithm>
#include <pthread.h>
#include <system_error>
#include <utility>

#include "loop/loop.h"
#include "os/alternate_stack.h"

namespace ofn {

Watchdog::Watchdog(std::span<Loop* const> loops, std::function<void(Loop&)> take_over)
    : take_over_(std::move(take_over)) {
  for (Loop* loop : loops) {
    seen_.push_back({loop, loop->visits_});
    loop->watchdog_ = this;
  }
}

Watchdog::~Watchdog() {
  stop();
  for (const Seen& seen : seen_) seen.loop->watchdog_ = nullptr;
}

void Watchdog::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void Watchdog::wake() {
  const std::scoped_lock lock(mutex_);
  if (!parked_ || stopping_) return;
  if (!thread_.joinable()) {
    try {
      thread_ = std::thread([this] { serve(); });
    } catch (const std::system_error&) {
      // The system grants no thread, so no thread could take a loop over. The next call tries again.
      return;
    }
  }
  parked_ = false;
  changed_.notify_one();
}

void Watchdog::pass_on(Loop& loop) {
  loop.taken_over_.fetch_add(1, std::memory_order_relaxed);
  take_over_(loop);
}

bool Watchdog::look() {
  bool came = false;
  for (Seen& seen : seen_) {
    std::uint64_t visits = seen.loop->visits_;
    if (visits != seen.visits) {
      came = true;
    } else if (visits % 2 != 0 && !seen.loop->limits_are_off() &&
               seen.loop->visits_.compare_exchange_strong(visits, visits + 1)) {
      ++visits;
      pass_on(*seen.loop);
    }
    seen.visits = visits;
  }
  return came;
}

bool Watchdog::nobody_inside() const {
  return std::ranges::all_of(seen_,
                             [](const Seen& seen) { return seen.loop->visits_ == seen.visits; });
}

void Watchdog::serve() {
  const os::AlternateStack crash_stack;
  pthread_setname_np(pthread_self(), "ofn-watchdog");
  int quiet = 0;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (quiet == kQuietLooks) {
      parked_ = true;
      if (nobody_inside()) changed_.wait(lock, [this] { return stopping_ || !parked_; });
      parked_ = false;
      quiet = 0;
    }
    changed_.wait_for(lock, kTick, [this] { return stopping_; });
    lock.unlock();
    quiet = look() ? 0 : quiet + 1;
    lock.lock();
  }
}

}  // namespace ofn
