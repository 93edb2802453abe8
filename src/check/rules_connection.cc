// The rules of a context and the components together: OFN2002 to OFN2004, 2011, 2012, 2015, 2016.
#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>

#include <ofn/field.h>

#include "base/nearest.h"
#include "check/facts.h"
#include "document/problem.h"
#include "localdapr/catalogue.h"
#include "localdapr/component_properties.h"
#include "localdapr/topic_scopes.h"

namespace ofn::check {

namespace {

using document::Placed;
using localdapr::Kind;

std::string_view kind_of(std::string_view type) { return type.substr(0, type.find('.')); }

// How the function uses a component.
enum class Use : std::uint8_t { kOutput, kInput, kState };

std::string_view use_word(Use use) {
  return use == Use::kOutput ? "output" : use == Use::kInput ? "input" : "state";
}

std::string_view kind_word(ComponentKind kind) {
  return kind == ComponentKind::kPubsub ? "pubsub" : "bindings";
}

struct Wanted {
  Use use;
  std::string_view name;       // in the context
  std::string_view component;  // its name
  std::string_view type;       // may be empty
  std::string_view kind;       // "bindings", "pubsub", "state"
  std::string_view topic;
};

class Connections {
 public:
  Connections(const Facts& facts, Findings& findings) : facts_(facts), findings_(findings) {}

  void check(const CheckedContext& checked) {
    const FunctionContext& context = *checked.context;
    for (const Output& output : context.outputs) {
      check({.use = Use::kOutput,
             .name = output.name,
             .component = output.component,
             .type = output.component_type,
             .kind = kind_word(output.kind),
             .topic = output.topic},
            checked.output(output));
    }
    for (const Trigger& trigger : context.triggers) {
      if (context.runtime != Runtime::kAsync) break;  // only this runtime subscribes
      check({.use = Use::kInput,
             .name = trigger.name,
             .component = trigger.component,
             .type = trigger.component_type,
             .kind = kind_word(trigger.kind),
             .topic = trigger.topic},
            checked.trigger(trigger));
    }
    for (const State& state : context.states) {
      check({.use = Use::kState,
             .name = state.name,
             .component = state.component,
             .type = state.component_type,
             .kind = state.component_type.empty() ? "state" : kind_of(state.component_type),
             .topic = {}},
            checked.state(state));
    }
    for (const Input& input : context.inputs) used_.insert(input.component);
  }

  const std::set<std::string, std::less<>>& used() const { return used_; }

 private:
  // A trigger of v1beta2 names its component and type in members with other names.
  static const Placed* member(const CheckedContext::Found& found, std::string_view name,
                              std::string_view other) {
    const Placed* member = found.value->find(name);
    return member == nullptr ? found.value->find(other) : member;
  }

  void check(const Wanted& wanted, const CheckedContext::Found& found) {
    used_.emplace(wanted.component);
    if (!found || facts_.project.components_folder.empty()) return;
    const Placed* name = member(found, "componentName", "name");
    const Placed* type = member(found, "componentType", "type");
    const Spot name_spot =
        name == nullptr ? found.document->key_spot(*found.value) : found.document->spot_of(*name);
    const CheckedComponent* checked = facts_.find_component(wanted.component);
    if (checked == nullptr) return report_missing(wanted, name_spot, found.document->is_verbatim);
    const Spot type_spot = type == nullptr ? name_spot : found.document->spot_of(*type);
    const localdapr::Component& component = checked->component;
    if (!same_field_name(kind_of(component.type), wanted.kind)) {
      findings_.add("OFN2003", type_spot,
                    "the " + std::string(use_word(wanted.use)) + " " + quoted(wanted.name) +
                        " needs a component of a type " + std::string(wanted.kind) + ".*, and " +
                        quoted(component.name) + " in " + checked->text->name + " is of type " +
                        quoted(component.type),
                    "correct the type in one of the two files, or name another component");
      return;
    }
    if (!wanted.type.empty() && !same_field_name(wanted.type, component.type) &&
        wanted.type.contains('.')) {
      findings_.add(
          "OFN2004", type_spot,
          "the context says type " + quoted(wanted.type) + ", and " + checked->text->name +
              " says " + quoted(component.type),
          "write the same type in both files, unless another one is used here on purpose");
    }
    check_direction(wanted, *checked, name_spot);
    check_scope(wanted, *checked, found);
  }

