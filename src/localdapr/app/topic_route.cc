#include "localdapr/app/topic_route.h"

namespace ofn::localdapr {
namespace {

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::string_view attribute(const dapr::TopicEvent& event, std::string_view name) {
  if (name == "id") return event.id;
  if (name == "source") return event.source;
  if (name == "type") return event.type;
  if (name == "specversion") return event.spec_version;
  if (name == "datacontenttype") return event.content_type;
  for (const Header& extension : event.extensions) {
    if (extension.name == name) return extension.value;
  }
  return {};
}

struct Comparison {
  std::string_view name;
  std::string_view text;
  bool equal = true;
};

// Reads `event.NAME == "TEXT"`; returns nullopt for anything else.
std::optional<Comparison> read_comparison(std::string_view text) {
  text = trim(text);
  if (!text.starts_with("event.")) return std::nullopt;
  text.remove_prefix(6);
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) return std::nullopt;
  Comparison comparison;
  comparison.equal = text[equals - 1] != '!';
  comparison.name = trim(text.substr(0, comparison.equal ? equals : equals - 1));
  if (comparison.name.find_first_not_of(
          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") !=
      std::string_view::npos) {
    return std::nullopt;
  }
  text.remove_prefix(equals + 1);
  if (comparison.equal) {
    if (!text.starts_with('=')) return std::nullopt;
    text.remove_prefix(1);
  }
  text = trim(text);
  const char quote = text.empty() ? '\0' : text.front();
  if ((quote != '"' && quote != '\'') || text.size() < 2 || text.back() != quote) {
    return std::nullopt;
  }
  comparison.text = text.substr(1, text.size() - 2);
  if (comparison.text.find_first_of("\"'\\") != std::string_view::npos) return std::nullopt;
  return comparison;
}

// Returns true if the expression holds; nullopt if it cannot be parsed. If `event` is null, only
// parses it.
std::optional<bool> evaluate(std::string_view expression, const dapr::TopicEvent* event) {
  for (std::string_view separator : {"||", "&&"}) {
    const std::size_t at = expression.find(separator);
    if (at == std::string_view::npos) continue;
    const auto left = evaluate(expression.substr(0, at), event);
    const auto right = evaluate(expression.substr(at + 2), event);
    if (!left || !right) return std::nullopt;
    return separator == "||" ? *left || *right : *left && *right;
  }
  const auto comparison = read_comparison(expression);
  if (!comparison) return std::nullopt;
  if (event == nullptr) return false;
  return (attribute(*event, comparison->name) == comparison->text) == comparison->equal;
}

constexpr std::size_t kLongestExpression = 4096;  // bounds the depth of the recursion

}  // namespace

bool can_match(std::string_view expression) {
  return trim(expression).empty() ||
         (expression.size() <= kLongestExpression && evaluate(expression, nullptr).has_value());
}

std::optional<std::string> route(const dapr::Subscription& subscription,
                                 const dapr::TopicEvent& event) {
  for (const dapr::Subscription::Rule& rule : subscription.rules) {
    if (!can_match(rule.match)) continue;
    if (trim(rule.match).empty() || evaluate(rule.match, &event).value_or(false)) return rule.path;
  }
  if (!subscription.rules.empty() && subscription.path.empty()) return std::nullopt;
  return subscription.path;
}

}  // namespace ofn::localdapr
