#include "manifest/context_json.h"

#include <utility>
#include <vector>

namespace ofn::manifest {

namespace {

using document::Node;

// Sets a member unless the text is empty, as Go's `omitempty` does.
void set_text(Node& object, std::string_view name, const std::string& text) {
  if (!text.empty()) object.set(name, text);
}

void set_texts(Node& object, std::string_view name, const Metadata& texts) {
  if (texts.empty()) return;
  Node map = Node::object();
  for (const auto& [key, value] : texts) map.set(key, value);
  object.set(name, std::move(map));
}

void set_list(Node& object, std::string_view name, const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  Node list = Node::list();
  for (const std::string& text : texts) list.add(text);
  object.set(name, std::move(list));
}

void set_parts(Node& object, std::string_view name, Node parts) {
  if (!parts.children().empty()) object.set(name, std::move(parts));
}

Node part(const std::string& component, const std::string& type) {
  return Node::object({{"componentName", component}, {"componentType", type}});
}

std::string type_of(const Description& function, const Trigger& trigger) {
  if (!trigger.component_type.empty()) return trigger.component_type;
  const Component* component = function.find_component(trigger.component);
  if (component != nullptr) return component->type;
  return trigger.kind == ComponentKind::kPubsub ? "pubsub" : "bindings";
}

// The name of a trigger or an output beside its component; empty if it is the component's.
std::string own_name(const std::string& name, const std::string& component) {
  return name == component ? std::string() : name;
}

Node http_node(const Description& function) {
  Node http = Node::object({{"port", Node::number(function.port)}});
  if (!function.context.http) return http;
  if (!function.context.http->engine.empty()) http.set("engine", function.context.http->engine);
  return http;
}

Node dapr_node(const Description& function,
               std::string (*name_of)(const Description&, std::string_view)) {
  Node list = Node::list();
  for (const Trigger& trigger : function.context.triggers) {
    Node entry = Node::object({{"name", name_of(function, trigger.component)}});
    set_text(entry, "type", trigger.component_type);
    set_text(entry, "topic", trigger.topic);
    set_text(entry, "inputName", own_name(trigger.name, trigger.component));
    list.add(std::move(entry));
  }
  return list;
}

std::string same_name(const Description& /*function*/, std::string_view component) {
  return std::string(component);
}

Node states_node(const Description& function,
                 std::string (*name_of)(const Description&, std::string_view)) {
  Node states = Node::object();
  for (const State& state : function.context.states) {
    states.set(state.name, part(name_of(function, state.component), state.component_type));
  }
  return states;
}

std::string version_of(const Description& function) {
  return function.context.version.empty() ? "latest" : function.context.version;
}

// `tracing` in both schemas.
Node tracing_node(const Tracing& tracing) {
  Node node = Node::object(
      {{"enabled", Node::scalar(Node::Kind::kBool, tracing.enabled ? "true" : "false")}});
  if (tracing.provider.empty()) {
    node.set("provider", Node());
  } else {
    Node provider = Node::object({{"name", tracing.provider}});
    set_text(provider, "oapServer", tracing.oap_server);
    if (tracing.exporter != TracingExporter()) {
      Node exporter =
          Node::object({{"name", tracing.exporter.name}, {"endpoint", tracing.exporter.endpoint}});
      set_text(exporter, "headers", tracing.exporter.headers);
      set_text(exporter, "compression", tracing.exporter.compression);
      set_text(exporter, "timeout", tracing.exporter.timeout);
      set_text(exporter, "protocol", tracing.exporter.protocol);
      provider.set("exporter", std::move(exporter));
    }
    node.set("provider", std::move(provider));
  }
  set_texts(node, "tags", tracing.tags);
  set_texts(node, "baggage", tracing.baggage);
  return node;
}

}  // namespace

Node own_context(const Description& function) {
  const FunctionContext& context = function.context;
  Node document = Node::object({{"name", function.name}});
  set_text(document, "version", context.version);
  set_text(document, "httpPattern", context.http_pattern);
  Node triggers = Node::object();
  if (function.serves_http()) triggers.set("http", http_node(function));
  if (!context.triggers.empty()) triggers.set("dapr", dapr_node(function, same_name));
  document.set("triggers", std::move(triggers));
  Node inputs = Node::object();
  for (const Input& input : context.inputs) {
    Node entry = part(input.component, input.component_type);
    set_text(entry, "topic", input.topic);
    set_text(entry, "operation", input.operation);
    set_texts(entry, "metadata", input.metadata);
    inputs.set(input.name, std::move(entry));
  }
  set_parts(document, "inputs", std::move(inputs));
  Node outputs = Node::object();
  for (const Output& output : context.outputs) {
    Node entry = part(output.component, output.component_type);
    set_text(entry, "topic", output.topic);
    if (output.kind == ComponentKind::kBinding) set_text(entry, "operation", output.operation);
    set_texts(entry, "metadata", output.metadata);
    outputs.set(output.name, std::move(entry));
  }
  set_parts(document, "outputs", std::move(outputs));
  set_parts(document, "states", states_node(function, same_name));
  set_list(document, "preHooks", context.pre_hooks);
  set_list(document, "postHooks", context.post_hooks);
  if (context.tracing) document.set("tracing", tracing_node(*context.tracing));
  return document;
}

std::string name_in_cluster(const Description& function, std::string_view component) {
  const Component* defined = function.find_component(component);
  if (defined == nullptr) return std::string(component);
  return "serving-xxxxx-" + std::string(block_of(defined->type)) + "-" + defined->name + "-yyyyy";
}

Node controllers_v1beta1(const Description& function) {
  const FunctionContext& context = function.context;
  Node document = Node::object({{"name", function.name}, {"version", version_of(function)}});
  Node inputs = Node::object();
  for (const Trigger& trigger : context.triggers) {
    const std::string type = type_of(function, trigger);
    Node entry = Node::object();
    set_text(entry, "uri", block_of(type) == "bindings" ? trigger.component : trigger.topic);
    entry.set("componentName", name_in_cluster(function, trigger.component));
    entry.set("componentType", type);
    inputs.set(trigger.name, std::move(entry));
  }
  set_parts(document, "inputs", std::move(inputs));
  Node outputs = Node::object();
  for (const Output& output : context.outputs) {
    const bool is_binding = output.kind == ComponentKind::kBinding;
    Node entry = Node::object();
    set_text(entry, "uri", is_binding ? output.component : output.topic);
    entry.set("componentName", name_in_cluster(function, output.component));
    entry.set("componentType", output.component_type);
    set_texts(entry, "metadata", output.metadata);
    if (is_binding) set_text(entry, "operation", output.operation);
    outputs.set(output.name, std::move(entry));
  }
  set_parts(document, "outputs", std::move(outputs));
  set_parts(document, "states", states_node(function, name_in_cluster));
  document.set("runtime", context.triggers.empty() ? "Knative" : "Async");
  document.set("port", std::to_string(function.port));
  return document;
}

Node controllers_v1beta2(const Description& function) {
  const FunctionContext& context = function.context;
  Node document = Node::object({{"name", function.name}, {"version", version_of(function)}});
  Node triggers = Node::object();
  if (function.serves_http()) {
    Node http = Node::object({{"port", Node::number(function.port)}});
    http.set("route",
             Node::object({{"gatewayRef", Node::object({{"name", "openfunction"},
                                                        {"namespace", "openfunction"}})}}));
    if (context.http && !context.http->engine.empty()) http.set("engine", context.http->engine);
    triggers.set("http", std::move(http));
  }
  if (!context.triggers.empty()) triggers.set("dapr", dapr_node(function, name_in_cluster));
  Node listed = Node::list();
  Node inputs = Node::object();
  for (const Input& input : context.inputs) {
    Node reference = Node::object({{"name", input.component}});
    set_text(reference, "type", input.component_type);
    set_text(reference, "topic", input.topic);
    listed.add(Node::object({{"dapr", std::move(reference)}}));
    Node entry = part(name_in_cluster(function, input.component), input.component_type);
    set_text(entry, "topic", input.topic);
    inputs.set(input.component, std::move(entry));
  }
  set_parts(triggers, "inputs", std::move(listed));
  document.set("triggers", std::move(triggers));
  set_parts(document, "inputs", std::move(inputs));
  Node outputs = Node::object();
  for (const Output& output : context.outputs) {
    Node entry = part(name_in_cluster(function, output.component), output.component_type);
    set_texts(entry, "metadata", output.metadata);
    if (output.kind == ComponentKind::kBinding) set_text(entry, "operation", output.operation);
    outputs.set(output.component, std::move(entry));
  }
  set_parts(document, "outputs", std::move(outputs));
  set_parts(document, "states", states_node(function, name_in_cluster));
  set_list(document, "preHooks", context.pre_hooks);
  set_list(document, "postHooks", context.post_hooks);
  if (context.tracing && context.tracing->enabled) {
    document.set("tracing", tracing_node(*context.tracing));
  }
  return document;
}

}  // namespace ofn::manifest
