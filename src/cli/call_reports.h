// Reports each call of a worker to its supervisor.
//
//   CallReports reports(channel, 7);               // one per loop
//   environment.observer = &reports;
#pragma once

#include "dev/control_channel.h"
#include "invocation/observer.h"

namespace ofn::cli {

// A report is lost if the supervisor does not read: the function's calls come first.
// Lifetime: `channel` outlives it. Threads: its loop's. Cost: some microseconds for each call.
class CallReports final : public Observer {
 public:
  CallReports(const dev::ControlChannel& channel, unsigned build)
      : channel_(channel), build_(build) {}

  void began(const CallStart& start, TraceContext& trace) override;
  void ended(const CallRecord& record) override;

 private:
  const dev::ControlChannel& channel_;
  unsigned build_;
};

}  // namespace ofn::cli
