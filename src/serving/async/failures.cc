#include "serving/async/failures.h"

#include <algorithm>

namespace ofn {

bool Failures::failed(std::string_view id) {
  const std::scoped_lock lock(mutex_);
  auto found = counts_.find(id);
  if (found == counts_.end()) {
    if (order_.size() == kRemembered) {
      counts_.erase(order_.front());
      order_.pop_front();
    }
    found = counts_.emplace(id, 0).first;
    order_.emplace_back(id);
  }
  if (++found->second < limit_) return false;
  counts_.erase(found);
  std::erase(order_, id);
  return true;
}

void Failures::succeeded(std::string_view id) {
  const std::scoped_lock lock(mutex_);
  const auto found = counts_.find(id);
  if (found == counts_.end()) return;
  counts_.erase(found);
  std::erase(order_, id);
}

}  // namespace ofn
