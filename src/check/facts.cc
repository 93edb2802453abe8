#include "check/facts.h"

#include <algorithm>
#include <charconv>

#include "base/nearest.h"
#include "base/trimmed.h"
#include "document/problem.h"

namespace ofn::check {

namespace {

using document::Placed;

// Returns the entry of spec.metadata; null if there is none.
const Placed* property_of(const Placed& document, std::string_view property) {
  const Placed* spec = document.find("spec");
  const Placed* metadata = spec == nullptr ? nullptr : spec->find("metadata");
  if (metadata == nullptr) return nullptr;
  for (const Placed& entry : metadata->children) {
    const Placed* name = entry.find("name");
    if (name != nullptr && name->text == property) return name;
  }
  return nullptr;
}

Spot spot_of(const Text* text, const Placed& placed) { return {text, placed.begin, placed.end}; }

std::size_t line_of(const FileVariable& variable) {
  const std::string_view digits =
      std::string_view(variable.place).substr(variable.place.rfind(':') + 1);
  std::size_t line = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), line);
  return line;
}

}  // namespace

CheckedContext::Found CheckedContext::part(std::string_view list, std::string_view name,
                                           std::string_view alias) const {
  for (const PlacedDocument& document : documents) {
    const Placed* parts = document.root ? document.root->find(list) : nullptr;
    if (parts == nullptr) continue;
    for (const std::string_view each : {name, alias}) {
      const Placed* found = each.empty() ? nullptr : parts->find(each);
      if (found != nullptr) return {&document, found};
    }
  }
  return {};
}

CheckedContext::Found CheckedContext::output(const Output& output) const {
  return part("outputs", output.name, output.alias);
}

CheckedContext::Found CheckedContext::state(const State& state) const {
  return part("states", state.name, {});
}

CheckedContext::Found CheckedContext::trigger(const Trigger& trigger) const {
  for (const PlacedDocument& document : documents) {
    const Placed* triggers = document.root ? document.root->find("triggers") : nullptr;
    const Placed* dapr = triggers == nullptr ? nullptr : triggers->find("dapr");
    if (dapr == nullptr) continue;
    for (const Placed& item : dapr->children) {
      if (item.find_text("name") == trigger.component && item.find_text("topic") == trigger.topic)
        return {&document, &item};
    }
  }
  return part("inputs", trigger.name, trigger.alias);
}

CheckedContext::Found CheckedContext::hook(std::string_view name) const {
  for (const PlacedDocument& document : documents) {
    for (const std::string_view list :
         {"prePlugins", "preHooks", "pre_hooks", "postPlugins", "postHooks", "post_hooks"}) {
      const Placed* hooks = document.root ? document.root->find(list) : nullptr;
      if (hooks == nullptr) continue;
      for (const Placed& item : hooks->children) {
        if (item.text == name) return {&document, &item};
      }
    }
  }
  return {};
}

CheckedContext::Found CheckedContext::port() const {
  for (const PlacedDocument& document : documents) {
    if (!document.root) continue;
    for (const std::string_view path : {"$.triggers.http.port", "$.port"}) {
      const document::Reached reached = document::at(*document.root, path);
      if (reached.is_whole) return {&document, reached.node};
    }
  }
  return {};
}

Spot CheckedComponent::name_spot() const {
  return spot_of(text, *document::at(document, "$.metadata.name").node);
}

Spot CheckedComponent::type_spot() const {
  return spot_of(text, *document::at(document, "$.spec.type").node);
}

Spot CheckedComponent::property_spot(std::string_view property) const {
  const Placed* found = property_of(document, property);
  return found == nullptr ? name_spot() : spot_of(text, *found);
}

const FileVariable* CheckedEnvFile::find(std::string_view name) const {
  const FileVariable* last = nullptr;
  for (const FileVariable& variable : variables) {
    if (variable.name == name) last = &variable;
  }
  return last;
}

Spot CheckedEnvFile::name_spot(const FileVariable& variable) const {
  const Spot line = line_spot(*text, line_of(variable));
  const std::size_t begin = text->content.find(variable.name, line.begin);
  if (begin == std::string::npos || begin >= line.end) return line;
  return {text, begin, begin + variable.name.size()};
}

Spot CheckedEnvFile::value_spot(const FileVariable& variable) const {
  const Spot name = name_spot(variable);
  const Spot line = line_spot(*text, line_of(variable));
  const std::string_view content = text->content;
  std::size_t begin = std::min(content.find('=', name.end), line.end);
  if (begin < line.end) ++begin;
  while (begin < line.end && is_blank(content[begin])) ++begin;
  if (begin < line.end && (content[begin] == '\'' || content[begin] == '"')) ++begin;
  const bool is_verbatim = content.substr(begin).starts_with(variable.value);
  return {text, begin, is_verbatim ? begin + variable.value.size() : line.end};
}

bool Facts::has_unknown_names(bool CodeNames::* kind) const {
  return !project.has_all_sources ||
         std::ranges::any_of(sources,
                             [kind](const CheckedSource& source) { return source.names.*kind; });
}

const CheckedComponent* Facts::find_component(std::string_view name) const {
  const auto found = std::ranges::find_if(
      components, [name](const CheckedComponent& each) { return each.component.name == name; });
  return found == components.end() ? nullptr : &*found;
}

std::vector<std::string> Facts::component_names() const {
  std::vector<std::string> names;
  for (const CheckedComponent& each : components) names.push_back(each.component.name);
  return names;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  const std::string nearest = nearest_word(word, known);
  return nearest.empty() ? std::string() : "; did you mean " + quoted(nearest) + "?";
}

std::string quoted_like(std::string_view old_text, std::string_view word) {
  const char first = old_text.empty() ? ' ' : old_text.front();
  const std::string quote = first == '"' || first == '\'' ? std::string(1, first) : std::string();
  return quote + std::string(word) + quote;
}

std::string replacement_at(const Spot& spot, std::string_view word) {
  if (word.empty() || spot.end <= spot.begin) return {};
  return quoted_like(std::string_view(spot.text->content).substr(spot.begin, spot.end - spot.begin),
                     word);
}

}  // namespace ofn::check
