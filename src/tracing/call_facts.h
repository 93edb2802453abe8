// What a span says of a call, in every notation.
//
//   if (has_failed(record)) span.failed();
//   span.attribute("url.path", path_of(record.start.target));
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "invocation/observer.h"
#include "loop/loop.h"

namespace ofn::tracing {

// "/a?b" → "/a", "http://host/a" → "/a".
std::string_view path_of(std::string_view target);
// A line for each frame.
std::string stack_of(const Crash& crash);
// A request fails with 5xx or without an answer, a delivery whenever it was not a success.
bool has_failed(const CallRecord& record);

struct CallTimes {
  SystemTime began{};
  SystemTime ended{};
  SteadyTime arrived{};  // the same moment as `began`
  // Returns the system's time of a moment of the call.
  SystemTime at(SteadyTime moment) const;
};
// Call it when the call has ended, on its loop.
CallTimes times_of(const CallRecord& record, Loop& loop);

}  // namespace ofn::tracing
