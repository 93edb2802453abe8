// Finds the path of a subscription for an event.
//
// Dapr's rules are expressions in CEL. This code supports `event.NAME == "TEXT"`, also with !=,
// joined by && and ||. A rule with any other expression never matches.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dapr/app_codec.h"

namespace ofn::localdapr {

// Returns true if the expression is supported, or empty; an empty one matches every event.
bool can_match(std::string_view expression);

// Returns the path of the first rule that matches, or the subscription's own path. Returns nullopt
// if there are rules, none of them matches, and there is no own path: then the event is not for
// this app.
std::optional<std::string> route(const dapr::Subscription& subscription,
                                 const dapr::TopicEvent& event);

}  // namespace ofn::localdapr
