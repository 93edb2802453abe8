// Reads a request for a function of events: whichever of the two forms the sender chose, the
// function gets the one that it takes.
//
//   Result<Received> events = receive_cloud_events(request, now);             // cloudevent
//   Result<std::vector<BackgroundEvent>> events = receive_background_events(request, now);  // event
#pragma once

#include <vector>

#include <ofn/event.h>
#include <ofn/request.h>

#include "base/clock.h"
#include "base/error.h"
#include "event/http_binding.h"

namespace ofn::event {

// CloudEvents in any mode; else a background event, converted. Its mode is structured: it was JSON.
// Errors: those of parse_http; kInvalidArgument with what was wrong with each form when the request is
//   no CloudEvent at all.
Result<Received> receive_cloud_events(const Request& request, SystemTime now);

// Background events; else CloudEvents in any mode, converted.
// Errors: the same.
Result<std::vector<BackgroundEvent>> receive_background_events(const Request& request,
                                                               SystemTime now);

}  // namespace ofn::event
