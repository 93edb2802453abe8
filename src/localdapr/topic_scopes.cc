#include "localdapr/topic_scopes.h"

#include <algorithm>

namespace ofn::localdapr {
namespace {

// As Go's strings.Split: an empty text has one part, which is empty.
std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// Dapr removes all blanks.
std::string without_blanks(const Component& component, std::string_view property) {
  std::string text(component.property(property).value_or(""));
  std::erase(text, ' ');
  return text;
}

std::vector<std::string> topics(const Component& component, std::string_view property) {
  const std::string text = without_blanks(component, property);
  return text.empty() ? std::vector<std::string>() : split(text, ',');
}

// Parses APP=TOPIC,TOPIC;APP=TOPIC.
std::vector<std::string> topics_of(const Component& component, std::string_view property,
                                   std::string_view app_id) {
  std::vector<std::string> found;
  for (const std::string& of_app : split(without_blanks(component, property), ';')) {
    const std::vector<std::string> sides = split(of_app, '=');
    if (sides.size() < 2 || sides[0] != app_id) continue;
    for (std::string& topic : split(sides[1], ',')) found.push_back(std::move(topic));
  }
  return found;
}

bool contains(const std::vector<std::string>& topics, std::string_view topic) {
  return std::ranges::find(topics, topic) != topics.end();
}

}  // namespace

TopicScopes::TopicScopes(const Component& component, std::string_view app_id)
    : allowed_(topics(component, "allowedTopics")),
      protected_(topics(component, "protectedTopics")),
      publishing_(topics_of(component, "publishingScopes", app_id)),
      subscribing_(topics_of(component, "subscriptionScopes", app_id)) {}

bool TopicScopes::allows(std::string_view topic, const std::vector<std::string>& scoped) const {
  if (!allowed_.empty() && !contains(allowed_, topic)) return false;
  if (scoped.empty() && !contains(protected_, topic)) return true;
  return contains(scoped, topic);
}

}  // namespace ofn::localdapr
