// Reads a request for a function that takes events. The sender may choose either form; the function
// gets the form that it takes.
//
//   auto events = receive_cloud_events(request, now);            // for signature cloudevent
//   auto background = receive_background_events(request, now);   // for signature event
#pragma once

#include <vector>

#include <ofn/event.h>
#include <ofn/request.h>

#include "base/clock.h"
#include "base/error.h"
#include "event/http_binding.h"

namespace ofn::event {

// Reads CloudEvents in any mode, or converts a background event. The mode of the latter is
// structured, because it was JSON.
// Errors: those of parse_http. If the request contains neither form, kInvalidArgument with the
// mistake for each form.
Result<Received> receive_cloud_events(const Request& request, SystemTime now);

// Reads background events, or converts CloudEvents in any mode. Errors: the same.
Result<std::vector<BackgroundEvent>> receive_background_events(const Request& request,
                                                               SystemTime now);

}  // namespace ofn::event
