#include "wire/memory_account.h"

#include <algorithm>
#include <new>
#include <utility>

namespace ofn::wire {

bool MemoryAccount::take(std::size_t bytes) {
  std::size_t before = used_.load(std::memory_order_relaxed);
  do {
    if (!fits(before, bytes, bytes_)) return false;
  } while (!used_.compare_exchange_weak(before, before + bytes, std::memory_order_relaxed));
  tell_if_short(before, bytes);
  return true;
}

bool MemoryAccount::take_little(std::size_t bytes, std::size_t size) {
  std::size_t before = little_.load(std::memory_order_relaxed);
  do {
    if (!fits(before, bytes, beside(size))) return false;
  } while (!little_.compare_exchange_weak(before, before + bytes, std::memory_order_relaxed));
  return true;
}

bool MemoryAccount::take_given_back(std::size_t bytes) {
  std::size_t count = given_back_.load(std::memory_order_relaxed);
  do {
    if (count < bytes) return false;
  } while (!given_back_.compare_exchange_weak(count, 0, std::memory_order_relaxed));
  return true;
}

bool MemoryShare::grow_to(std::size_t bytes) {
  if (account_ == nullptr) return true;
  if (bytes > taken_) {
    const std::size_t missing = bytes - taken_;
    // A small buffer takes exactly its size. A larger one takes whole steps, as long as a step is left.
    const bool in_steps = bytes > kStep && take((missing + kStep - 1) / kStep * kStep, bytes);
    if (!in_steps && !take(missing, bytes)) return false;
  }
  asked_ = std::max(asked_, bytes);
  return true;
}

bool MemoryShare::take(std::size_t bytes, std::size_t size) {
  if (!account_->take(bytes)) {
    if (!account_->take_little(bytes, size)) return false;
    little_ += bytes;
  }
  taken_ += bytes;
  return true;
}

void MemoryShare::give_back(std::size_t bytes) {
  const std::size_t little = std::min(bytes, little_);
  if (little > 0) account_->little_.fetch_sub(little, std::memory_order_relaxed);
  if (bytes > little) account_->subtract(bytes - little);
  little_ -= little;
  taken_ -= bytes;
}

void MemoryShare::add(std::size_t bytes) {
  if (account_ == nullptr) return;
  account_->add(bytes);
  taken_ += bytes;
  asked_ += bytes;
}

void MemoryShare::set(std::size_t bytes) {
  if (account_ == nullptr) return;
  if (bytes > taken_) {
    const std::size_t missing = (bytes - taken_ + kStep - 1) / kStep * kStep;
    account_->add(missing);
    taken_ += missing;
  } else if (taken_ - bytes >= 2 * kStep || (bytes == 0 && taken_ > 0)) {
    give_back(taken_ - bytes);
  }
  asked_ = bytes;
}

void MemoryShare::release() {
  asked_ = 0;
  if (taken_ == 0) return;
  const std::size_t given = taken_;
  give_back(given);
  if (given >= MemoryAccount::kLarge && account_->large_done_) account_->large_done_();
}

bool grow(std::string& buffer, std::size_t size, std::size_t most, MemoryShare& share) {
  if (size <= buffer.capacity()) return true;
  // A short string lies inside its own object and has allocated nothing.
  const std::size_t before = buffer.capacity() > std::string().capacity() ? buffer.capacity() : 0;
  // reserve() allocates at least twice the old capacity, which can be more than `most`. Therefore the function makes a new string
  // of the wanted capacity instead.
  std::size_t wanted = std::max(size, std::min(2 * before, most));
  if (!share.grow_by(wanted - before)) {
    wanted = size;
    if (!share.grow_by(wanted - before)) return false;
  }
  try {
    std::string larger;
    larger.reserve(wanted);
    larger.append(buffer);
    buffer.swap(larger);
    return true;
  } catch (const std::bad_alloc&) {  // the process has a limit that is lower than the account's
    return false;
  }
}

}  // namespace ofn::wire
