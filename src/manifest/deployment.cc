#include <algorithm>
#include <string>

#include "manifest/form.h"
#include "manifest/manifest.h"
#include "manifest/pod.h"

namespace ofn::manifest {

namespace {

std::string service_document(const Description& function) {
  // A proxy speaks HTTP/1.1 to the pods unless the port says otherwise.
  const std::string protocol =
      function.h2c
          ? "# Clients and proxies speak HTTP/2 to the pods.\nappProtocol: kubernetes.io/h2c\n"
          : "";
  return fill(R"(---
apiVersion: v1
kind: Service
metadata:
  name: ${name}
  ${namespace}
  labels:
    app.kubernetes.io/name: ${name}
spec:
  selector:
    app.kubernetes.io/name: ${name}
  ports:
    - name: http
      port: 80
      targetPort: http
      ${protocol}
)",
              {{"name", scalar(function.name)},
               {"namespace", namespace_member(function)},
               {"protocol", protocol}});
}

std::string replicas_member(const Description& function, Replicas replicas) {
  if (replicas == Replicas::kByScaler) {
    return "# KEDA's ScaledObject sets the number of pods.\n";
  }
  return "replicas: " + std::to_string(std::max<std::uint32_t>(function.min_replicas, 1)) + "\n";
}

}  // namespace

std::string disruption_budget_text(const Description& function) {
  return fill(R"(# A node that is emptied takes one pod at a time.
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: ${name}
  ${namespace}
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: ${name}
)",
              {{"name", scalar(function.name)}, {"namespace", namespace_member(function)}});
}

std::string deployment_text(const Description& function, Replicas replicas, std::string_view flag) {
  const Stopping stopping = stopping_of(function, Place::kPod);
  const std::string dapr =
      function.needs_dapr() ? " + " + std::to_string(stopping.graceful) + " s for daprd" : "";
  std::string text =
      fill(R"(${heading}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  ${namespace}
  labels:
    app.kubernetes.io/name: ${name}
spec:
  ${replicas}
  selector:
    matchLabels:
      app.kubernetes.io/name: ${name}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: ${name}
      ${annotations}
    spec:
      # ${delay} s drain delay + ${drain} s drain timeout + 1 s for calls that ignore the stop
      # + 3 s for the container to end${dapr}, rounded up.
      terminationGracePeriodSeconds: ${grace}
      # Services of the namespace become no variables, such as PORT.
      enableServiceLinks: false
      automountServiceAccountToken: false
      containers:
        ${container}
      ${volumes}
)",
           {{"heading", heading(function, "Deployment of " + function.name, flag)},
            {"name", scalar(function.name)},
            {"namespace", namespace_member(function)},
            {"replicas", replicas_member(function, replicas)},
            {"annotations", section("annotations", pod_annotations(function, Place::kPod))},
            {"delay", std::to_string(stopping.delay)},
            {"drain", std::to_string(stopping.drain)},
            {"dapr", dapr},
            {"grace", std::to_string(stopping.grace)},
            {"container", container_item(function, Place::kPod)},
            {"volumes", pod_volumes()}});
  if (function.serves_http()) text += service_document(function);
  if (function.min_replicas >= 2) text += "---\n" + disruption_budget_text(function);
  return text;
}

}  // namespace ofn::manifest
