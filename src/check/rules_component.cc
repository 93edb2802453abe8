// The rules of components by themselves, OFN2001 and OFN2005 to OFN2010, 2013, 2014.
#include <algorithm>
#include <charconv>
#include <map>
#include <span>
#include <utility>

#include "base/log.h"
#include "base/nearest.h"
#include "check/facts.h"
#include "document/problem.h"
#include "localdapr/catalogue.h"
#include "localdapr/component_loader.h"
#include "localdapr/component_properties.h"

namespace ofn::check {

namespace {

using document::Placed;

constexpr std::string_view kCorrect =
    "correct the file; docs/local-sidecar.md has the components and their properties";

// A warning of the local sidecar's code, with its fields.
struct Warning {
  std::string message;
  std::map<std::string, std::string, std::less<>> fields;
  std::string_view field(std::string_view name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? std::string_view() : std::string_view(found->second);
  }
};

class Warnings final : public Log {
 public:
  bool enabled(Level level) const noexcept override { return level >= Level::kWarning; }
  void write(Level /*level*/, std::string_view message,
             std::span<const LogField> fields) noexcept override {
    Warning warning{.message = std::string(message), .fields = {}};
    for (const LogField& field : fields) {
      LogRoom room;
      warning.fields.emplace(field.name, written(field.value, room));
    }
    all_.push_back(std::move(warning));
  }
  std::vector<Warning> take() { return std::exchange(all_, {}); }

 private:
  std::vector<Warning> all_;
};

std::size_t line_in(std::string_view digits) {
  std::size_t line = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), line);
  return line;
}

std::size_t line_in(const Error& error) {
  for (const auto& [key, value] : error.context()) {
    if (key == "line") return line_in(value);
  }
  return 0;
}

std::vector<std::string> names_of(const localdapr::ComponentType& type) {
  std::vector<std::string> names;
  for (const auto& properties : type.properties) {
    for (const localdapr::Property& property : properties) names.emplace_back(property.name);
  }
  for (const std::string_view name :
       {"direction", "route", "consumerID", "allowedTopics", "protectedTopics", "publishingScopes",
        "subscriptionScopes", "keyPrefix"}) {
    names.emplace_back(name);
  }
  return names;
}

void report_unknown_member(const Text& text, const Warning& warning,
                           const std::vector<Placed>& documents, Findings& findings) {
  static const std::vector<std::string> top_members = {"apiVersion", "kind", "metadata",
                                                       "spec",       "auth", "scopes"};
  static const std::vector<std::string> spec_members = {"type", "version", "ignoreErrors",
                                                        "initTimeout", "metadata"};
  std::string_view member = warning.field("member");
  const bool is_in_spec = member.starts_with("spec.");
  if (is_in_spec) member.remove_prefix(5);
  const std::size_t line = line_in(warning.field("line"));
  Spot spot = line_spot(text, line);
  for (const Placed& document : documents) {
    const Placed* object = is_in_spec ? document.find("spec") : &document;
    const Placed* found = object == nullptr ? nullptr : object->find(member);
    if (found != nullptr && line_at(text.content, found->key_begin) == line)
      spot = {&text, found->key_begin, found->key_end};
  }
  const std::vector<std::string>& known = is_in_spec ? spec_members : top_members;
  findings.add_fixable(
      "OFN2009", spot,
      "nobody reads the member " + ofn::quoted(member) + did_you_mean(member, known),
      "correct the name, or remove the member", replacement_at(spot, certain_word(member, known)));
}

void check_type(const CheckedComponent& checked, Warnings& log, Findings& findings) {
  const localdapr::Component& component = checked.component;
  const localdapr::ComponentType* type = localdapr::find_type(component.type);
  if (type == nullptr) {
    std::vector<std::string> known;
    for (const localdapr::ComponentType* each : localdapr::catalogue())
      known.emplace_back(each->name);
    const std::string certain = certain_word(component.type, known);
    const Spot spot = checked.type_spot();
    if (!certain.empty()) {
      findings.add_fixable("OFN2005", spot,
                           "the type " + ofn::quoted(component.type) +
                               " does not exist; did you mean " + ofn::quoted(certain) + "?",
                           "correct the type", replacement_at(spot, certain));
    } else {
      findings.add("OFN2006", spot,
                   "the local sidecar does not have the type " + ofn::quoted(component.type) +
                       "; it has " + localdapr::names_of_types(),
                   "use one of these types here, or run Dapr (dapr run) and set DAPR_GRPC_PORT to "
                   "its gRPC port");
    }
    return;
  }
  for (const Header& property : component.properties) {
    // One at a time, so that the property is known.
    localdapr::Component one = component;
    one.properties = {property};
    if (const auto good = localdapr::check_properties(one, *type, log); !good) {
      findings.add("OFN2007", checked.property_spot(property.name), good.error().message(),
                   "remove the property, or run Dapr");
    }
    for (const Warning& warning : log.take()) {
      const std::vector<std::string> known = names_of(*type);
      const Spot spot = checked.property_spot(property.name);
      findings.add_fixable("OFN2008", spot,
                           std::string(component.type) + " has no property " +
                               ofn::quoted(warning.field("property")) +
                               did_you_mean(warning.field("property"), known),
                           "correct the name, or remove the property",
                           replacement_at(spot, certain_word(warning.field("property"), known)));
    }
  }
  if (const auto direction = localdapr::direction_of(component); !direction) {
    findings.add("OFN2007", checked.property_spot("direction"), direction.error().message(),
                 "write a direction that the property may have");
  }
}

