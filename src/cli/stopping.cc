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

Stopping::Stopping(Stoppable& server, Loop& loop, Duration drain_timeout, Log& log)
    : server_(server),
      loop_(loop),
      drain_timeout_(drain_timeout),
      log_(log),
      timeout_(loop,
               [this] {
                 server_.stop_calls();
                 last_chance_.arm(loop_.now() + kStopGrace);
               }),
      last_chance_(loop, [this] { abandon("the drain timeout has passed"); }) {}

void Stopping::signalled(int number) {
  if (state_ == State::kDraining) return abandon("a second signal came");
  begin({"signal", signal_name(number)});
}

void Stopping::replaced() { begin({"reason", "another process takes over"}); }

void Stopping::begin(const LogField& why) {
  if (state_ != State::kServing) return;
  state_ = State::kDraining;
  const Stoppable::Left left = server_.left();
  log_.write(Level::kInfo, "draining",
             {why,
              {"connections", std::to_string(left.connections)},
              {"invocations", std::to_string(left.invocations)}});
  timeout_.arm(loop_.now() + drain_timeout_);
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
  log_.write(Level::kError, "abandoned the work in flight",
             {{"reason", why},
              {"connections", std::to_string(left.connections)},
              {"invocations", std::to_string(left.invocations)}});
  end(State::kAbandoned);
}

}  // namespace ofn::cli
