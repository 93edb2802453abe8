#include "logging/this_call.h"

#include "os/calls_in_flight.h"
#include "os/started_threads.h"

namespace ofn {

CallFields fields_of_this_call() {
  if (const os::CallMark* call = os::CallMark::here()) {
    CallFields fields(call->ids());
    fields.add("function", call->function());
    return fields;
  }
  const os::Starter starter = os::starter_of_this_thread();
  const bool is_in_flight = !starter.ids.request.empty() && os::starter_is_in_flight();
  CallFields fields(is_in_flight ? starter.ids : CallIds());
  if (!is_in_flight) fields.add_if_any("started_by", starter.ids.request);
  fields.add_if_any("function", starter.function);
  return fields;
}

}  // namespace ofn
