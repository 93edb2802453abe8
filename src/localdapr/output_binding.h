// What a `bindings.*` component does when it is invoked, on a thread that may wait, or on the loop.
// One implementation a file.
#pragma once

#include <span>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "dapr/api.h"
#include "dapr/codec.h"
#include "output/sidecar.h"

namespace ofn::localdapr {

// Threads: invoke() blocks and is called by several workers at once.
// Errors: kInternal in daprd's words, without the "error invoking output binding X: " in front.
class OutputBinding {
 public:
  virtual ~OutputBinding() = default;
  // In the order in which daprd's error lists them.
  virtual std::span<const std::string_view> operations() const = 0;
  // `request.operation` is one of operations().
  virtual Result<SidecarReply> invoke(const dapr::BindingRequest& request, Deadline deadline) = 0;
};

// The same without waiting. Threads: its loop's; `done` runs there, also from inside the call.
class AsyncOutputBinding {
 public:
  virtual ~AsyncOutputBinding() = default;
  virtual std::span<const std::string_view> operations() const = 0;
  virtual void invoke(dapr::BindingRequest request, Deadline deadline, dapr::BindingDone done) = 0;
};

// The value of a request's metadata, case counting; empty when absent.
inline std::string_view metadata_value(const dapr::BindingRequest& request, std::string_view name) {
  for (const Header& entry : request.metadata) {
    if (entry.name == name) return entry.value;
  }
  return {};
}

}  // namespace ofn::localdapr
