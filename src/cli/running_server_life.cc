// What RunningServer does with the start and stop functions of the programs.
#include <csignal>

#include "cli/running_server.h"

namespace ofn::cli {

void RunningServer::heed_signals() {
  if (signals_) return;
  signals_.emplace(*loops_.front(), std::initializer_list<int>{SIGTERM, SIGINT, SIGHUP},
                   [this](int number) {
                     if (!life_ || !life_->signalled(number)) stopping_.signalled(number);
                   });
}

LifeRunner::End RunningServer::start(LifeCycle& life) {
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

void RunningServer::run_stops() {
  life_ ? life_->stop([this] { flush_spans(); }) : flush_spans();
}

}  // namespace ofn::cli
