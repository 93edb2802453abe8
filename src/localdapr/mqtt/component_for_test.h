// Components of MQTT, for the tests of this folder.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ofn/field.h>

#include "localdapr/component.h"

namespace ofn::localdapr {

inline Component component(std::vector<Header> properties) {
  return {.name = "queue",
          .type = "",
          .version = "v1",
          .properties = std::move(properties),
          .file = "c.yaml"};
}

// Returns a complete binding with one changed property.
inline Component binding_with(std::string_view name, std::string value) {
  std::vector<Header> properties = {{"url", "mqtt://h:1883"}, {"topic", "t"}, {"consumerID", "me"}};
  std::erase_if(properties, [name](const Header& entry) { return entry.name == name; });
  properties.push_back({std::string(name), std::move(value)});
  return component(std::move(properties));
}

}  // namespace ofn::localdapr
