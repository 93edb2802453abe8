// The call of a function that runs on a thread, for the lines that it writes.
//
//   CallFields fields = fields_of_this_call();
//   log.write(Level::kInfo, text, fields.add("stream", "stdout").span());
#pragma once

#include "base/call_fields.h"

namespace ofn {

// Returns the ids and the function of the call that runs on this thread, or that has started this thread and has not ended. If it
// has ended, "started_by" has its id. Without fields: it is unknown. Lifetime: borrows until the call's piece ends, or the thread.
CallFields fields_of_this_call();

}  // namespace ofn
