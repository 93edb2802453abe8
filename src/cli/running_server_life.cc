// How a RunningServer starts before its port opens, and what it does when its last call has ended.
#include <algorithm>
#include <chrono>
#include <csignal>

#include "cli/running_server.h"

namespace ofn::cli {

namespace {

// A stop waits this long for the collector of the metrics.
constexpr std::chrono::seconds kLastPush(1);

}  // namespace

void RunningServer::heed_signals() {
  if (signals_) return;
  signals_.emplace(*loops_.front(), std::initializer_list<int>{SIGTERM, SIGINT, SIGHUP},
                   [this](int number) {
                     if (!life_ || !life_->signalled(number)) stopping_.signalled(number);
                   });
}

LifeRunner::End RunningServer::start(LifeCycle& life, Readiness& checks) {
  service_.ask(checks);
  async_.ask(checks);
  if (!life.has_starts() && !life.has_stops()) return LifeRunner::End::kStarted;
  heed_signals();
  life_.emplace(life, *loops_.front(), log_);
  const SystemTime began = clock_.system_now();
  const LifeRunner::End end =
      life_->start({.start = settings_.start_timeout, .stop = settings_.drain_timeout});
  if (life.has_starts())
    start_up_.steps.push_back({.name = "start", .began = began, .ended = clock_.system_now()});
  return end;
}

void RunningServer::stop_early() {
  if (life_ && !life_->stop_within(settings_.drain_timeout)) life_->log_abandoned();
}

// A newer worker takes over: nothing is refused here, and no connection is closed.
void RunningServer::pass_on() {
  server_->pass_on(
      {.take = [this](int fd, std::string_view unread) { supervised_->pass_on(fd, unread); },
       .left = [this] { supervised_->say_left(); }},
      [this] { end_when_done(); });
}

void RunningServer::retire() {
  log_problem(notice_.stopping());
  service_.retire();
  async_.retire();
  server_->retire();
}

void RunningServer::drain(Task done) {
  drain_ends_ = clock_.now() + settings_.drain_timeout;
  if (sidecar_->local() != nullptr) sidecar_->local()->stop_delivering();
  if (sidecar_check_) sidecar_check_->stop();
  drained_ = std::move(done);
  if (is_replaced_) return pass_on();
  async_.drain();
  if (is_inherited_) server_->release();
  server_->drain([this] { end_when_done(); });
}

void RunningServer::end_when_done() {
  if (direct_ == nullptr) return calls_ended();
  direct_->drain([this] { calls_ended(); });
}

void RunningServer::calls_ended() {
  // Calls whose clients have disconnected hold no connection, but still have outputs to deliver.
  service_.when_empty(*loops_.front(), [this] {
    if (sidecar_->local() == nullptr) return run_stops();
    // The last answers may still be on their way to the local sidecar, which must acknowledge
    // them.
    sidecar_->local()->when_delivered([this] { run_stops(); });
  });
}

void RunningServer::run_stops() {
  life_ ? life_->stop([this] { flush_spans(); }) : flush_spans();
}

// The collector gets the metrics of the last calls.
void RunningServer::push_metrics() {
  if (!measurement_) return drained_();
  const SteadyTime latest = clock_.now() + kLastPush;
  measurement_->finish(Deadline(std::min(latest, drain_ends_)), [this] { drained_(); });
}

}  // namespace ofn::cli
