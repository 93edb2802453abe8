// The metrics of the process as a whole: processor time, memory, threads, descriptors, uptime.
//
//   collector.add(process_source(clock, clock.now()));
#pragma once

#include "base/clock.h"
#include "metrics/collector.h"

namespace ofn::metrics {

// `started`: the time of the program's start. The clock outlives the source.
Source process_source(const Clock& clock, SteadyTime started);

}  // namespace ofn::metrics
