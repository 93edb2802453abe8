#include "life/life_runner.h"

#include <memory>
#include <utility>

#include "base/call_fields.h"
#include "loop/thread_stack.h"

namespace ofn {

namespace {

// How long a thread may take to say where it is.
constexpr std::chrono::seconds kStackPatience(1);

std::string in_seconds(Duration time) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  if (milliseconds % 1000 != 0) return std::to_string(milliseconds) + "ms";
  return std::to_string(milliseconds / 1000) + "s";
}

}  // namespace

LifeRunner::LifeRunner(LifeCycle& life, Loop& loop, Log& log)
    : life_(life), loop_(loop), log_(log), limit_(loop, [this] { limit_passed(); }) {}

LifeRunner::End LifeRunner::start(Limits limits) {
  limits_ = limits;
  end_ = End::kStarted;
  if (!life_.has_starts() && !life_.has_stops()) return end_;
  state_ = State::kStarting;
  const SteadyTime began = loop_.refresh();
  limit_.arm(began + limits.start);
  const bool has_thread = threads_.post([this] {
    Result<void> result = life_.start(start_stop_.get_token(), log_);
    loop_.post([this, result = std::move(result)]() mutable { begun(std::move(result)); });
  });
  if (!has_thread) begun(fail(Code::kResourceExhausted, "the system grants no thread to start on"));
  loop_.run_until([this] { return state_ == State::kOver; });
  limit_.disarm();
  if (end_ == End::kStarted && life_.has_starts()) {
    log_.write(Level::kInfo, "start functions have ended",
               {{"seconds", std::chrono::duration<double>(loop_.refresh() - began).count()}});
  }
  return end_;
}

void LifeRunner::begun(Result<void> result) {
  if (state_ == State::kOver) return;
  if (result && state_ != State::kStarting) {
    // The signal came when the last start had ended.
    state_ = State::kUnwinding;
    end_ = End::kSignalled;
    limit_.arm(loop_.now() + limits_.stop);
    return stop([this] { state_ = State::kOver; });
  }
  state_ = State::kOver;
  if (result) return;
  end_ = result.error().code() == Code::kCancelled ? End::kSignalled : End::kFailed;
  problem_ = result.error().message();
}

bool LifeRunner::signalled(int number) {
  if (state_ == State::kIdle || state_ == State::kOver) return false;
  if (state_ != State::kStarting) {
    give_up(End::kAbandoned, "before a second signal came");
    return true;
  }
  state_ = State::kTold;
  signal_ = number;
  told_ = life_.running();
  limit_.arm(loop_.now() + kLastChance);
  life_.cancel();
  request(start_stop_);
  return true;
}

void LifeRunner::limit_passed() {
  switch (state_) {
    case State::kStarting:
      return give_up(End::kTooLate, "within " + in_seconds(limits_.start) +
                                        ", the time of all starts together: find out what it waits "
                                        "for, or allow more time (--start-timeout)");
    case State::kTold:
      if (life_.running() == told_ && told_ != nullptr)
        return give_up(End::kAbandoned, "when the program was told to end");
      state_ = State::kUnwinding;
      return limit_.arm(loop_.now() + limits_.stop);
    case State::kUnwinding:
      return give_up(End::kAbandoned, "within " + in_seconds(limits_.stop) + " (--drain-timeout)");
    case State::kIdle:
    case State::kOver:
      return;
  }
}

void LifeRunner::give_up(End end, const std::string& why) {
  const std::string what = life_.running_text();
  // It has returned in this moment.
  if (what.empty()) return limit_.arm(loop_.now() + std::chrono::milliseconds(10));
  state_ = State::kOver;
  end_ = end;
  // The signal by which a thread says where it is may end what it waits for.
  life_.abandon();
  problem_ = what + " did not return " + why;
  const std::string stack =
      os::stack_text(os::author_stack(frames_of(life_.thread(), kStackPatience)));
  if (!stack.empty()) problem_ += "; it is at " + stack;
}

// Callbacks of the token are the author's, and may block.
void LifeRunner::request(std::stop_source& source) {
  if (!threads_.post([source]() mutable { source.request_stop(); })) source.request_stop();
}

void LifeRunner::stop(Task done) {
  if (!life_.has_stops()) return done();
  stops_began_ = true;
  auto shared = std::make_shared<Task>(std::move(done));
  const bool has_thread = threads_.post([this, shared] {
    life_.stop(stop_stop_.get_token(), log_);
    loop_.post([shared] { (*shared)(); });
  });
  if (has_thread) return;
  log_.write(Level::kError, "no stop function runs: the system grants no thread");
  (*shared)();
}

bool LifeRunner::stop_within(Duration limit) {
  limits_.stop = limit;
  state_ = State::kUnwinding;
  end_ = End::kStarted;
  limit_.arm(loop_.refresh() + limit);
  stop([this] { state_ = State::kOver; });
  loop_.run_until([this] { return state_ == State::kOver; });
  limit_.disarm();
  return end_ == End::kStarted;
}

void LifeRunner::hurry() {
  if (stops_began_) request(stop_stop_);
}

void LifeRunner::log_abandoned() {
  if (!life_.has_stops()) return;
  if (!stops_began_) {
    return log_.write(Level::kWarning,
                      "no stop function has run, because calls may still use what it would close");
  }
  life_.abandon();
  const LifeStep* const step = life_.running();
  if (step == nullptr) return;
  const os::StackText text = stack_of(life_.thread(), kStackPatience);
  log_.write(Level::kError, "stop function did not return",
             CallFields({})
                 .add("function", step->name)
                 .add("location", step->place)
                 .add_if_any("stack", text.stack)
                 .add_if_any("source_line", text.source_line)
                 .span());
}

}  // namespace ofn
