// A line of the log for each call: who asked for what, and what was answered.
//
//   AccessLog access_log(log, AccessLog::Which::kAll);   // one per loop
//   environment.observer = &access_log;
#pragma once

#include <cstdint>

#include "base/log.h"
#include "invocation/observer.h"

namespace ofn {

// Lines of level info, "request" or "delivery". The query of a request is left out, because it may contain secrets. Probes are left
// out. docs/operations.md has the fields.
// Threads: its loop's. Cost: 0.7 microseconds for a line (log_bench.cc), and some more if the thread that writes must be woken.
class AccessLog final : public Observer {
 public:
  enum class Which : std::uint8_t {
    kErrors,  // status 400 and above, and calls without an answer
    kAll,
  };
  AccessLog(Log& log, Which which) : log_(log), which_(which) {}

  void ended(const CallRecord& record) override;

 private:
  Log& log_;
  Which which_;
};

}  // namespace ofn
