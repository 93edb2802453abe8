#include "context/sidecar_choice.h"

namespace ofn {

LocalSidecarPlan plan_local_sidecar(const FunctionContext& context, const Settings& settings) {
  using Action = LocalSidecarAction;
  if (settings.local_sidecar == LocalSidecarMode::kOn) {
    return {Action::kStart, "--local-sidecar is on"};
  }
  if (settings.local_sidecar == LocalSidecarMode::kOff) {
    return {Action::kNone, "--local-sidecar is off"};
  }
  if (context.triggers.empty() && context.outputs.empty() && context.states.empty()) {
    return {Action::kNone, "the context has neither triggers nor outputs nor states"};
  }
  if (settings.sidecar.configured()) {
    return {Action::kNone,
            settings.sidecar.origin + " names the sidecar at " + settings.sidecar.text()};
  }
  if (settings.in_pod) return {Action::kNone, "the process is in a pod"};
  return {Action::kProbe, "no sidecar is configured and the process is not in a pod"};
}

}  // namespace ofn