  void report_missing(const Wanted& wanted, const Spot& spot, bool is_verbatim) {
    if (std::ranges::find(facts_.refused_components, wanted.component) !=
        facts_.refused_components.end()) {
      return;  // OFN2001 says what is wrong with it
    }
    const std::vector<std::string> known = facts_.component_names();
    const std::string certain = certain_word(wanted.component, known);
    findings_.add_fixable("OFN2002", spot,
                          "no file in " + facts_.project.components_folder + " has the component " +
                              quoted(wanted.component) + " of the " +
                              std::string(use_word(wanted.use)) + " " + quoted(wanted.name) +
                              (certain.empty() ? did_you_mean(wanted.component, known)
                                               : "; did you mean " + quoted(certain) + "?"),
                          "name a component that a file has, or add a file for it; "
                          "docs/local-sidecar.md has examples",
                          is_verbatim ? replacement_at(spot, certain) : "");
  }

  void check_direction(const Wanted& wanted, const CheckedComponent& checked, const Spot& spot) {
    const localdapr::ComponentType* type = localdapr::find_type(checked.component.type);
    if (type == nullptr || wanted.kind != "bindings") return;
    const bool is_output = wanted.use == Use::kOutput;
    const std::string_view other = is_output ? "input" : "output";
    if (type->kind == (is_output ? Kind::kInput : Kind::kOutput)) {
      findings_.add("OFN2011", spot,
                    "a component of type " + quoted(type->name) + " is an " + std::string(other) +
                        " only, and the context uses it as an " + std::string(use_word(wanted.use)),
                    "name another component");
      return;
    }
    const auto direction = localdapr::direction_of(checked.component);
    if (!direction || (is_output ? direction->output : direction->input)) return;
    findings_.add("OFN2011", spot,
                  "the component " + quoted(checked.component.name) + " in " + checked.text->name +
                      " has the direction " + std::string(other) +
                      " only, and the context uses it as an " + std::string(use_word(wanted.use)),
                  "add " + quoted(use_word(wanted.use)) + " to its property \"direction\"");
  }

  void check_scope(const Wanted& wanted, const CheckedComponent& checked,
                   const CheckedContext::Found& found) {
    if (wanted.topic.empty()) return;
    const std::string app_id =
        non_empty(facts_.project.environment, "APP_ID").value_or("functions-framework");
    const localdapr::TopicScopes scopes(checked.component, app_id);
    const bool is_output = wanted.use == Use::kOutput;
    if (is_output ? scopes.may_publish(wanted.topic) : scopes.may_subscribe(wanted.topic)) return;
    const Placed* topic = member(found, "topic", "uri");
    findings_.add(
        "OFN2012",
        topic == nullptr ? found.document->key_spot(*found.value) : found.document->spot_of(*topic),
        "the component " + quoted(checked.component.name) + " in " + checked.text->name +
            " does not let the app " + quoted(app_id) +
            (is_output ? " publish to" : " subscribe to") + " the topic " + quoted(wanted.topic),
        "add the topic to the component's allowedTopics or scopes, or use another topic");
  }

  const Facts& facts_;
  Findings& findings_;
  std::set<std::string, std::less<>> used_;
};

bool names(const CheckedSource& source, CodeName::Kind kind, std::string_view name) {
  return std::ranges::any_of(source.names.names, [&](const CodeName& each) {
    return each.kind == kind && each.name == name;
  });
}

// Stores may be used without the context.
bool is_named_in_code(const Facts& facts, std::string_view component) {
  return std::ranges::any_of(facts.sources, [&](const CheckedSource& source) {
    return names(source, CodeName::Kind::kState, component) ||
           names(source, CodeName::Kind::kSecretStore, component);
  });
}

bool is_secret_store_of_another(const Facts& facts, std::string_view component) {
  return std::ranges::any_of(facts.components, [&](const CheckedComponent& each) {
    return document::at(each.document, "$.auth.secretStore").node->text == component;
  });
}

}  // namespace

void check_connections(const Facts& facts, Findings& findings) {
  Connections connections(facts, findings);
  bool all_are_known = !facts.contexts.empty();
  for (const CheckedContext& checked : facts.contexts) {
    if (!checked.context) {
      all_are_known = false;
      continue;
    }
    connections.check(checked);
    if (facts.project.components_folder.empty() && checked.context->needs_sidecar()) {
      const PlacedDocument& document = checked.documents.front();
      findings.add("OFN2016", document.spot(document.root->begin, document.root->begin),
                   "the context names components, and there is no folder of components",
                   "make a folder components/ with a file for each component, or name another "
                   "with --components; beside another sidecar none is needed");
    }
  }
  if (!all_are_known) return;
  for (const CheckedComponent& checked : facts.components) {
    const std::string& name = checked.component.name;
    if (connections.used().contains(name) || is_named_in_code(facts, name) ||
        is_secret_store_of_another(facts, name)) {
      continue;
    }
    findings.add("OFN2015", checked.name_spot(),
                 "neither the context nor the code names the component " + quoted(name),
                 "use it, or remove the file");
  }
}

}  // namespace ofn::check
