// Finds the path of a subscription to which an event goes.
//
// Dapr's rules are written in CEL. This knows its `event.NAME == "TEXT"`, also with !=, joined by
// && and ||. A rule that says more is never matched.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dapr/app_codec.h"

namespace ofn::localdapr {

// Returns true if the expression is one of those above, or empty, which matches everything.
bool can_match(std::string_view expression);

// The path of the first rule that matches, else the subscription's own. nullopt if there are rules, none
// matches, and there is no default: the event is not for this app.
std::optional<std::string> route(const dapr::Subscription& subscription,
                                 const dapr::TopicEvent& event);

}  // namespace ofn::localdapr
