// Matches topics with a subscription that has MQTT's wildcards: a sidecar names the topic that an event was
// published to, not the one of the subscription.
//
//   is_topic_of("orders/+/new", "orders/7/new");   // true
#pragma once

#include <string_view>

namespace ofn::dapr {

// `+` is one level, `#` any number of levels, also none; `$share/GROUP/` in front is not part of the topic.
// Spec: MQTT 3.1.1, 4.7; shared subscriptions as MQTT 5 has them.
bool is_topic_of(std::string_view filter, std::string_view topic);

}  // namespace ofn::dapr
