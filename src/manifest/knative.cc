#include <string>

#include "manifest/form.h"
#include "manifest/manifest.h"
#include "manifest/pod.h"

namespace ofn::manifest {

namespace {

// The largest containerConcurrency that Knative accepts by default (container-concurrency-max-limit).
constexpr std::size_t kMostConcurrency = 1000;
// The largest timeoutSeconds that it accepts by default (max-revision-timeout-seconds).
constexpr std::int64_t kLongestTimeout = 600;

std::string concurrency_members(const Description& function) {
  if (function.concurrency > kMostConcurrency) {
    return "# No limit in Knative's proxy, which accepts at most 1000; OFN_CONCURRENCY is the "
           "limit.\n"
           "containerConcurrency: 0\n";
  }
  return "# As OFN_CONCURRENCY: more requests wait in Knative's proxy.\ncontainerConcurrency: " +
         std::to_string(function.concurrency) + "\n";
}

}  // namespace

Result<std::string> knative_text(const Description& function) {
  if (!function.serves_http()) {
    return fail(Code::kInvalidArgument,
                "Knative serves HTTP requests, and this function's context has only triggers of "
                "Dapr: use --deployment, --keda or --openfunction");
  }
  const std::int64_t timeout = knative_timeout_seconds(function);
  const std::string longest = timeout > kLongestTimeout
                                  ? "# Knative accepts more than 600 only if "
                                    "max-revision-timeout-seconds in its ConfigMap\n"
                                    "# config-defaults is raised.\n"
                                  : "";
  const std::string scale = fill(R"(autoscaling.knative.dev/min-scale: ${min}
autoscaling.knative.dev/max-scale: ${max}
)",
                                 {{"min", scalar(std::to_string(function.min_replicas))},
                                  {"max", scalar(std::to_string(function.max_replicas))}});
  return fill(R"(${heading}
apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: ${name}
  ${namespace}
spec:
  template:
    metadata:
      annotations:
        ${scale}
        ${annotations}
    spec:
      # As OFN_TIMEOUT. It is also the grace period of a pod, in which OFN_DRAIN_TIMEOUT fits.
      ${longest}
      timeoutSeconds: ${timeout}
      ${concurrency}
      enableServiceLinks: false
      automountServiceAccountToken: false
      containers:
        ${container}
      ${volumes}
)",
              {{"heading", heading(function, "Knative Service of " + function.name, "--knative")},
               {"name", scalar(function.name)},
               {"namespace", namespace_member(function)},
               {"scale", scale},
               {"annotations", pod_annotations(function, Place::kKnative)},
               {"longest", longest},
               {"timeout", std::to_string(timeout)},
               {"concurrency", concurrency_members(function)},
               {"container", container_item(function, Place::kKnative)},
               {"volumes", pod_volumes()}});
}

}  // namespace ofn::manifest
