// The port of a `bindings.*` component that calls the app. One implementation a file.
#pragma once

#include <functional>

#include "dapr/app_codec.h"
#include "localdapr/pubsub.h"

namespace ofn::localdapr {

// Takes one event. `done` is told whether the app took it; each component decides what follows from that.
using OnInput = std::function<void(dapr::BindingEvent event, Acknowledge done)>;

// Threads: its loop's.
class InputBinding {
 public:
  virtual ~InputBinding() = default;
  virtual void start(OnInput on_input) = 0;
  virtual void stop() = 0;
};

}  // namespace ofn::localdapr
