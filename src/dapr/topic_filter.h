// Which topics a subscription is for, where it holds MQTT's wildcards: a sidecar says the topic that an
// event was published to, not the one that was subscribed to.
//
//   is_topic_of("orders/+/new", "orders/7/new");   // true
#pragma once

#include <string_view>

namespace ofn::dapr {

// `+` is one level, `#` any number of them, also none; `$share/GROUP/` in front is no part of it.
// Spec: MQTT 3.1.1, 4.7; shared subscriptions as MQTT 5 has them.
bool is_topic_of(std::string_view filter, std::string_view topic);

}  // namespace ofn::dapr
