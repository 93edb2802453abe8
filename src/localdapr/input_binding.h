// The port of a `bindings.*` component that calls the app. Each implementation has its own file.
#pragma once

#include <functional>
#include <string>

#include "dapr/app_codec.h"
#include "localdapr/pubsub.h"

namespace ofn::localdapr {

// Takes one event. `done` is called with true if the app took it. Each component decides what to do
// otherwise.
using OnInput = std::function<void(dapr::BindingEvent event, Acknowledge done)>;

// Threads: its loop's.
class InputBinding {
 public:
  virtual ~InputBinding() = default;
  // As Pubsub::loses().
  virtual std::string loses() const { return {}; }
  virtual void start(OnInput on_input) = 0;
  virtual void stop() = 0;
};

}  // namespace ofn::localdapr