// A property's value comes from a variable: {name: url, envRef: MQTT_URL}.
void check_variables(const CheckedComponent& checked, const Environment& env, Findings& findings) {
  const document::Reached metadata = document::at(checked.document, "$.spec.metadata");
  if (!metadata.is_whole) return;
  for (const Placed& entry : metadata.node->children) {
    const Placed* variable = entry.find("envRef");
    if (variable == nullptr || variable->text.empty() || entry.find("value") != nullptr ||
        env(variable->text)) {
      continue;
    }
    findings.add("OFN2013", {checked.text, variable->begin, variable->end},
                 "neither the environment nor a file of variables sets " +
                     ofn::quoted(variable->text) + ", so the property " +
                     ofn::quoted(entry.find_text("name")) + " is empty",
                 "set the variable, such as in a file for --env-file, or write a value");
  }
}

void check_secret_store(const CheckedComponent& checked, const Facts& facts, Findings& findings) {
  const document::Reached store = document::at(checked.document, "$.auth.secretStore");
  if (!store.is_whole || store.node->text.empty() || store.node->text == "kubernetes") return;
  if (facts.find_component(store.node->text) != nullptr) return;
  findings.add("OFN2014", {checked.text, store.node->begin, store.node->end},
               "no file has the secret store " + ofn::quoted(store.node->text) +
                   did_you_mean(store.node->text, facts.component_names()),
               "add its file, or correct the name");
}

void read_file(const Text& text, const localdapr::LoaderOptions& options, Facts& facts,
               Findings& findings) {
  Warnings log;
  localdapr::Components loaded = localdapr::parse_components(text.content, text.name, options, log);
  const std::vector<Placed> documents = document::place_yaml(text.content);
  for (const Warning& warning : log.take()) {
    if (!warning.field("member").empty()) report_unknown_member(text, warning, documents, findings);
  }
  for (const Error& problem : loaded.problems) {
    const std::size_t line = line_in(problem);
    // That a name occurs again is OFN2010, which also sees other files.
    const bool is_component =
        std::ranges::any_of(loaded.components, [line](const localdapr::Component& component) {
          return static_cast<std::size_t>(component.line) == line;
        });
    if (is_component && problem.message().contains("is declared twice")) continue;
    findings.add("OFN2001", line_spot(text, line), problem.message(), std::string(kCorrect));
  }
  for (const Placed& document : documents) {
    const std::string& name = document::at(document, "$.metadata.name").node->text;
    if (document.find_text("kind") == "Component" && !name.empty() &&
        std::ranges::find(loaded.components, name, &localdapr::Component::name) ==
            loaded.components.end()) {
      facts.refused_components.push_back(name);
    }
  }
  for (localdapr::Component& component : loaded.components) {
    const auto document = std::ranges::find_if(documents, [&](const Placed& each) {
      return line_at(text.content, each.begin) == static_cast<std::size_t>(component.line);
    });
    if (document == documents.end()) continue;
    facts.components.push_back({std::move(component), &text, *document});
  }
}

}  // namespace

void check_components(Facts& facts, Findings& findings) {
  std::vector<FileVariable> variables;
  for (const CheckedEnvFile& file : facts.env_files)
    variables.insert(variables.end(), file.variables.begin(), file.variables.end());
  const Environment env = with_variables(facts.project.environment, std::move(variables));
  const localdapr::LoaderOptions options{
      .app_id = non_empty(env, "APP_ID").value_or("functions-framework"), .environment = env};
  for (const Text& text : facts.project.components) read_file(text, options, facts, findings);
  std::map<std::string_view, const CheckedComponent*> first;
  Warnings log;
  for (const CheckedComponent& checked : facts.components) {
    check_type(checked, log, findings);
    check_variables(checked, env, findings);
    check_secret_store(checked, facts, findings);
    const auto [known, is_new] = first.emplace(checked.component.name, &checked);
    if (is_new) continue;
    const Place place = place_of(known->second->name_spot());
    findings.add("OFN2010", checked.name_spot(),
                 "a component named " + ofn::quoted(checked.component.name) +
                     " exists already, in " + place.file + ", line " + std::to_string(place.line),
                 "give one of the two another name");
  }
}

}  // namespace ofn::check
