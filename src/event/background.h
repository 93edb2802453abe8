// Background events, and what they are as CloudEvents; both ways.
//
//   Result<BackgroundEvent> event = parse_background(body, request.path(), now);
//   Result<CloudEvent> modern = to_cloud_event(*event);
//   Result<BackgroundEvent> again = to_background_event(*modern);
//
// Data that changes on its way is rebuilt from the raw text of its
// members, so that values stay the sender's bytes.
#pragma once

#include <string_view>

#include <ofn/cloud_event.h>
#include <ofn/event.h>

#include "base/clock.h"
#include "base/error.h"

namespace ofn::event {

// The event in a request's body: `{context, data}`, the context's members at top level beside
// `data`, or a raw Pub/Sub push. A push does not name its topic: it is looked for in `path`. Its
// time is `now` when the message has none.
// Errors: kInvalidArgument naming the member, what was expected and what was found.
Result<BackgroundEvent> parse_background(std::string_view body, std::string_view path,
                                         SystemTime now);

// Errors: kInvalidArgument: no CloudEvent type corresponds, or the resource, the domain or the data
// is not what events of that type have.
Result<CloudEvent> to_cloud_event(const BackgroundEvent& event);

// The reverse. Errors: kInvalidArgument: no background type corresponds, or source, subject or data
// is not what events of that type have.
Result<BackgroundEvent> to_background_event(const CloudEvent& event);

}  // namespace ofn::event
