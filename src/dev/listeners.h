// Passes each event on to several listeners.
//
//   Listeners both({&terminal, &ring});
#pragma once

#include <utility>
#include <vector>

#include "dev/event.h"

namespace ofn::dev {

// Lifetime: the listeners outlive it. Threads: the loop's.
class Listeners final : public Listener {
 public:
  explicit Listeners(std::vector<Listener*> to) : to_(std::move(to)) {}

  void on(const Started& event) override { all(event); }
  void on(const BuildStarted& event) override { all(event); }
  void on(const BuildFailed& event) override { all(event); }
  void on(const ServingBuild& event) override { all(event); }
  void on(const CallEnded& event) override { all(event); }
  void on(const WorkerCrashed& event) override { all(event); }
  void on(const StillRuns& event) override { all(event); }
  void on(const Told& event) override { all(event); }

 private:
  void all(const auto& event) {
    for (Listener* const listener : to_) listener->on(event);
  }

  std::vector<Listener*> to_;
};

}  // namespace ofn::dev
