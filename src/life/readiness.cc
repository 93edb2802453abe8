#include "life/readiness.h"

#include <algorithm>

#include "function/guard.h"

namespace ofn {

Readiness::Readiness(std::span<const LifeStep> steps, const Clock& clock, Log& log, Thread thread)
    : clock_(clock), log_(log), runs_on_askers_(thread == Thread::kAskers) {
  std::ranges::copy_if(steps, std::back_inserter(checks_),
                       [](const LifeStep& step) { return step.registration->ready != nullptr; });
}

std::optional<Readiness::State> Readiness::ask(Loop& loop, std::function<void()> told) {
  if (runs_on_askers_) {
    check();
    return latest();
  }
  const std::scoped_lock lock(mutex_);
  const SteadyTime now = clock_.now();
  if (is_closed_ || is_late() || (running_ == nullptr && state_ && now - checked_ < kFresh))
    return now_known();
  if (running_ == nullptr) {
    running_ = &checks_.front();
    began_ = now;
    if (!thread_.post([this] { check(); })) {
      running_ = nullptr;
      return State{.is_ready = false, .reason = "the system grants no thread for the checks"};
    }
  }
  const auto is_of_loop = [&loop](const auto& asking) { return asking.first == &loop; };
  if (told && std::ranges::none_of(asking_, is_of_loop))
    asking_.emplace_back(&loop, std::move(told));
  return std::nullopt;
}

Readiness::State Readiness::latest() const {
  const std::scoped_lock lock(mutex_);
  return now_known();
}

bool Readiness::is_late() const {
  return running_ != nullptr && clock_.now() - began_ >= kPatience;
}

Readiness::State Readiness::now_known() const {
  if (is_late()) {
    return {
        .is_ready = false,
        .reason = "the check " + running_->name + " (" + running_->place + ") has not returned"};
  }
  return state_.value_or(State{.is_ready = false, .reason = "no check has ended yet"});
}

bool Readiness::close() {
  std::unique_lock lock(mutex_);
  is_closed_ = true;
  return ended_.wait_for(lock, kPatience, [this] { return running_ == nullptr; });
}

void Readiness::check() {
  for (const LifeStep& check : checks_) {
    {
      const std::scoped_lock lock(mutex_);
      running_ = &check;
    }
    bool is_ready = false;
    std::string reason;
    if (const auto crash = guarded([&] { is_ready = check.registration->ready(reason); })) {
      reason = check.name + " threw " + crash->text();
    } else if (is_ready) {
      continue;
    } else if (reason.empty()) {
      reason = check.name + " says no";
    }
    if (reason.size() > kLongestReason) reason.resize(kLongestReason);
    return set({.is_ready = false, .reason = std::move(reason)}, &check);
  }
  set({}, nullptr);
}

void Readiness::set(State state, const LifeStep* said) {
  std::unique_lock lock(mutex_);
  const bool was_ready = !state_ || state_->is_ready;
  lock.unlock();
  // Only changes: a probe may ask every second. Only this thread sets the state.
  if (state.is_ready && !was_ready) log_.write(Level::kInfo, "ready again");
  if (!state.is_ready && was_ready) {
    log_.write(Level::kWarning, "not ready",
               {{"function", said->name}, {"location", said->place}, {"reason", state.reason}});
  }
  lock.lock();
  state_ = std::move(state);
  checked_ = clock_.now();
  running_ = nullptr;
  for (auto& [loop, told] : std::exchange(asking_, {})) loop->post(std::move(told));
  ended_.notify_all();
}

}  // namespace ofn
