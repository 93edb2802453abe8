// What all programs under test of one process share: the log that the author's code knows, and the reports of crashes.
//
//   const Process& process = Process::of();
//   process.log_to(&log);
#pragma once

#include <ofn/host.h>

#include "kit/kept_log.h"
#include "os/calls_in_flight.h"

namespace ofn::kit {

// Lifetime: the process's, because threads and static objects of a program may outlive its test. Threads: any.
class Process {
 public:
  // From its first call on, a crash is reported with the author's frames, and exceptions tell their place.
  static const Process& of();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // The author's lines go there from now on; null: to stderr.
  void log_to(KeptLog* log) const;
  const abi::Host& host() const;
  os::CallsInFlight& calls() const;

 private:
  Process() = default;
  ~Process() = default;
};

}  // namespace ofn::kit
