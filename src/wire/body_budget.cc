#include "wire/body_budget.h"

#include <algorithm>
#include <fstream>
#include <unistd.h>
#include <utility>

namespace ofn::wire {

bool BodyShare::grow_to(std::size_t bytes) {
  if (budget_ == nullptr || bytes <= taken_) return true;
  const std::size_t missing = bytes - taken_;
  // Most bodies are small: those take their size. Others take whole steps, as long as there are any.
  if (bytes > kStep && take((missing + kStep - 1) / kStep * kStep)) return true;
  return take(missing);
}

bool BodyShare::take(std::size_t bytes) {
  if (budget_->used_.fetch_add(bytes, std::memory_order_relaxed) + bytes > budget_->bytes_) {
    budget_->used_.fetch_sub(bytes, std::memory_order_relaxed);
    return false;
  }
  taken_ += bytes;
  return true;
}

void BodyShare::add(std::size_t bytes) {
  if (budget_ == nullptr) return;
  budget_->used_.fetch_add(bytes, std::memory_order_relaxed);
  taken_ += bytes;
}

void BodyShare::release() {
  if (taken_ == 0) return;
  const std::size_t given = std::exchange(taken_, 0);
  budget_->used_.fetch_sub(given, std::memory_order_relaxed);
  if (given >= BodyBudget::kLarge && budget_->large_done_) budget_->large_done_();
}

std::size_t usable_memory() {
  std::size_t bytes = static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) *
                      static_cast<std::size_t>(sysconf(_SC_PAGE_SIZE));
  // A number of bytes, or "max" (cgroup v2, memory.max); version 1 writes a very large number.
  for (const char* const path :
       {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    std::ifstream file(path);
    std::size_t limit = 0;
    if (file >> limit && limit > 0) bytes = std::min(bytes, limit);
  }
  return bytes;
}

}  // namespace ofn::wire
