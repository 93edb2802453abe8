// OpenFunction's Function in both versions, and what its controller makes of it.
// Spec: OpenFunction 1.2, apis/core/v1beta1 and v1beta2, pkg/core/serving.

#include <algorithm>
#include <string>
#include <vector>

#include "document/json.h"
#include "document/slices.h"
#include "manifest/context_json.h"
#include "manifest/form.h"
#include "manifest/manifest.h"
#include "manifest/pod.h"
#include "manifest/scaler.h"

namespace ofn::manifest {

namespace {

// The controller leaves timeoutSeconds of the revision to Knative, whose default this is.
constexpr std::chrono::seconds kKnativeTimeout(300);
// The container's port of a function with triggers of Dapr, whatever its other port is.
constexpr std::uint16_t kAsyncPort = 8080;

bool is_async(const Description& function) { return !function.context.triggers.empty(); }
Place place_of(const Description& function) {
  return is_async(function) ? Place::kPod : Place::kKnative;
}

// Whatever the controller decides, the program has to agree with.
Description as_controlled(Description function) {
  if (!is_async(function)) function.timeout = std::min<Duration>(function.timeout, kKnativeTimeout);
  return function;
}

std::string map_text(const Metadata& map) {
  std::string text;
  for (const auto& [key, value] : map) text += scalar(key) + ": " + scalar(value) + "\n";
  return text;
}

// A list of texts, as a member.
std::string list_text(std::string_view key, const std::vector<std::string>& texts) {
  std::string items;
  for (const std::string& text : texts) items += "- " + scalar(text) + "\n";
  return section(key, items);
}

std::string params_text(const Description& function) {
  std::string text;
  for (const auto& [name, value] : variables_of(function, place_of(function))) {
    const bool is_controllers = name == "PORT" || name == "APP_PROTOCOL";
    if (!is_controllers) text += scalar(name) + ": " + scalar(value) + "\n";
  }
  return section("params", text);
}

std::string template_text(const Description& function) {
  const std::string grace =
      is_async(function)
          ? "terminationGracePeriodSeconds: " +
                std::to_string(stopping_of(function, Place::kPod).grace) + "\n"
          : "# Knative takes its grace period from timeoutSeconds, which is 300 by default.\n";
  return fill(R"(template:
  ${grace}
  enableServiceLinks: false
  automountServiceAccountToken: false
  containers:
    # The controller finds the container by this name, and adds image, port and context.
    - name: function
      imagePullPolicy: IfNotPresent
      ${limits}
  ${volumes}
)",
              {{"grace", grace}, {"limits", container_limits()}, {"volumes", pod_volumes()}});
}

std::string annotations_text(const Description& function) {
  std::string text;
  if (function.needs_dapr()) {
    text =
        R"(# daprd runs in the pod of the function and stops with it. The platform's default, standalone, is one
# proxy for all pods of the function.
openfunction.io/dapr-service-mode: sidecar
)" + dapr_limits(function, place_of(function));
    if (function.calls_by_http) text += "dapr.io/app-protocol: http\n";
  }
  if (function.metrics_port) {
    text += "prometheus.io/scrape: \"true\"\nprometheus.io/port: " +
            scalar(std::to_string(*function.metrics_port)) + "\nprometheus.io/path: /metrics\n";
  }
  return section("annotations", text);
}

std::string knative_options(const Description& function) {
  if (is_async(function) || function.concurrency > 1000) return {};
  return section(
      "knative",
      "# As OFN_CONCURRENCY. The controller makes it the revision's containerConcurrency.\n"
      "autoscaling.knative.dev/container-concurrency: " +
          scalar(std::to_string(function.concurrency)) + "\n");
}

std::string replicas_text(const Description& function) {
  return "minReplicas: " + std::to_string(function.min_replicas) +
         "\nmaxReplicas: " + std::to_string(function.max_replicas) + "\n";
}

// The members bindings, pubsub and states, with the specs of the components that files describe.
std::string components_text(const Description& function, bool is_v1beta1) {
  std::string bindings;
  std::string pubsub;
  for (const UsedComponent& used : used_components(function.context)) {
    const Component* known = function.find_component(used.name);
    if (known == nullptr) continue;
    const std::string spec = section(used.name, spec_text(*known, used.use));
    if (block_of(known->type) == "bindings") bindings += spec;
    if (block_of(known->type) == "pubsub") pubsub += spec;
  }
  std::string states;
  for (const State& state : function.context.states) {
    const Component* known = function.find_component(state.component);
    const std::string spec = known == nullptr ? "" : spec_text(*known, {});
    if (is_v1beta1) {
      states += section(state.component, spec);
    } else {
      states += spec.empty() ? scalar(state.component) + ": {}\n"
                             : section(state.component, section("spec", spec));
    }
  }
  return section("bindings", bindings) + section("pubsub", pubsub) + section("states", states);
}

