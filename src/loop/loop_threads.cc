#include "loop/loop_threads.h"

namespace ofn {

LoopThreads::LoopThreads(std::span<Loop* const> loops)
    : loops_(loops.begin(), loops.end()), watchdog_(loops, [this](Loop& loop) {
        ++taken_over_;
        run(loop);
      }) {
  for (Loop* loop : loops_) run(*loop);
}

LoopThreads::~LoopThreads() {
  for (Loop* loop : loops_) loop->stop();
  watchdog_.stop();
}

void LoopThreads::run(Loop& loop) {
  threads_.post([this, &loop] {
    if (!loop.run() || &loop != loops_.front()) return;
    const std::scoped_lock lock(mutex_);
    first_stopped_ = true;
    stopped_.notify_all();
  });
}

void LoopThreads::wait() {
  std::unique_lock lock(mutex_);
  stopped_.wait(lock, [this] { return first_stopped_; });
}

}  // namespace ofn
