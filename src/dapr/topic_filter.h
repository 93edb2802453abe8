// Compares topics with a subscription that uses MQTT's wildcards, because a delivered event names
// the topic to which it was published, and not that of the subscription.
//
//   is_topic_of("orders/+/new", "orders/7/new");   // true
#pragma once

#include <string_view>

namespace ofn::dapr {

// `+` matches one level, and `#` any number of levels, including none. `$share/GROUP/` at the
// beginning does not belong to the topic.
// Spec: MQTT 3.1.1, 4.7; shared subscriptions as MQTT 5 has them.
bool is_topic_of(std::string_view filter, std::string_view topic);

}  // namespace ofn::dapr
