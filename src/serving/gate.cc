#include "serving/gate.h"

#include <algorithm>
#include <utility>

namespace ofn {

Gate::Gate(std::size_t concurrency, std::size_t queue, wire::MemoryAccount* account,
           bool (*no_memory)())
    : concurrency_(concurrency), queue_(queue), account_(account), no_memory_(no_memory) {
  if (account_ != nullptr) account_->on_room([this] { memory_returned(); });
}

Gate::~Gate() {
  if (account_ != nullptr) account_->on_room({});
}

bool Gate::try_take() {
  std::size_t taken = in_use_.load(std::memory_order_relaxed);
  while (taken < concurrency_) {
    if (in_use_.compare_exchange_weak(taken, taken + 1)) return true;
  }
  return false;
}

Gate::Entry Gate::enter(Waiter& waiter) {
  if (no_memory_()) return Entry::kFull;
  if (waiting_count_ == 0 && !is_short() && try_take()) return Entry::kIn;
  const std::scoped_lock lock(mutex_);
  if (waiting_.size() >= queue_) return Entry::kFull;
  waiter.place_ = 0;
  waiting_.push_back(&waiter);
  // This sets the count before it tries for a slot again, and leave() frees its slot before it reads the count. So at least one
  // of the two sees the other's change.
  waiting_count_ = waiting_.size();
  admit_waiting();
  return Entry::kWaiting;
}

bool Gate::waits_for_memory(Waiter& waiter) {
  if (!is_short()) return false;
  const std::scoped_lock lock(mutex_);
  if (waiter.place_ == 0) waiter.place_ = ++places_;
  const auto is_behind = [&waiter](const Waiter* other) {
    return other->place_ == 0 || other->place_ > waiter.place_;
  };
  waiting_.insert(std::ranges::find_if(waiting_, is_behind), &waiter);
  waiting_count_ = waiting_.size();
  in_use_.fetch_sub(1);
  // memory_returned() may have run before this function took the lock.
  admit_waiting();
  return true;
}

// Runs on the thread that gave the memory back.
void Gate::memory_returned() {
  const std::scoped_lock lock(mutex_);
  admit_waiting();
}

void Gate::leave() {
  in_use_.fetch_sub(1);
  if (waiting_count_ != 0) {
    const std::scoped_lock lock(mutex_);
    admit_waiting();
  }
  if (somebody_wants_empty_ && in_use_ == 0) {
    const std::scoped_lock lock(mutex_);
    tell_if_empty();
  }
}

void Gate::admit_waiting() {
  for (int i = 0; i < kAdmittedAtOnce && !waiting_.empty() && !is_short() && try_take(); ++i) {
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
  tell_if_empty();
  return true;
}

void Gate::tell_if_empty() {
  if (in_use_ == 0 && waiting_.empty() && when_empty_) std::exchange(when_empty_, nullptr)();
}

void Gate::when_empty(Loop& loop, std::function<void()> callback) {
  const std::scoped_lock lock(mutex_);
  when_empty_ = [&loop, callback = std::move(callback)] { loop.post(callback); };
  somebody_wants_empty_ = true;
  tell_if_empty();
}

}  // namespace ofn
