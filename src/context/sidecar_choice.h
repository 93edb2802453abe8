// Decides whether the local sidecar runs. It uses values only, and leaves the one check that needs
// a socket to the caller.
//
//   auto plan = plan_local_sidecar(context, settings);
//   bool start = plan.action == LocalSidecarAction::kStart ||
//                (plan.action == LocalSidecarAction::kProbe && !speaks_dapr(settings.sidecar));
#pragma once

#include <string>

#include "context/function_context.h"
#include "context/settings.h"

namespace ofn {

enum class LocalSidecarAction {
  kNone,  // outputs go to settings.sidecar
  // Start it if nothing at 127.0.0.1:50001 speaks Dapr; otherwise use that sidecar, such as a
  // developer's `dapr run`.
  kProbe,
  kStart,  // start it, because the user asked for it
};

struct LocalSidecarPlan {
  LocalSidecarAction action = LocalSidecarAction::kNone;
  std::string reason;  // for the log: "the process is in a pod"
};

// In a pod the local sidecar never starts by default: acknowledged events must not be stored on a
// container's own disk.
LocalSidecarPlan plan_local_sidecar(const FunctionContext& context, const Settings& settings);

}  // namespace ofn
