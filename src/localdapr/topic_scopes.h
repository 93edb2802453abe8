// The topics of a topic component that this app may publish and subscribe, from the properties
// allowedTopics, protectedTopics, publishingScopes and subscriptionScopes.
//
//   TopicScopes scopes(component, "app");
//   if (!scopes.may_publish("orders")) …
//
// Spec: https://docs.dapr.io/developing-applications/building-blocks/pubsub/pubsub-scopes/; their
// combination is as in Dapr 1.16.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "localdapr/component.h"

namespace ofn::localdapr {

// A value. If it is made without a component, it allows everything.
class TopicScopes {
 public:
  TopicScopes() = default;
  TopicScopes(const Component& component, std::string_view app_id);

  bool may_publish(std::string_view topic) const { return allows(topic, publishing_); }
  bool may_subscribe(std::string_view topic) const { return allows(topic, subscribing_); }

 private:
  bool allows(std::string_view topic, const std::vector<std::string>& scoped) const;

  std::vector<std::string> allowed_;
  std::vector<std::string> protected_;
  std::vector<std::string> publishing_;   // of this app
  std::vector<std::string> subscribing_;  // of this app
};

}  // namespace ofn::localdapr
