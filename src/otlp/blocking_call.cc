#include "otlp/blocking_call.h"

#include <mutex>
#include <utility>

#include "base/check.h"
#include "loop/apart.h"

namespace ofn::otlp {

struct BlockingCall::Shared {
  std::mutex mutex;
  Loop* loop;               // guarded by mutex; null when the owner is gone
  bool is_running = false;  // guarded by mutex
  // The loop's.
  std::move_only_function<void(const Answer&)> done;
};

BlockingCall::BlockingCall(Loop& loop) : shared_(std::make_shared<Shared>()) {
  shared_->loop = &loop;
}

BlockingCall::~BlockingCall() {
  const std::scoped_lock lock(shared_->mutex);
  shared_->loop = nullptr;
  shared_->done = nullptr;
}

bool BlockingCall::is_running() const {
  const std::scoped_lock lock(shared_->mutex);
  return shared_->is_running;
}

void BlockingCall::forget() { shared_->done = nullptr; }

void BlockingCall::start(std::move_only_function<Answer()> work,
                         std::move_only_function<void(const Answer&)> done) {
  OFN_CHECK(!is_running());
  shared_->done = std::move(done);
  shared_->is_running = true;
  const auto tell = [](const std::shared_ptr<Shared>& shared, Answer answer) {
    const std::scoped_lock lock(shared->mutex);
    shared->is_running = false;
    if (shared->loop == nullptr) return;
    shared->loop->post([shared, answer = std::move(answer)] {
      if (auto wanted = std::exchange(shared->done, nullptr)) wanted(answer);
    });
  };
  const bool has_thread = run_apart(
      [shared = shared_, work = std::move(work), tell]() mutable { tell(shared, work()); });
  if (!has_thread) {
    tell(shared_, {.verdict = Verdict::kRetry, .text = "the system grants no thread to send it"});
  }
}

}  // namespace ofn::otlp
