// functions-framework --source examples/cloudevent/on_event.cc --target on_event
// curl localhost:8080 -H 'ce-specversion: 1.0' -H 'ce-id: 1' -H 'ce-source: /shop' -H 'ce-type: order' -d 'a book'
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
