// The port of a `bindings.*` component that the app calls. One implementation a file.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "dapr/api.h"
#include "dapr/codec.h"
#include "localdapr/executor.h"
#include "output/sidecar.h"

namespace ofn::localdapr {

// Threads: its loop's; `done` runs on any thread, perhaps from inside the call.
// Errors: kInternal in daprd's words, without the "error invoking output binding X: " in front.
class OutputBinding {
 public:
  virtual ~OutputBinding() = default;
  // In the order in which daprd's error lists them.
  virtual std::span<const std::string_view> operations() const = 0;
  // `request.operation` is one of operations().
  virtual void invoke(dapr::BindingRequest request, Deadline deadline, dapr::BindingDone done) = 0;
};

// A binding that waits for its answer. Threads: invoke() is called by several workers at once.
class BlockingBinding {
 public:
  virtual ~BlockingBinding() = default;
  virtual std::span<const std::string_view> operations() const = 0;
  virtual Result<SidecarReply> invoke(const dapr::BindingRequest& request, Deadline deadline) = 0;
};

// The binding as one that does not wait: `run` has a worker invoke it.
// Lifetime: the result outlives what it gave `run`.
std::unique_ptr<OutputBinding> blocking(std::unique_ptr<BlockingBinding> binding, Executor run);
// The same of one that perhaps could not be made.
Result<std::unique_ptr<OutputBinding>> blocking(Result<std::unique_ptr<BlockingBinding>> binding,
                                                Executor run);

// The value of a request's metadata, in which case counts; empty if absent.
inline std::string_view metadata_value(const dapr::BindingRequest& request, std::string_view name) {
  for (const Header& entry : request.metadata) {
    if (entry.name == name) return entry.value;
  }
  return {};
}

}  // namespace ofn::localdapr
