// A function of background events.
#include <iostream>
#include <syncstream>

#include <ofn/function.h>

// The framework converts a CloudEvent of a matching type to a background event.
void on_file(const ofn::EventData& data, const ofn::EventContext& context) {
  // Writes a whole line at once, because other calls and the log write at the same time.
  std::osyncstream(std::clog) << context.event_type() << ' ' << context.resource().name << ": "
                              << data.json() << '\n';
}
