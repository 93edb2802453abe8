// The port of a `bindings.*` component that the app calls. Each implementation has its own file.
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

// Threads: its loop's; `done` runs on any thread, perhaps from inside the call. Errors: kInternal
// with daprd's message, but without daprd's prefix "error invoking output binding X: ".
class OutputBinding {
 public:
  virtual ~OutputBinding() = default;
  // In the order of daprd's error message.
  virtual std::span<const std::string_view> operations() const = 0;
  // `request.operation` is one of operations().
  virtual void invoke(dapr::BindingRequest request, Deadline deadline, dapr::BindingDone done) = 0;
};

// A binding that blocks until its answer. Threads: several workers call invoke() at once.
class BlockingBinding {
 public:
  virtual ~BlockingBinding() = default;
  virtual std::span<const std::string_view> operations() const = 0;
  virtual Result<SidecarReply> invoke(const dapr::BindingRequest& request, Deadline deadline) = 0;
};

// Turns the binding into one that does not block: `run` lets a worker invoke it. Lifetime: the
// result outlives the tasks that it gave to `run`.
std::unique_ptr<OutputBinding> blocking(std::unique_ptr<BlockingBinding> binding, Executor run);
// The same for a binding that may have failed to be made.
Result<std::unique_ptr<OutputBinding>> blocking(Result<std::unique_ptr<BlockingBinding>> binding,
                                                Executor run);

// Returns the value of a request's metadata; empty if it is missing. The name is compared with
// case.
inline std::string_view metadata_value(const dapr::BindingRequest& request, std::string_view name) {
  for (const Header& entry : request.metadata) {
    if (entry.name == name) return entry.value;
  }
  return {};
}

}  // namespace ofn::localdapr
