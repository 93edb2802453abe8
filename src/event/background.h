// Reads background events, and converts them to and from CloudEvents.
//
//   Result<BackgroundEvent> event = parse_background(body, request.path(), now);
//   Result<CloudEvent> modern = to_cloud_event(*event);
//   Result<BackgroundEvent> again = to_background_event(*modern);
//
// If a conversion changes the data, it rebuilds the data from the raw text of the members, so
// values keep the sender's bytes.
#pragma once

#include <string_view>

#include <ofn/cloud_event.h>
#include <ofn/event.h>

#include "base/clock.h"
#include "base/error.h"

namespace ofn::event {

// Reads the event in a request's body: `{context, data}`, the context's members at top level beside
// `data`, or a raw Pub/Sub push. A push does not contain its topic, so the topic is taken from
// `path`. If the message has no time, `now` is used.
// Errors: kInvalidArgument with the member, what was expected and what was found.
Result<BackgroundEvent> parse_background(std::string_view body, std::string_view path,
                                         SystemTime now);

// Errors: kInvalidArgument: no CloudEvent type corresponds, or the resource, the domain or the data
// does not fit the type.
Result<CloudEvent> to_cloud_event(const BackgroundEvent& event);

// Does the reverse. Errors: kInvalidArgument: no background type corresponds, or source, subject or
// data does not fit the type.
Result<BackgroundEvent> to_background_event(const CloudEvent& event);

}  // namespace ofn::event
