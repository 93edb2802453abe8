#include "invocation/declared.h"

#include <cstddef>

namespace ofn {

Declared::Declared(const FunctionContext& context) : context_(context) {
  for (const Trigger& trigger : context.triggers) {
    inputs_.push_back({.name = trigger.name,
                       .alias = trigger.alias,
                       .component = trigger.component,
                       .type = trigger.component_type,
                       .topic = trigger.topic,
                       .metadata = keep(trigger.metadata),
                       .triggers = true});
  }
  for (const Input& input : context.inputs) {
    inputs_.push_back({.name = input.name,
                       .component = input.component,
                       .type = input.component_type,
                       .topic = input.topic,
                       .operation = input.operation,
                       .metadata = keep(input.metadata)});
  }
  for (const Output& output : context.outputs) {
    const bool binding = output.kind == ComponentKind::kBinding;
    outputs_.push_back({.name = output.name,
                        .alias = output.alias,
                        .component = output.component,
                        .type = output.component_type,
                        .topic = output.topic,
                        .operation = binding ? output.operation : std::string_view(),
                        .metadata = keep(output.metadata)});
  }
  for (const State& state : context.states) {
    states_.push_back(
        {.name = state.name, .component = state.component, .type = state.component_type});
  }
}

const Component* Declared::input_of(const Trigger& trigger) const noexcept {
  for (std::size_t i = 0; i < context_.triggers.size(); ++i) {
    if (&context_.triggers[i] == &trigger) return &inputs_[i];
  }
  return nullptr;
}

std::span<const Field> Declared::keep(const Metadata& metadata) {
  std::vector<Field>& fields = metadata_.emplace_back();
  for (const auto& [name, value] : metadata) fields.push_back({name, value});
  return fields;
}

}  // namespace ofn
