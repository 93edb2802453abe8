// functions-framework --source examples/event/on_file.cc --target on_file
// curl localhost:8080 -H 'content-type: application/json' -d '{"context": {"eventId": "1",
//   "eventType": "google.storage.object.finalize", "timestamp": "2021-03-04T05:06:07Z", "resource":
//   "projects/_/buckets/b/objects/a.txt"}, "data": {"kind": "storage#object", "size": "7"}}'
#include <iostream>
#include <syncstream>

#include <ofn/function.h>

// A background event. A CloudEvent of such a type arrives here in the same form.
void on_file(const ofn::EventData& data, const ofn::EventContext& context) {
  // A whole line at once: other calls and the log write, too.
  std::osyncstream(std::clog) << context.event_type() << ' ' << context.resource().name << ": "
                              << data.json() << '\n';
}
