#include "metrics/process_source.h"

#include <chrono>

#include "os/process_usage.h"

namespace ofn::metrics {

namespace {

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

Source process_source(const Clock& clock, SteadyTime started) {
  return [&clock, started](Snapshot& snapshot) {
    const os::ProcessUsage usage = os::process_usage();
    snapshot.add(Metric::kCpuTime, {{"cpu.mode", "user"}}, seconds(usage.user));
    snapshot.add(Metric::kCpuTime, {{"cpu.mode", "system"}}, seconds(usage.system));
    snapshot.add(Metric::kMemoryUsage, {}, static_cast<double>(usage.resident_bytes));
    snapshot.add(Metric::kThreads, {}, static_cast<double>(usage.threads));
    snapshot.add(Metric::kFileDescriptors, {}, static_cast<double>(usage.descriptors));
    snapshot.add(Metric::kUptime, {}, seconds(clock.now() - started));
    snapshot.add(Metric::kContextSwitches, {{"process.context_switch.type", "voluntary"}},
                 static_cast<double>(usage.voluntary_switches));
    snapshot.add(Metric::kContextSwitches, {{"process.context_switch.type", "involuntary"}},
                 static_cast<double>(usage.involuntary_switches));
    snapshot.add(Metric::kPagingFaults, {{"system.paging.fault.type", "minor"}},
                 static_cast<double>(usage.minor_faults));
    snapshot.add(Metric::kPagingFaults, {{"system.paging.fault.type", "major"}},
                 static_cast<double>(usage.major_faults));
    if (usage.throttled) snapshot.add(Metric::kThrottledTime, {}, seconds(*usage.throttled));
  };
}

}  // namespace ofn::metrics
