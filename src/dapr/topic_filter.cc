#include "dapr/topic_filter.h"

#include <cstddef>

namespace ofn::dapr {
namespace {

// Removes the first level of a topic and returns it. If it was the last level, the rest becomes
// null.
std::string_view take_level(std::string_view& topic) {
  const std::size_t slash = topic.find('/');
  const std::string_view level = topic.substr(0, slash);
  topic = slash == std::string_view::npos ? std::string_view() : topic.substr(slash + 1);
  return level;
}

}  // namespace

bool is_topic_of(std::string_view filter, std::string_view topic) {
  if (filter.starts_with("$share/")) {
    filter.remove_prefix(filter.find('/') + 1);
    take_level(filter);
  }
  while (filter.data() != nullptr) {
    const std::string_view wanted = take_level(filter);
    if (wanted == "#") return true;
    if (topic.data() == nullptr) return false;
    const std::string_view level = take_level(topic);
    if (wanted != "+" && wanted != level) return false;
    if (topic.data() == nullptr && filter == "#") return true;  // a/# also matches a
  }
  return topic.data() == nullptr;
}

}  // namespace ofn::dapr
