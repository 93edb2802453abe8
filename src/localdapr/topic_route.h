// Which path of a subscription an event goes to.
//
// Of CEL, in which Dapr's rules are written, this knows `event.NAME == "TEXT"`, also with !=, joined by
// && and ||. A rule that says more is never matched.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dapr/app_codec.h"

namespace ofn::localdapr {

// Is the expression one of those above, or empty, which matches everything?
bool can_match(std::string_view expression);

// The path of the first rule that matches, else the subscription's own. nullopt: there are rules, none
// matches, and there is no default: the event is not for this app.
std::optional<std::string> route(const dapr::Subscription& subscription,
                                 const dapr::TopicEvent& event);

}  // namespace ofn::localdapr
