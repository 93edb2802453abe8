#include "wire/body_budget.h"

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

}  // namespace ofn::wire
