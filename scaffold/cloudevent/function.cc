// Answers each event with one that says that it was seen.
#include <ofn/errors.h>
#include <ofn/function.h>

ofn::CloudEvent my_function(const ofn::CloudEvent& event) {
  if (!event.data()) throw ofn::HttpError(400, "the event has no data");
  return ofn::CloudEvent(event.id() + "-reply", "/@NAME@", event.type() + ".seen")
      .datacontenttype("text/plain")
      .data("seen: " + *event.data());
}
OFN_FUNCTION(my_function)
