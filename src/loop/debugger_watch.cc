#include "loop/debugger_watch.h"

#include <utility>

namespace ofn {

DebuggerWatch::DebuggerWatch(Loop& loop, std::function<pid_t()> tracer,
                             std::function<void(Change)> on_change)
    : loop_(loop),
      tracer_(std::move(tracer)),
      on_change_(std::move(on_change)),
      timer_(loop, [this] { tell(); }) {
  look();
  timer_.arm(loop.clock().now() + kEvery);
}

// A debugger may attach, and stop this thread, between any two lines. So what was seen is as old as the time before the look.
DebuggerWatch::Seen DebuggerWatch::look() const {
  const SteadyTime before = loop_.clock().now();
  const Seen seen = tracer_() == 0 ? Seen::kNone : Seen::kDebugger;
  if (seen == Seen::kDebugger) seen_at_ = loop_.clock().now();
  looked_at_ = before;
  return seen;
}

bool DebuggerWatch::are_off() const {
  const SteadyTime now = loop_.clock().now();
  if (now - looked_at_.load() > kFresh && look() == Seen::kDebugger) return true;
  const SteadyTime seen_at = seen_at_;
  return seen_at != SteadyTime::min() && now - seen_at < kAfterwards;
}

void DebuggerWatch::tell() {
  const Seen seen = look();
  timer_.arm(loop_.clock().now() + kEvery);
  if (std::exchange(told_, seen) == seen) return;
  on_change_(seen == Seen::kDebugger ? Change::kAttached : Change::kDetached);
}

}  // namespace ofn
