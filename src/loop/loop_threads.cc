#include "loop/loop_threads.h"

#include "base/check.h"

namespace ofn {

LoopThreads::LoopThreads(std::span<Loop* const> loops)
    : loops_(loops.begin(), loops.end()), watchdog_(loops, [this](Loop& loop) {
        // This cannot fail: the pool is unlimited, so the thread of a call that has ended can take
        // the loop.
        OFN_CHECK(run(loop));
      }) {
  for (Loop* loop : loops_) all_run_ = run(*loop) && all_run_;
  // Otherwise a loop without a thread would wait until another loop ends.
  all_run_ = all_run_ && threads_.threads() >= loops_.size();
}

LoopThreads::~LoopThreads() {
  for (Loop* loop : loops_) loop->stop();
  watchdog_.stop();
}

bool LoopThreads::run(Loop& loop) {
  return threads_.post([this, &loop] {
    if (!loop.run() || &loop != loops_.front()) return;
    const std::scoped_lock lock(mutex_);
    first_stopped_ = true;
    stopped_.notify_all();
  });
}

std::uint64_t LoopThreads::taken_over() const {
  std::uint64_t all = 0;
  for (const Loop* loop : loops_) all += loop->taken_over();
  return all;
}

void LoopThreads::wait() {
  std::unique_lock lock(mutex_);
  stopped_.wait(lock, [this] { return first_stopped_; });
}

}  // namespace ofn
