#include "manifest/component.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "context/units.h"
#include "document/reader.h"
#include "document/yaml.h"
#include "manifest/form.h"

namespace ofn::manifest {

namespace {

using document::Node;
using document::Reader;
using document::Reveal;

constexpr std::string_view kDirection = "direction";

Property read_property(Reader entry) {
  Property property{.name = entry.required_text("name", "the property's name"),
                    .value = entry.text("value", Reveal::kHidden)};
  property.variable = entry.text("envRef");
  if (std::optional<Reader> secret = entry.object("secretKeyRef")) {
    property.secret_name = secret->text("name");
    property.secret_key = secret->text("key");
  }
  return property;
}

void read_component(const Node& root, document::Report& report,
                    std::vector<Component>& components) {
  Reader object(root, "", report);
  Component component;
  if (std::optional<Reader> metadata = object.required_object("metadata")) {
    component.name = metadata->required_text("name", "the component's name");
  }
  if (std::optional<Reader> spec = object.required_object("spec")) {
    component.type = spec->required_text("type", "a component type such as bindings.kafka");
    component.version = spec->text("version");
    component.ignore_errors = parse_switch(spec->text("ignoreErrors")).value_or(false);
    component.init_timeout = spec->text("initTimeout");
    spec->each("metadata", Node::Kind::kList, [&](const std::string&, Reader entry) {
      component.properties.push_back(read_property(std::move(entry)));
    });
  }
  if (std::optional<Reader> auth = object.object("auth")) {
    component.secret_store = auth->text("secretStore");
  }
  components.push_back(std::move(component));
}

std::string property_text(const Property& property) {
  std::string text = member("name", property.name);
  if (!property.secret_name.empty()) {
    text += section("secretKeyRef",
                    member("name", property.secret_name) + member("key", property.secret_key));
  } else if (!property.variable.empty()) {
    text += member("envRef", property.variable);
  } else {
    text += "value: " + scalar(property.value) + "\n";
  }
  return item(text);
}

UsedComponent& entry_of(std::vector<UsedComponent>& used, const std::string& name,
                        const std::string& type) {
  const auto found = std::ranges::find(used, name, &UsedComponent::name);
  if (found == used.end()) return used.emplace_back(UsedComponent{name, type, {}});
  if (found->type.empty()) found->type = type;
  return *found;
}

}  // namespace

std::string_view Component::property(std::string_view key) const {
  for (const Property& each : properties) {
    if (equal_ignoring_case(each.name, key) && each.secret_name.empty()) return each.value;
  }
  return {};
}

void read_components(std::string_view file, std::string_view text,
                     std::vector<Component>& components, std::vector<Problem>& problems) {
  std::vector<Note> notes;
  document::Report report{.source = std::string(file),
                          .problems = problems,
                          .notes = notes,
                          .words = document::kYamlWords};
  const auto trees = document::parse_yaml(text);
  if (!trees) return report.problem("", "a YAML document", trees.error().text());
  for (const document::Tree& tree : *trees) {
    if (tree.root.find_text("kind") == "Component") read_component(tree.root, report, components);
  }
}

std::vector<UsedComponent> used_components(const FunctionContext& context) {
  std::vector<UsedComponent> used;
  for (const Trigger& trigger : context.triggers) {
    const std::string type = !trigger.component_type.empty()          ? trigger.component_type
                             : trigger.kind == ComponentKind::kPubsub ? "pubsub"
                                                                      : "bindings";
    entry_of(used, trigger.component, type).use.is_trigger = true;
  }
  for (const Output& output : context.outputs) {
    entry_of(used, output.component, output.component_type).use.is_output = true;
  }
  for (const Input& input : context.inputs) {
    entry_of(used, input.component, input.component_type).use.is_output = true;
  }
  for (const State& state : context.states) entry_of(used, state.component, state.component_type);
  std::ranges::sort(used, {}, &UsedComponent::name);
  return used;
}

std::string_view block_of(std::string_view type) { return type.substr(0, type.find('.')); }

std::string spec_text(const Component& component, const Use& use) {
  std::string properties;
  for (const Property& property : component.properties) properties += property_text(property);
  const bool has_direction = std::ranges::any_of(component.properties, [](const Property& each) {
    return equal_ignoring_case(each.name, kDirection);
  });
  if (block_of(component.type) == "bindings" && !has_direction &&
      (use.is_trigger || use.is_output)) {
    const std::string_view direction = !use.is_output   ? "input"
                                       : use.is_trigger ? "input, output"
                                                        : "output";
    properties += "- name: direction\n  value: \"" + std::string(direction) + "\"\n";
  }
  std::string text = member("type", component.type) +
                     member("version", component.version.empty() ? "v1" : component.version);
  if (component.ignore_errors) text += "ignoreErrors: true\n";
  text += member("initTimeout", component.init_timeout);
  return text + (properties.empty() ? "metadata: []\n" : section("metadata", properties));
}

}  // namespace ofn::manifest
