#include "cli/long_calls.h"

#include <algorithm>
#include <unistd.h>
#include <utility>

#include "dev/messages.h"
#include "os/debugger.h"
#include "os/stack_text.h"

namespace ofn::cli {

namespace {

using Why = dev::StillRuns::Why;

// How long a thread may take to say where it is.
constexpr std::chrono::seconds kPatience(1);

// The calls go on meanwhile. An id that changes while it is read is that of no call, and is not seen again.
__attribute__((no_sanitize("thread"))) std::string copy_of(std::string_view id) {
  std::string copy(id.size(), '\0');
  for (std::size_t i = 0; i < id.size(); ++i) copy[i] = id[i];
  return copy;
}

}  // namespace

LongCalls::LongCalls(const os::CallsInFlight& calls, const dev::ControlChannel& channel,
                     Options options)
    : calls_(calls), channel_(channel), options_(options), loads_(os::this_thread_id()) {
  // The first stack loads a library, which must wait while the function's start-up code runs.
  if (os::tracer_of(getpid()) == 0) (void)frames_of(loads_, kPatience);
  // If the system grants no thread, nothing is told.
  (void)thread_.post([this] { serve(); });
}

LongCalls::~LongCalls() {
  const std::scoped_lock lock(mutex_);
  is_stopping_ = true;
  changed_.notify_one();
}

void LongCalls::loaded() {
  const std::scoped_lock lock(mutex_);
  loads_ = 0;
}

void LongCalls::answered(std::string_view id) {
  const std::scoped_lock lock(mutex_);
  answered_.emplace_back(id);
  changed_.notify_one();
}

void LongCalls::left_behind() {
  const std::scoped_lock lock(mutex_);
  is_left_behind_ = true;
  changed_.notify_one();
}

void LongCalls::serve() {
  std::unique_lock lock(mutex_);
  while (!is_stopping_) {
    changed_.wait_for(lock, options_.look_every);
    if (is_stopping_) return;
    const os::ThreadId loads = loads_;
    const std::vector<std::string> answered = std::exchange(answered_, {});
    const bool is_left_behind = std::exchange(is_left_behind_, false);
    lock.unlock();
    if (os::tracer_of(getpid()) == 0) look(loads, answered, is_left_behind);
    lock.lock();
  }
}

void LongCalls::look(os::ThreadId loads, const std::vector<std::string>& answered,
                     bool is_left_behind) {
  std::vector<Run> now;
  if (loads != 0) now.push_back({.id = {}, .function = {}, .thread = loads});
  calls_.each([&](const os::CallsInFlight::Call& call) {
    if (call.thread == 0) return;
    now.push_back({.id = copy_of(call.ids.request),
                   .function = std::string(call.function),
                   .thread = call.thread});
  });
  for (Run& run : now) {
    const auto used = processor_time_of(run.thread);
    const auto before = std::ranges::find(seen_, run);
    run.before = before != seen_.end() ? before->before : used;
    run.is_told = before != seen_.end() && before->is_told;
    run.used = used - run.before;
    const bool is_answered =
        !run.id.empty() && std::ranges::find(answered, run.id) != answered.end();
    if (is_answered) {
      tell(run, Why::kTimeLimit);
    } else if (is_left_behind && run.is_told) {
      tell(run, Why::kReload);
    } else if (!run.is_told && run.used >= options_.long_after) {
      tell(run, run.id.empty() ? Why::kStart : Why::kLong);
    } else {
      continue;
    }
    run.is_told = true;
  }
  seen_ = std::move(now);
}

bool LongCalls::goes_on(const Run& run) {
  if (run.id.empty()) {
    const std::scoped_lock lock(mutex_);
    return loads_ == run.thread;
  }
  bool is_found = false;
  calls_.each([&](const os::CallsInFlight::Call& call) {
    is_found = is_found || (call.thread == run.thread && copy_of(call.ids.request) == run.id);
  });
  return is_found;
}

void LongCalls::tell(const Run& run, Why why) {
  const dev::StillRuns told{
      .id = run.id,
      .function = run.function,
      .used = run.used,
      .why = why,
      .frames = dev::frames_of(os::author_stack(frames_of(run.thread, kPatience)))};
  if (!goes_on(run)) return;  // the stack may be another call's
  (void)channel_.try_send(dev::MessageKind::kStillRuns, dev::encode(told));
}

}  // namespace ofn::cli