std::string reference(const std::string& component, const std::string& type,
                      const std::string& topic) {
  return member("name", component) + member("type", type) + member("topic", topic);
}

std::string triggers_v1beta2(const Description& function) {
  std::string text;
  if (function.serves_http()) {
    text += section(
        "http", "port: " + std::to_string(is_async(function) ? kAsyncPort : function.port) + "\n");
  }
  std::string dapr;
  for (const Trigger& trigger : function.context.triggers) {
    dapr += item(reference(trigger.component, trigger.component_type, trigger.topic) +
                 (trigger.name == trigger.component ? "" : member("inputName", trigger.name)));
  }
  std::string inputs;
  for (const Input& input : function.context.inputs) {
    inputs += item(section("dapr", reference(input.component, input.component_type, input.topic)));
  }
  return section("triggers", text + section("dapr", dapr) + section("inputs", inputs));
}

std::string outputs_v1beta2(const Description& function) {
  std::string items;
  for (const Output& output : function.context.outputs) {
    std::string text = reference(output.component, output.component_type, output.topic) +
                       section("metadata", map_text(output.metadata));
    if (output.kind == ComponentKind::kBinding) text += member("operation", output.operation);
    if (output.name != output.component) text += member("outputName", output.name);
    items += item(section("dapr", text));
  }
  return section("outputs", items);
}

std::string tracing_text(const Tracing& tracing) {
  std::string provider = member("name", tracing.provider) + member("oapServer", tracing.oap_server);
  const TracingExporter& exporter = tracing.exporter;
  provider += section(
      "exporter", member("name", exporter.name) + member("endpoint", exporter.endpoint) +
                      member("headers", exporter.headers) +
                      member("compression", exporter.compression) +
                      member("timeout", exporter.timeout) + member("protocol", exporter.protocol));
  return std::string("enabled: ") + (tracing.enabled ? "true" : "false") + "\n" +
         (provider.empty() ? "provider: null\n" : section("provider", provider)) +
         section("tags", map_text(tracing.tags)) + section("baggage", map_text(tracing.baggage));
}

std::string hooks_text(const FunctionContext& context) {
  const std::string lists =
      list_text("pre", context.pre_hooks) + list_text("post", context.post_hooks);
  return lists.empty() ? lists
                       : section("hooks",
                                 "# Instead of the platform's own hooks, and not after them.\n"
                                 "policy: Override\n" +
                                     lists);
}

std::string scale_v1beta2(const Description& function) {
  std::string keda;
  if (is_async(function)) {
    keda = section("scaledObject", "pollingInterval: 15\ncooldownPeriod: 60\n") +
           section("triggers", scaler_items(function));
  }
  return section("scaleOptions",
                 replicas_text(function) + knative_options(function) + section("keda", keda));
}

std::string io_v1beta1(const std::string& name, const std::string& component,
                       const std::string& topic) {
  return member("name", name) + member("component", component) + member("topic", topic);
}

std::string inputs_v1beta1(const FunctionContext& context) {
  std::string items;
  for (const Trigger& trigger : context.triggers) {
    items += item(io_v1beta1(trigger.name, trigger.component, trigger.topic));
  }
  return section("inputs", items);
}

std::string outputs_v1beta1(const FunctionContext& context) {
  std::string items;
  for (const Output& output : context.outputs) {
    std::string text = io_v1beta1(output.name, output.component, output.topic) +
                       section("params", map_text(output.metadata));
    if (output.kind == ComponentKind::kBinding) text += member("operation", output.operation);
    items += item(text);
  }
  return section("outputs", items);
}

std::string scale_v1beta1(const Description& function) {
  std::string keda;
  if (is_async(function)) {
    keda = section(
        "keda", section("scaledObject",
                        "workloadType: Deployment\npollingInterval: 15\ncooldownPeriod: "
                        "60\nminReplicaCount: " +
                            std::to_string(function.min_replicas) +
                            "\nmaxReplicaCount: " + std::to_string(function.max_replicas) + "\n"));
  }
  return section("scaleOptions", replicas_text(function) + knative_options(function) + keda);
}

// In v1beta1 hooks and tracing are YAML in annotations.
std::string annotations_v1beta1(const FunctionContext& context) {
  const std::string hooks =
      list_text("pre", context.pre_hooks) + list_text("post", context.post_hooks);
  std::string text;
  if (!hooks.empty()) text += fill("plugins: |\n  ${hooks}\n", {{"hooks", hooks}});
  if (context.tracing) {
    text +=
        fill("plugins.tracing: |\n  ${tracing}\n", {{"tracing", tracing_text(*context.tracing)}});
  }
  return section("annotations", text);
}

