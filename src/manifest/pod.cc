#include "manifest/pod.h"

#include <utility>
#include <vector>

#include "document/json.h"
#include "manifest/context_json.h"
#include "manifest/form.h"

namespace ofn::manifest {

namespace {

std::string quoted_number(std::int64_t number) { return scalar(std::to_string(number)); }

std::string function_lines(const Description& function) {
  std::string lines;
  for (const ServedFunction& served : function.functions) {
    lines += "  " + served.name + " (" + std::string(served.signature) + ")";
    for (const std::string& route : served.routes)
      lines += (route == served.routes.front() ? ": " : ", ") + route;
    lines += '\n';
  }
  return lines.empty() ? lines : "Functions of the program:\n" + lines;
}

}  // namespace

std::string heading(const Description& function, std::string_view what, std::string_view flag) {
  return comment(std::string(what) + ", written by functions-framework manifest " +
                 std::string(flag) + ".\n" + function_lines(function));
}

std::string namespace_member(const Description& function) {
  return member("namespace", function.space);
}

std::vector<std::pair<std::string, std::string>> variables_of(const Description& function,
                                                              Place place) {
  const Stopping stopping = stopping_of(function, place);
  std::vector<std::pair<std::string, std::string>> variables;
  // Knative sets PORT itself and refuses a manifest that does.
  if (place != Place::kKnative) variables.emplace_back("PORT", std::to_string(function.port));
  if (!function.target.empty()) variables.emplace_back("FUNCTION_TARGET", function.target);
  if (function.calls_by_http) variables.emplace_back("APP_PROTOCOL", "http");
  variables.emplace_back("OFN_TIMEOUT", duration_text(function.timeout));
  variables.emplace_back("OFN_CONCURRENCY", std::to_string(function.concurrency));
  variables.emplace_back("OFN_MAX_BODY_SIZE", size_text(function.max_body_size));
  if (place != Place::kKnative || function.drain_delay_given) {
    variables.emplace_back("OFN_DRAIN_DELAY", std::to_string(stopping.delay) + "s");
  }
  variables.emplace_back("OFN_DRAIN_TIMEOUT", std::to_string(stopping.drain) + "s");
  if (function.metrics_port) {
    variables.emplace_back("OFN_METRICS", std::to_string(*function.metrics_port));
  }
  variables.insert(variables.end(), function.variables.begin(), function.variables.end());
  return variables;
}

std::string context_text(const Description& function) {
  return escape_unprintable(document::to_indented_json(own_context(function)));
}

std::string env_items(const Description& function, Place place) {
  std::string items;
  for (const auto& [name, value] : variables_of(function, place)) {
    items += item("name: " + scalar(name) + "\nvalue: " + scalar(value) + "\n");
  }
  if (place == Place::kPod) {
    items += R"(- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: POD_NAMESPACE
  valueFrom:
    fieldRef:
      fieldPath: metadata.namespace
)";
  }
  if (function.context.runtime == Runtime::kNone) return items;
  return items + fill(R"(- name: FUNC_CONTEXT_V1BETA2
  value: |-
    ${context}
)",
                      {{"context", context_text(function)}});
}

std::string container_limits() {
  return R"(resources:
  requests:
    cpu: 100m
    memory: 64Mi
  limits:
    memory: 256Mi
# What Pod Security's profile "restricted" asks for. The program runs as any user.
securityContext:
  allowPrivilegeEscalation: false
  capabilities:
    drop:
      - ALL
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  runAsUser: 65532
  seccompProfile:
    type: RuntimeDefault
# The only folder that the program writes to.
volumeMounts:
  - name: tmp
    mountPath: /tmp
)";
}

std::string pod_volumes() {
  return R"(volumes:
  - name: tmp
    emptyDir: {}
)";
}

std::string container_item(const Description& function, Place place) {
  // Knative allows one port, without a name for HTTP/1.1, and probes the port by itself.
  const bool is_knative = place == Place::kKnative;
  std::string ports;
  if (is_knative) {
    ports = item((function.h2c ? "name: h2c\n" : "") + std::string("containerPort: ") +
                 std::to_string(function.port) + "\n");
  } else {
    ports = item("name: http\ncontainerPort: " + std::to_string(function.port) + "\n");
    if (function.metrics_port) {
      ports +=
          item("name: metrics\ncontainerPort: " + std::to_string(*function.metrics_port) + "\n");
    }
  }
  const std::string_view probe =
      is_knative
          ? ""
          : R"(# The program answers probes itself; the function does not run. It is ready when it listens.
readinessProbe:
  httpGet:
    path: /
    port: http
  periodSeconds: 1
)";
  return item(fill(R"(name: function
image: ${image}
ports:
  ${ports}
env:
  ${env}
${probe}
${limits}
)",
                   {{"image", scalar(function.image)},
                    {"ports", ports},
                    {"env", env_items(function, place)},
                    {"probe", std::string(probe)},
                    {"limits", container_limits()}}));
}

std::string dapr_limits(const Description& function, Place place) {
  if (!function.needs_dapr()) return {};
  const Stopping stopping = stopping_of(function, place);
  return fill(
      R"(# As many calls as run at once (OFN_CONCURRENCY), and as large as the function takes (OFN_MAX_BODY_SIZE).
dapr.io/app-max-concurrency: ${concurrency}
dapr.io/max-body-size: ${body}
# daprd keeps its API open while the function drains:
# ${delay} s drain delay + ${drain} s drain timeout + 1 s${quiet}.
dapr.io/block-shutdown-duration: ${block}
dapr.io/graceful-shutdown-seconds: ${graceful}
dapr.io/sidecar-seccomp-profile-type: RuntimeDefault
)",
      {{"concurrency", quoted_number(static_cast<std::int64_t>(function.concurrency))},
       {"body", scalar(mebibytes(function.max_body_size))},
       {"delay", std::to_string(stopping.delay)},
       {"drain", std::to_string(stopping.drain)},
       {"quiet", place == Place::kKnative
                     ? " + 30 s in which Knative's proxy drains, within the grace period"
                     : ""},
       {"block", scalar(std::to_string(stopping.block_shutdown) + "s")},
       {"graceful", quoted_number(stopping.graceful)}});
}

std::string pod_annotations(const Description& function, Place place) {
  std::string annotations;
  if (function.needs_dapr()) {
    annotations = fill(R"(dapr.io/enabled: "true"
dapr.io/app-id: ${name}
dapr.io/app-port: ${port}
dapr.io/app-protocol: ${protocol}
${limits}
)",
                       {{"name", scalar(function.name)},
                        {"port", quoted_number(function.port)},
                        {"protocol", function.calls_by_http ? "http" : "grpc"},
                        {"limits", dapr_limits(function, place)}});
  }
  if (function.metrics_port) {
    annotations += fill(R"(prometheus.io/scrape: "true"
prometheus.io/port: ${port}
prometheus.io/path: /metrics
)",
                        {{"port", quoted_number(*function.metrics_port)}});
  }
  return annotations;
}

}  // namespace ofn::manifest
