// `bindings.cron`: calls the app on a schedule.
#pragma once

#include <memory>
#include <string>

#include "localdapr/component.h"
#include "localdapr/cron/cron_schedule.h"
#include "localdapr/input_binding.h"
#include "loop/loop.h"

namespace ofn::localdapr {

// Each event has no data, and metadata readTimeUTC and timeZone. If the app does not take an event,
// it is not repeated. A slow app may be called again before it has answered. Lifetime: the loop
// outlives it.
// Spec: https://docs.dapr.io/reference/components-reference/supported-bindings/cron/
class CronBinding final : public InputBinding {
 public:
  // Errors: a schedule that is missing or malformed.
  static Result<std::unique_ptr<CronBinding>> create(const Component& component, Loop& loop);

  void start(OnInput on_input) override;
  void stop() override { timer_.disarm(); }
  std::string loses() const override { return "the phase of its timer"; }

 private:
  CronBinding(std::string name, CronSchedule schedule, Loop& loop);
  void arm();
  void fire();

  std::string name_;
  CronSchedule schedule_;
  Loop& loop_;
  Timer timer_;
  SystemTime due_{};
  OnInput on_input_;
};

}  // namespace ofn::localdapr
