// A Deployment that KEDA scales: by the requests that its HTTP add-on passes on, and by what waits at
// brokers.
// Spec: kedacore/http-add-on 0.14, http.keda.sh/v1beta1; kedacore/keda 2.15 and later.

#include <algorithm>
#include <string>

#include "manifest/form.h"
#include "manifest/manifest.h"
#include "manifest/pod.h"
#include "manifest/scaler.h"

namespace ofn::manifest {

namespace {

// Replicas are added before one of them has as many requests as it runs at once.
constexpr std::size_t kRequestsOfAReplica = 100;
constexpr std::int64_t kColdStart = 30;   // seconds until a first pod answers
constexpr std::int64_t kAnswersLast = 5;  // seconds, so that the program's own 504 arrives first

std::string route_document(const Description& function) {
  const std::string hosts = function.host.empty()
                                ? "# Every host, which only one route of the cluster may have: "
                                  "name one with --hostname.\n- \"*\"\n"
                                : "- " + scalar(function.host) + "\n";
  const std::int64_t timeout = whole_seconds(function.timeout);
  return fill(R"(---
# KEDA's interceptor gets the requests, counts them, and passes them on to the Service.
apiVersion: http.keda.sh/v1beta1
kind: InterceptorRoute
metadata:
  name: ${name}
  ${namespace}
spec:
  target:
    service: ${name}
    port: 80
  rules:
    - hosts:
        ${hosts}
  scalingMetric:
    concurrency:
      # At most OFN_CONCURRENCY, so that replicas are added before requests wait.
      targetValue: ${target}
  timeouts:
    # Longer than OFN_TIMEOUT, so that clients get the program's own answer.
    responseHeader: ${header}
    # With the start of a first pod.
    readiness: ${readiness}
    request: ${request}
)",
              {{"name", scalar(function.name)},
               {"namespace", namespace_member(function)},
               {"hosts", hosts},
               {"target", std::to_string(std::min(function.concurrency, kRequestsOfAReplica))},
               {"header", scalar(std::to_string(timeout + kAnswersLast) + "s")},
               {"readiness", scalar(std::to_string(kColdStart) + "s")},
               {"request", scalar(std::to_string(timeout + kAnswersLast + kColdStart) + "s")}});
}

std::string http_trigger(const Description& function) {
  return item(fill(R"(type: external-push
metadata:
  # Where the Helm chart of KEDA's HTTP add-on puts its scaler.
  scalerAddress: keda-add-ons-http-external-scaler.keda:9090
  interceptorRoute: ${name}
)",
                   {{"name", scalar(function.name)}}));
}

// A pod has to run while something can trigger the function that KEDA does not see.
std::string min_replicas_text(const Description& function) {
  const auto blind = unscalable_triggers(function);
  if (blind.empty() || function.min_replicas > 0) {
    return "minReplicaCount: " + std::to_string(function.min_replicas) + "\n";
  }
  std::string names;
  for (const Trigger* trigger : blind) names += (names.empty() ? "" : ", ") + trigger->name;
  return comment("One pod stays, because KEDA cannot see events of these triggers: " + names +
                 ".\n") +
         "minReplicaCount: 1\n";
}

}  // namespace

Result<std::string> keda_text(const Description& function) {
  const std::string triggers =
      (function.serves_http() ? http_trigger(function) : "") + scaler_items(function);
  if (triggers.empty()) {
    return fail(Code::kInvalidArgument,
                "KEDA has no scaler for any trigger of this function: use --deployment");
  }
  std::string text = deployment_text(function, Replicas::kByScaler, "--keda");
  if (function.serves_http()) text += route_document(function);
  return text + fill(R"(---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: ${name}
  ${namespace}
spec:
  scaleTargetRef:
    name: ${name}
  ${min}
  maxReplicaCount: ${max}
  triggers:
    ${triggers}
)",
                     {{"name", scalar(function.name)},
                      {"namespace", namespace_member(function)},
                      {"min", min_replicas_text(function)},
                      {"max", std::to_string(function.max_replicas)},
                      {"triggers", triggers}});
}

}  // namespace ofn::manifest
