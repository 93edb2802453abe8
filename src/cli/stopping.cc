#include "cli/stopping.h"

#include <csignal>
#include <string>

namespace ofn::cli {

namespace {

// How long functions may take to react to their stop tokens, after the drain timeout.
constexpr std::chrono::seconds kStopGrace(1);

std::string_view signal_name(int number) {
  return number == SIGTERM ? "SIGTERM" : number == SIGINT ? "SIGINT" : "SIGHUP";
}

}  // namespace

Stopping::Stopping(Stoppable& server, Loop& loop, StopTimes times, Log& log)
    : server_(server),
      loop_(loop),
      times_(times),
      log_(log),
      delay_(loop, [this] { drain({"reason", "the drain delay has passed"}); }),
      timeout_(loop,
               [this] {
                 server_.stop_calls();
                 last_chance_.arm(loop_.now() + kStopGrace);
               }),
      last_chance_(loop, [this] { abandon("the drain timeout has passed"); }) {}

void Stopping::signalled(int number) {
  const LogField why = {"signal", signal_name(number)};
  switch (state_) {
    case State::kServing:
      return retire(why);
    case State::kRetired:
      return drain(why);
    case State::kDraining:
      return abandon("a second signal came");
    case State::kEnded:
    case State::kAbandoned:
      return;
  }
}

void Stopping::replaced() {
  if (state_ == State::kServing) drain({"reason", "another process takes over"});
}

void Stopping::retire(const LogField& why) {
  state_ = State::kRetired;
  server_.retire();
  if (times_.delay == Duration::zero()) return drain(why);
  const auto delay = std::chrono::duration_cast<std::chrono::milliseconds>(times_.delay);
  log_.write(Level::kInfo, "stopping soon",
             {why, {"drain_delay_ms", delay.count()}, {"connections", server_.left().connections}});
  delay_.arm(loop_.now() + times_.delay);
}

void Stopping::drain(const LogField& why) {
  state_ = State::kDraining;
  delay_.disarm();
  const Stoppable::Left left = server_.left();
  log_.write(Level::kInfo, "draining",
             {why, {"connections", left.connections}, {"invocations", left.invocations}});
  timeout_.arm(loop_.now() + times_.timeout);
  server_.drain([this] { end(State::kEnded); });
}

void Stopping::end(State state) {
  if (state_ != State::kDraining) return;
  state_ = state;
  timeout_.disarm();
  last_chance_.disarm();
  server_.end_loops();
}

void Stopping::abandon(std::string_view why) {
  const Stoppable::Left left = server_.left();
  log_.write(
      Level::kError, "abandoned the work in flight",
      {{"reason", why}, {"connections", left.connections}, {"invocations", left.invocations}});
  end(State::kAbandoned);
}

}  // namespace ofn::cli
