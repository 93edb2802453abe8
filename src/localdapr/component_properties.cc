#include "localdapr/component_properties.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>

#include "localdapr/component_type.h"

namespace ofn::localdapr {
namespace {

using enum Support;

// The properties that all types of a kind have.
constexpr std::array<Property, 2> kInputs = {{{"direction"}, {"route"}}};
constexpr std::array<Property, 1> kOutputs = {{{"direction"}}};
constexpr std::array<Property, 5> kTopics = {{{"consumerID"},
                                              {"allowedTopics"},
                                              {"protectedTopics"},
                                              {"publishingScopes"},
                                              {"subscriptionScopes"}}};
constexpr std::array<Property, 8> kStates = {{{"keyPrefix"},
                                              {"actorStateStore", kHarmless},
                                              {"primaryEncryptionKey", kRefused},
                                              {"secondaryEncryptionKey", kRefused},
                                              {"outboxPublishPubsub", kRefused},
                                              {"outboxPublishTopic", kRefused},
                                              {"outboxPubsub", kRefused},
                                              {"outboxDiscardWhenMissingState", kRefused}}};

std::span<const Property> shared_properties(Kind kind) {
  switch (kind) {
    case Kind::kInput:
    case Kind::kInputAndOutput:
      return kInputs;
    case Kind::kOutput:
      return kOutputs;
    case Kind::kPubsub:
      return kTopics;
    case Kind::kState:
      return kStates;
    case Kind::kSecrets:
      return {};
  }
  return {};
}

const Property* find_property(const ComponentType& type, std::string_view name) {
  const auto find = [name](std::span<const Property> properties) -> const Property* {
    for (const Property& known : properties) {
      if (same_field_name(known.name, name)) return &known;
    }
    return nullptr;
  };
  for (const std::span<const Property> own : type.properties) {
    if (const Property* known = find(own)) return known;
  }
  return find(shared_properties(type.kind));
}

}  // namespace

Result<void> check_properties(const Component& component, const ComponentType& type, Log& log) {
  for (const Header& entry : component.properties) {
    const Property* known = find_property(type, entry.name);
    if (known == nullptr) {
      log.write(Level::kWarning,
                "a component has a property that its type does not have; it is ignored",
                {{"component", component.name},
                 {"type", component.type},
                 {"property", entry.name},
                 {"file", component.file}});
      continue;
    }
    if (known->support != kRefused || entry.value.empty()) continue;
    std::string message = "the local sidecar does not support the property '" + entry.name +
                          "' of " + component.type + "; ";
    if (!known->instead.empty()) message.append(known->instead).append(", or ");
    return fail(Code::kUnimplemented, message +
                                          "run Dapr (dapr run) and set DAPR_GRPC_PORT to its "
                                          "gRPC port");
  }
  return {};
}

Result<Direction> direction_of(const Component& component) {
  Direction direction;
  const auto said = std::ranges::find_if(component.properties, [](const Header& entry) {
    return same_field_name(entry.name, "direction");
  });
  if (said == component.properties.end()) return direction;
  direction = {.input = false, .output = false};
  const std::string_view value = said->value;
  for (std::size_t begin = 0; begin <= value.size();) {
    const std::size_t end = std::min(value.find(',', begin), value.size());
    std::string_view word = value.substr(begin, end - begin);
    while (word.starts_with(' ')) word.remove_prefix(1);
    while (word.ends_with(' ')) word.remove_suffix(1);
    const bool is_input = same_field_name(word, "input");
    if (!is_input && !same_field_name(word, "output")) {
      return fail(Code::kInvalidArgument,
                  "direction is '" + said->value + "'; expected input, output, or 'input, output'");
    }
    (is_input ? direction.input : direction.output) = true;
    begin = end + 1;
  }
  direction.starts_unasked = direction.input;
  return direction;
}

std::string route_of(const Component& component) {
  // Dapr compares this one property's name with case.
  const auto said = std::ranges::find(component.properties, "route", &Header::name);
  return said == component.properties.end() ? std::string() : said->value;
}

}  // namespace ofn::localdapr
