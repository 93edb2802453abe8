#include "serving/gate.h"

#include <algorithm>
#include <utility>

namespace ofn {

bool Gate::try_take() {
  std::size_t taken = in_use_.load(std::memory_order_relaxed);
  while (taken < concurrency_) {
    if (in_use_.compare_exchange_weak(taken, taken + 1)) return true;
  }
  return false;
}

Gate::Entry Gate::enter(Waiter& waiter) {
  if (out_of_memory_ && out_of_memory_()) return Entry::kFull;
  if (waiting_count_ == 0 && try_take()) return Entry::kIn;
  const std::scoped_lock lock(mutex_);
  if (waiting_.size() >= queue_) return Entry::kFull;
  waiting_.push_back(&waiter);
  // Announced before the slots are looked at once more, as leave() frees its slot before it looks at the count: one of
  // the two sees the other.
  waiting_count_ = waiting_.size();
  admit_waiting();
  return Entry::kWaiting;
}

void Gate::leave() {
  in_use_.fetch_sub(1);
  if (waiting_count_ != 0) {
    const std::scoped_lock lock(mutex_);
    admit_waiting();
  }
  if (somebody_wants_empty_ && in_use_ == 0) {
    const std::scoped_lock lock(mutex_);
    if (in_use_ == 0 && when_empty_) std::exchange(when_empty_, nullptr)();
  }
}

void Gate::admit_waiting() {
  while (!waiting_.empty() && try_take()) {
    Waiter& first = *waiting_.front();
    waiting_.pop_front();
    first.loop().post([&first] { first.admitted(); });
  }
  waiting_count_ = waiting_.size();
}

bool Gate::forget(Waiter& waiter) {
  const std::scoped_lock lock(mutex_);
  const auto place = std::ranges::find(waiting_, &waiter);
  if (place == waiting_.end()) return false;
  waiting_.erase(place);
  waiting_count_ = waiting_.size();
  return true;
}

void Gate::when_empty(Loop& loop, std::function<void()> callback) {
  const std::scoped_lock lock(mutex_);
  when_empty_ = [&loop, callback = std::move(callback)] { loop.post(callback); };
  somebody_wants_empty_ = true;
  if (in_use_ == 0 && waiting_.empty()) std::exchange(when_empty_, nullptr)();
}

}  // namespace ofn
