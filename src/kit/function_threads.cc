#include "kit/function_threads.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace ofn::kit {

bool FunctionThreads::post(Task&& task) {
  const auto turn = std::make_shared<Turn>();
  turn->task = std::move(task);
  const bool taken = threads_.post([this, turn] {
    {
      std::unique_lock lock(mutex_);
      turn->given.wait(lock, [&] { return running_ == turn.get(); });
    }
    turn->task();
    const std::lock_guard lock(mutex_);
    running_ = nullptr;
    back_.notify_one();
  });
  if (taken) {
    give(*turn);
  } else {
    task = std::move(turn->task);
  }
  return taken;
}

void FunctionThreads::give(Turn& turn) {
  std::unique_lock lock(mutex_);
  running_ = &turn;
  turn.given.notify_one();
  back_.wait(lock, [this] { return running_ == nullptr; });
}

bool FunctionThreads::go_on() {
  const auto ready =
      std::ranges::find_if(waiting_, [](const Turn* turn) { return (*turn->done)(); });
  if (ready == waiting_.end()) return false;
  Turn& turn = **ready;
  waiting_.erase(ready);
  give(turn);
  return true;
}

void FunctionThreads::wait(const std::function<bool()>& done) {
  if (done()) return;
  std::unique_lock lock(mutex_);
  Turn& turn = *running_;
  turn.done = &done;
  waiting_.push_back(&turn);
  running_ = nullptr;
  back_.notify_one();
  turn.given.wait(lock, [&] { return running_ == &turn; });
}

}  // namespace ofn::kit
