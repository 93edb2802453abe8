#include "os/calls_in_flight.h"

#include <unistd.h>

namespace ofn::os {

ThreadId this_thread_id() noexcept {
  thread_local const ThreadId id = gettid();
  return id;
}

constinit thread_local const CallMark* CallMark::on_this_thread = nullptr;

bool CallsInFlight::is_in_flight(const CallMark* mark, std::uint32_t number) const {
  const std::scoped_lock lock(mutex_);
  for (const CallMark* each = first_; each != nullptr; each = each->next_) {
    if (each == mark) return mark->number() == number && !mark->ids().request.empty();
  }
  return false;
}

CallMark::CallMark(CallsInFlight* calls) : calls_(calls) {
  if (calls_ == nullptr) return;
  const std::scoped_lock lock(calls_->mutex_);
  next_ = calls_->first_.load();
  calls_->first_ = this;
}

CallMark::~CallMark() {
  if (calls_ == nullptr) return;
  const std::scoped_lock lock(calls_->mutex_);
  std::atomic<CallMark*>* place = &calls_->first_;
  while (*place != this) place = &place->load()->next_;
  *place = next_.load();
}

}  // namespace ofn::os
