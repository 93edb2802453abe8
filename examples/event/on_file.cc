// A function of background events.
#include <iostream>
#include <syncstream>

#include <ofn/function.h>

// A CloudEvent of such a type arrives here in the same form.
void on_file(const ofn::EventData& data, const ofn::EventContext& context) {
  // A whole line at once: other calls and the log write, too.
  std::osyncstream(std::clog) << context.event_type() << ' ' << context.resource().name << ": "
                              << data.json() << '\n';
}
