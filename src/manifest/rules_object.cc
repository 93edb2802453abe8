// Rules about objects that run no pod themselves, about OpenFunction's Function, and about several
// objects together.

#include <algorithm>
#include <array>

#include "context/units.h"
#include "manifest/component.h"
#include "manifest/description.h"
#include "manifest/rules.h"

namespace ofn::manifest {

namespace {

using document::Node;

bool is_function(const Node& object) {
  return object.find_text("kind") == "Function" &&
         object.find_text("apiVersion").starts_with("core.openfunction.io/");
}
bool is_v1beta1(const Node& object) { return object.find_text("apiVersion").ends_with("/v1beta1"); }
const Node* serving_of(const Node& object) {
  return is_function(object) ? node_at(&object, {"spec", "serving"}) : nullptr;
}

// Calls `use(entry, component, type, what)` for each trigger and output of a Function.
template <class Use>
void each_connection(const Node& object, Use use) {
  const Node* serving = serving_of(object);
  if (serving == nullptr) return;
  const auto walk = [&](const Node* list, bool is_wrapped, std::string_view what) {
    if (list == nullptr) return;
    for (const Node& item : list->items()) {
      const Node* entry = is_wrapped ? item.find_value("dapr") : &item;
      if (entry == nullptr) continue;
      const std::string_view key = is_v1beta1(object) ? "component" : "name";
      use(*entry, entry->find_text(key), entry->find_text("type"), what);
    }
  };
  if (is_v1beta1(object)) {
    walk(serving->find_value("inputs"), false, "input");
    walk(serving->find_value("outputs"), false, "output");
  } else {
    walk(node_at(serving, {"triggers", "dapr"}), false, "trigger");
    walk(serving->find_value("outputs"), true, "output");
  }
}

// The spec of a component that the Function contains; null if it has none.
const Node* own_component(const Node& object, std::string_view name) {
  const Node* serving = serving_of(object);
  const Node* binding = node_at(serving, {"bindings", name});
  return binding != nullptr ? binding : node_at(serving, {"pubsub", name});
}

void component_missing(const Node& object, Findings& findings) {
  each_connection(object, [&](const Node& entry, std::string_view component, std::string_view,
                              std::string_view what) {
    const std::string_view key = is_v1beta1(object) ? "component" : "dapr.name";
    if (component.empty()) {
      return findings.add(entry.line(), "an " + std::string(what) + " names no Dapr component",
                          "add " + std::string(key));
    }
    if (is_v1beta1(object) && own_component(object, component) == nullptr) {
      findings.add(entry.line(),
                   "the component " + quoted(component) +
                       " is neither in bindings nor in pubsub, so the controller drops the " +
                       std::string(what),
                   "add the component to bindings or pubsub, or use apiVersion "
                   "core.openfunction.io/v1beta2");
    }
  });
}

void topic_missing(const Node& object, Findings& findings) {
  each_connection(object, [&](const Node& entry, std::string_view component, std::string_view type,
                              std::string_view what) {
    const Node* own = own_component(object, component);
    if (type.empty() && own != nullptr) type = own->find_text("type");
    if (block_of(type) != "pubsub" || !entry.find_text("topic").empty()) return;
    findings.add(
        entry.line(),
        "the " + std::string(what) + " of the pubsub " + quoted(component) + " has no topic",
        "add topic");
  });
}

void container_name(const Node& object, Findings& findings) {
  const Node* containers = node_at(serving_of(object), {"template", "containers"});
  if (containers == nullptr || containers->items().empty()) return;
  if (std::ranges::any_of(containers->items(),
                          [](const Node& each) { return each.find_text("name") == "function"; }))
    return;
  findings.add(containers->items().front().line(),
               "no container is named function, so the controller adds another one for the image",
               "name the function's container `function`");
}

void template_ports(const Node& object, Findings& findings) {
  const Node* containers = node_at(serving_of(object), {"template", "containers"});
  if (containers == nullptr) return;
  for (const Node& container : containers->items()) {
    const Node* ports = container.find_value("ports");
    if (container.find_text("name") != "function" || ports == nullptr || ports->items().empty())
      continue;
    findings.add(
        ports->line(),
        "the controller adds the function's port, so the container has two; Knative refuses that",
        "remove ports; set triggers.http.port (v1beta1: spec.port)");
  }
}

void async_port(const Node& object, Findings& findings) {
  const Node* serving = serving_of(object);
  const Node* dapr = node_at(serving, {"triggers", "dapr"});
  const Node* port = node_at(serving, {"triggers", "http", "port"});
  if (dapr == nullptr || dapr->items().empty() || port == nullptr || port->text() == "8080") return;
  findings.add(
      port->line(),
      "a function with Dapr triggers gets port 8080 from the controller, and its context says " +
          quoted(port->text()),
      "set triggers.http.port to 8080");
}

void compare_bounds(const Node* where, std::optional<std::int64_t> least,
                    std::optional<std::int64_t> most, bool is_zero_unlimited, Findings& findings) {
  if (where == nullptr) return;
  if (least.value_or(0) < 0 || most.value_or(1) < 0) {
    return findings.add(where->line(), "a number of replicas is negative", "set it to 0 or more");
  }
  const bool is_unlimited = !most || (is_zero_unlimited && *most == 0);
  if (!is_unlimited && least.value_or(0) > *most) {
    findings.add(where->line(),
                 "at least " + std::to_string(*least) + " and at most " + std::to_string(*most) +
                     " replicas are wanted",
                 "make the smaller number not larger than the other one");
  }
}

void replicas(const Node& object, Findings& findings) {
  if (const Node* options = node_at(serving_of(object), {"scaleOptions"})) {
    compare_bounds(options, number_at(options, {"minReplicas"}),
                   number_at(options, {"maxReplicas"}).value_or(10), false, findings);
  }
  if (object.find_text("kind") == "ScaledObject") {
    const Node* spec = object.find_value("spec");
    compare_bounds(spec, number_at(spec, {"minReplicaCount"}),
                   number_at(spec, {"maxReplicaCount"}).value_or(100), false, findings);
  }
  if (const Node* annotations = node_at(&object, {"spec", "template", "metadata", "annotations"})) {
    compare_bounds(annotations, number_at(annotations, {"autoscaling.knative.dev/min-scale"}),
                   number_at(annotations, {"autoscaling.knative.dev/max-scale"}), true, findings);
  }
}

void deprecated_kind(const Node& object, Findings& findings) {
  if (object.find_text("kind") != "HTTPScaledObject") return;
  findings.add(object.line(), "HTTPScaledObject is deprecated",
               "use an InterceptorRoute (http.keda.sh/v1beta1) and a ScaledObject with the trigger "
               "external-push, "
               "as `manifest --keda` writes them");
}

// Types of bindings that daprd opens in both directions unless it is told one.
constexpr std::array<std::string_view, 12> kBothWays = {"bindings.kafka",
                                                        "bindings.mqtt3",
                                                        "bindings.rabbitmq",
                                                        "bindings.aws.sqs",
                                                        "bindings.aws.kinesis",
                                                        "bindings.azure.eventhubs",
                                                        "bindings.azure.eventgrid",
                                                        "bindings.azure.servicebusqueues",
                                                        "bindings.azure.storagequeues",
                                                        "bindings.gcp.pubsub",
                                                        "bindings.rocketmq",
                                                        "bindings.zeebe.jobworker"};

void check_direction(const Node& spec, std::string_view name, Findings& findings) {
  if (std::ranges::find(kBothWays, spec.find_text("type")) == kBothWays.end()) return;
  const Node* properties = spec.find_value("metadata");
  if (properties != nullptr && std::ranges::any_of(properties->items(), [](const Node& each) {
        return equal_ignoring_case(each.find_text("name"), "direction");
      })) {
    return;
  }
  findings.add(
      spec.line(),
      "the binding " + quoted(name) +
          " has no direction, so daprd asks the program whether it reads it, and may read what "
          "nobody wants",
      R"(add to metadata: {name: direction, value: "input"} (or "output", or "input, output"))");
}

void direction_missing(const Node& object, Findings& findings) {
  if (object.find_text("kind") == "Component") {
    const Node* name = node_at(&object, {"metadata", "name"});
    const Node* spec = object.find_value("spec");
    if (spec != nullptr) check_direction(*spec, name == nullptr ? "" : name->text(), findings);
  }
  if (const Node* bindings = node_at(serving_of(object), {"bindings"})) {
    for (const Node& binding : bindings->members())
      check_direction(binding, binding.key(), findings);
  }
}

void component_incomplete(const Node& object, Findings& findings) {
  if (object.find_text("kind") != "Component") return;
  const Node* name = node_at(&object, {"metadata", "name"});
  const Node* type = node_at(&object, {"spec", "type"});
  if (name == nullptr || name->text().empty())
    findings.add(object.line(), "the component has no name", "add metadata.name");
  if (type == nullptr || type->text().empty())
    findings.add(object.line(), "the component has no type",
                 "add spec.type, such as bindings.kafka");
}

// Compose stops a service by SIGTERM, too.
void compose_grace(const Node& object, Findings& findings) {
  const Node* services = object.find_value("services");
  if (object.find("kind") != nullptr || services == nullptr) return;
  for (const Node& service : services->members()) {
    const Node* environment = service.find_value("environment");
    EnvironmentMap variables;
    if (environment != nullptr) {
      for (const Node& each : environment->members()) variables.emplace(each.key(), each.text());
      for (const Node& each : environment->items()) {
        const std::string& text = each.text();
        if (const auto equals = text.find('='); equals != std::string::npos)
          variables.emplace(text.substr(0, equals), text.substr(equals + 1));
      }
    }
    if (std::ranges::none_of(variables,
                             [](const auto& each) { return is_programs_variable(each.first); })) {
      continue;
    }
    std::vector<Note> notes;
    const auto settings =
        resolve_settings(Flags(), environment_of(variables), FunctionContext(), notes);
    if (!settings) continue;
    const auto given = parse_duration(service.find_text("stop_grace_period"));
    const std::int64_t grace = given ? whole_seconds(*given) : 10;
    const std::int64_t needed =
        program_stops(settings->drain_delay, settings->drain_timeout) + kContainerEnds;
    if (grace >= needed) continue;
    findings.add(service.line(),
                 "the container is killed after " + std::to_string(grace) +
                     " s, and a stop needs " + std::to_string(needed) + " s",
                 "set stop_grace_period: " + std::to_string(needed) + "s");
  }
}

constexpr std::array<ObjectRule, 10> kObjectRules = {{
    {"component-missing", component_missing},
    {"topic-missing", topic_missing},
    {"container-name", container_name},
    {"template-ports", template_ports},
    {"async-port", async_port},
    {"replicas", replicas},
    {"deprecated-kind", deprecated_kind},
    {"direction-missing", direction_missing},
    {"component-incomplete", component_incomplete},
    {"compose-grace", compose_grace},
}};

bool selects(const Node* selector, const Node* labels) {
  if (selector == nullptr || labels == nullptr || selector->members().empty()) return false;
  return std::ranges::all_of(selector->members(), [labels](const Node& each) {
    return labels->find_text(each.key()) == each.text();
  });
}

bool is_service(const Node& object) {
  return object.find_text("kind") == "Service" && object.find_text("apiVersion") == "v1";
}

// Returns true if the container has the port, by its number or its name.
bool has_port(const Workload& workload, const Node& target) {
  const Node* ports = node_at(workload.container, {"ports"});
  if (ports == nullptr) return target.text() == std::to_string(workload.settings.port.value);
  return std::ranges::any_of(ports->items(), [&target](const Node& port) {
    const Node* number = port.find_value("containerPort");
    return port.find_text("name") == target.text() ||
           (number != nullptr && number->text() == target.text());
  });
}

void service_port(std::span<const Node* const> objects, std::span<const Workload> workloads,
                  Findings& findings) {
  for (const Node* object : objects) {
    const Node* ports = node_at(object, {"spec", "ports"});
    if (!is_service(*object) || ports == nullptr) continue;
    for (const Workload& workload : workloads) {
      if (!selects(node_at(object, {"spec", "selector"}), workload.labels)) continue;
      for (const Node& port : ports->items()) {
        const Node* target = port.find_value("targetPort");
        if (target == nullptr) target = port.find_value("port");
        if (target == nullptr || has_port(workload, *target)) continue;
        findings.add(port.line(),
                     "the Service passes on to port " + quoted(target->text()) +
                         ", which the function's container does not have",
                     "set targetPort to a port of the container, or to its name");
      }
    }
  }
}

void h2c_missing(std::span<const Node* const> objects, std::span<const Workload> workloads,
                 Findings& findings) {
  for (const Node* object : objects) {
    const Node* ports = node_at(object, {"spec", "ports"});
    if (!is_service(*object) || ports == nullptr) continue;
    const bool is_functions = std::ranges::any_of(workloads, [object](const Workload& each) {
      return selects(node_at(object, {"spec", "selector"}), each.labels);
    });
    if (!is_functions) continue;
    for (const Node& port : ports->items()) {
      const std::string_view name = port.find_text("name");
      const bool wants_http2 =
          name.starts_with("h2c") || name.starts_with("grpc") || name.starts_with("http2");
      if (!wants_http2 || port.find_value("appProtocol") != nullptr) continue;
      findings.add(port.line(),
                   "the port " + quoted(name) +
                       " has no appProtocol, so proxies speak HTTP/1.1 to the function",
                   "add appProtocol: kubernetes.io/h2c");
    }
  }
}

constexpr std::array<FileRule, 2> kFileRules = {{
    {"service-port", service_port},
    {"h2c-missing", h2c_missing},
}};

}  // namespace

std::span<const ObjectRule> object_rules() { return kObjectRules; }
std::span<const FileRule> file_rules() { return kFileRules; }

}  // namespace ofn::manifest
