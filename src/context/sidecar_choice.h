// Decides whether the local sidecar runs, from values and up to the one question that needs a socket.
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
  kNone,   // outputs go to settings.sidecar
  kProbe,  // start it when nothing that speaks Dapr answers on 127.0.0.1:50001 (where something
           // does, a developer's `dapr run`, that is used)
  kStart,  // it was asked for
};

struct LocalSidecarPlan {
  LocalSidecarAction action = LocalSidecarAction::kNone;
  std::string reason;  // for the log: "the process is in a pod"
};

// In a pod the answer is never by default: what is acknowledged there must not lie on a container's
// own disk.
LocalSidecarPlan plan_local_sidecar(const FunctionContext& context, const Settings& settings);

}  // namespace ofn
