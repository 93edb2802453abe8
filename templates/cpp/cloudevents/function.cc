// A function of CloudEvents: answers each event with one that says that it was seen.
#include <ofn/function.h>

ofn::CloudEvent handle(const ofn::CloudEvent& event) {
  return ofn::CloudEvent(event.id() + "-reply", "/handle", event.type() + ".seen")
      .datacontenttype("text/plain")
      .data("seen: " + event.data().value_or("no data"));
}
