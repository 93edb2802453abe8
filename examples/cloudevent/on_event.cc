// A function of CloudEvents.
#include <iostream>
#include <syncstream>

#include <ofn/function.h>

// The returned event is the answer. A function may also return nothing.
ofn::CloudEvent on_event(const ofn::CloudEvent& event) {
  // Writes a whole line at once, because other calls and the log write at the same time.
  std::osyncstream(std::clog) << event.type() << ' ' << event.id() << " from " << event.source()
                              << '\n';
  return ofn::CloudEvent(event.id() + "-reply", "/examples/cloudevent", event.type() + ".seen")
      .datacontenttype("text/plain")
      .data("seen: " + event.data().value_or("no data"));
}
