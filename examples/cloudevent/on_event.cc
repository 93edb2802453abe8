// A function of CloudEvents.
#include <iostream>
#include <syncstream>

#include <ofn/function.h>

// The event that it returns is the answer. A function may also return nothing.
ofn::CloudEvent on_event(const ofn::CloudEvent& event) {
  // A whole line at once: other calls and the log write, too.
  std::osyncstream(std::clog) << event.type() << ' ' << event.id() << " from " << event.source()
                              << '\n';
  return ofn::CloudEvent(event.id() + "-reply", "/examples/cloudevent", event.type() + ".seen")
      .datacontenttype("text/plain")
      .data("seen: " + event.data().value_or("no data"));
}
