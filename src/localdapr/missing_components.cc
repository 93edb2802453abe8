#include "localdapr/missing_components.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <ofn/field.h>

#include "base/nearest.h"
#include "document/problem.h"

namespace ofn::localdapr {

namespace {

// Returns the first word of a component's type: "bindings", "pubsub", "state".
std::string_view kind_of(std::string_view type) { return type.substr(0, type.find('.')); }

std::string_view kind_word(ComponentKind kind) {
  return kind == ComponentKind::kPubsub ? "pubsub" : "bindings";
}

}  // namespace

std::vector<Error> missing_components(const FunctionContext& context,
                                      std::span<const Component> components,
                                      const std::string& folder) {
  std::vector<Error> missing;
  const auto need = [&](std::string_view what, const std::string& label, const std::string& name,
                        std::string_view kind) {
    const auto found = std::ranges::find(components, name, &Component::name);
    if (found != components.end() && same_field_name(kind_of(found->type), kind)) return;
    std::string text = "the context's " + std::string(what) + " " + label + " needs a component '" +
                       name + "' of a type " + std::string(kind) + ".*, and ";
    if (found != components.end()) {
      text += "the one in " + found->file + " is of type " + found->type;
    } else {
      std::vector<std::string> names;
      std::string joined;
      for (const Component& each : components) {
        names.push_back(each.name);
        joined += (joined.empty() ? "" : ", ") + each.name;
      }
      const std::string nearest = nearest_word(name, names);
      text += "no file in " + folder +
              " has it for this app (components there: " + (joined.empty() ? "none" : joined) + ")";
      if (!nearest.empty()) text += "; did you mean '" + nearest + "'?";
    }
    missing.emplace_back(Code::kNotFound, std::move(text));
  };
  for (const Output& output : context.outputs) {
    need("output", quoted(output.name), output.component, kind_word(output.kind));
  }
  for (const Trigger& trigger : context.triggers) {
    if (context.runtime != Runtime::kAsync) break;  // only this runtime subscribes
    need("input", quoted(trigger.name), trigger.component, kind_word(trigger.kind));
  }
  for (const State& state : context.states) {
    need("state", quoted(state.name), state.component,
         state.component_type.empty() ? "state" : kind_of(state.component_type));
  }
  return missing;
}

}  // namespace ofn::localdapr
