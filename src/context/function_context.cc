#include "context/function_context.h"

#include <algorithm>

#include "document/problem.h"

namespace ofn {
namespace {

std::string label_of(std::string_view name, std::string_view component) {
  return quoted(name) + " (component " + quoted(component) + ')';
}

template <class Items, class Matches>
auto find(const Items& items, Matches matches) noexcept -> decltype(items.data()) {
  const auto found = std::find_if(items.begin(), items.end(), matches);
  return found == items.end() ? nullptr : &*found;
}

}  // namespace

std::string_view runtime_name(Runtime runtime) noexcept {
  switch (runtime) {
    case Runtime::kNone:
      return "none";
    case Runtime::kKnative:
      return "Knative";
    case Runtime::kAsync:
      return "Async";
  }
  return "none";
}

std::optional<ComponentKind> component_kind(std::string_view component_type) noexcept {
  const std::string_view first = component_type.substr(0, component_type.find('.'));
  if (first == "bindings") return ComponentKind::kBinding;
  if (first == "pubsub") return ComponentKind::kPubsub;
  return std::nullopt;
}

std::string Output::label() const { return label_of(name, component); }
std::string Trigger::label() const { return label_of(name, component); }

const Output* FunctionContext::find_output(std::string_view name_or_alias) const noexcept {
  if (name_or_alias.empty()) return nullptr;
  const Output* found = find(outputs, [&](const Output& o) { return o.name == name_or_alias; });
  if (found != nullptr) return found;
  return find(outputs, [&](const Output& o) { return o.alias == name_or_alias; });
}

const Trigger* FunctionContext::find_binding(std::string_view component) const noexcept {
  return find(triggers, [&](const Trigger& t) {
    return t.kind == ComponentKind::kBinding && t.component == component;
  });
}

const Trigger* FunctionContext::find_topic(std::string_view pubsub,
                                           std::string_view topic) const noexcept {
  return find(triggers, [&](const Trigger& t) {
    return t.kind == ComponentKind::kPubsub && t.component == pubsub && t.topic == topic;
  });
}

std::string FunctionContext::output_names() const {
  if (outputs.empty()) return "none";
  std::string names;
  for (const Output& output : outputs) {
    if (!names.empty()) names += ", ";
    names += quoted(output.name);
    if (!output.alias.empty()) names += " (also " + quoted(output.alias) + ')';
  }
  return names;
}

}  // namespace ofn