// What v1beta1 has no word for.
std::optional<std::string> impossible_in_v1beta1(const Description& function) {
  const FunctionContext& context = function.context;
  if (is_async(function) && context.http) {
    return "v1beta1 has no function with both HTTP and Dapr triggers: use --openfunction=v1beta2";
  }
  if (!context.inputs.empty()) {
    return "v1beta1 has no inputs that the function fetches: use --openfunction=v1beta2";
  }
  for (const UsedComponent& used : used_components(context)) {
    if (function.find_component(used.name) != nullptr) continue;
    return "no file of --components describes the component " + quoted(used.name) +
           "; in v1beta1 the Function contains its components, and the controller drops outputs of "
           "all others: add the file, or use --openfunction=v1beta2";
  }
  return std::nullopt;
}

std::string timeout_note(const Description& function) {
  if (is_async(function) || function.timeout <= kKnativeTimeout) return {};
  return "# OFN_TIMEOUT is 300s, because OpenFunction leaves timeoutSeconds at Knative's "
         "default.\n";
}

// The members of `serving` about the pod, which both versions have.
std::string pod_text(const Description& wanted) {
  const Description function = as_controlled(wanted);
  return fill(R"(${annotations}
# The controller makes them variables of the container.
${note}
${params}
${template}
)",
              {{"annotations", annotations_text(function)},
               {"note", timeout_note(wanted)},
               {"params", params_text(function)},
               {"template", template_text(function)}});
}

std::string version_member(const Description& function) {
  return member("version", function.context.version);
}

}  // namespace

std::string openfunction_v1beta2_text(const Description& wanted) {
  const Description function = as_controlled(wanted);
  return fill(R"(${heading}
apiVersion: core.openfunction.io/v1beta2
kind: Function
metadata:
  name: ${name}
  ${namespace}
spec:
  ${version}
  image: ${image}
  serving:
    ${triggers}
    ${outputs}
    ${components}
    ${scale}
    ${hooks}
    ${tracing}
    ${pod}
)",
              {{"heading",
                heading(function, "OpenFunction Function of " + function.name, "--openfunction")},
               {"name", scalar(function.name)},
               {"namespace", namespace_member(function)},
               {"version", version_member(function)},
               {"image", scalar(function.image)},
               {"triggers", triggers_v1beta2(function)},
               {"outputs", outputs_v1beta2(function)},
               {"components", components_text(function, false)},
               {"scale", scale_v1beta2(function)},
               {"hooks", hooks_text(function.context)},
               {"tracing", function.context.tracing
                               ? section("tracing", tracing_text(*function.context.tracing))
                               : ""},
               {"pod", pod_text(wanted)}});
}

Result<std::string> openfunction_v1beta1_text(const Description& wanted) {
  if (auto impossible = impossible_in_v1beta1(wanted)) {
    return fail(Code::kInvalidArgument, *std::move(impossible));
  }
  const Description function = as_controlled(wanted);
  return fill(R"(${heading}
apiVersion: core.openfunction.io/v1beta1
kind: Function
metadata:
  name: ${name}
  ${namespace}
  ${metadata}
spec:
  ${version}
  image: ${image}
  port: ${port}
  serving:
    runtime: ${runtime}
    ${inputs}
    ${outputs}
    ${components}
    ${scale}
    ${triggers}
    ${pod}
)",
              {{"heading", heading(function, "OpenFunction Function of " + function.name,
                                   "--openfunction=v1beta1")},
               {"name", scalar(function.name)},
               {"namespace", namespace_member(function)},
               {"metadata", annotations_v1beta1(function.context)},
               {"version", version_member(function)},
               {"image", scalar(function.image)},
               {"port", std::to_string(is_async(function) ? kAsyncPort : function.port)},
               {"runtime", is_async(function) ? "async" : "knative"},
               {"inputs", inputs_v1beta1(function.context)},
               {"outputs", outputs_v1beta1(function.context)},
               {"components", components_text(function, true)},
               {"scale", scale_v1beta1(function)},
               {"triggers", is_async(function) ? section("triggers", scaler_items(function)) : ""},
               {"pod", pod_text(wanted)}});
}

std::string explained_text(const Description& wanted) {
  Description function = as_controlled(wanted);
  if (is_async(function)) function.port = kAsyncPort;
  const auto line = [](const std::string& name, const std::string& value) {
    return name + "=" + document::quote(value) + "\n";
  };
  std::string text = comment(
      "The variables that OpenFunction's controller sets for the Function of " + function.name +
      ",\nas a file for --env-file. The cluster generates serving-xxxxx and yyyyy in the names of\n"
      "components that the Function contains. It also sets POD_NAME and POD_NAMESPACE.\n");
  text += line("APP_PROTOCOL", function.calls_by_http ? "http" : "grpc");
  text += line("FUNC_CONTEXT", document::to_json(controllers_v1beta1(function)));
  text += line("FUNC_CONTEXT_V1BETA2", document::to_json(controllers_v1beta2(function)));
  for (const auto& [name, value] : variables_of(function, place_of(function))) {
    if (name != "PORT" && name != "APP_PROTOCOL") text += line(name, value);
  }
  return text;
}

}  // namespace ofn::manifest
