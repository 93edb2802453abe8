// Reports each call of a worker to its supervisor, with what its request and its answer contain.
//
//   CallReports reports(channel, 7, log);               // one per loop
//   CallRecorder recorder(front, reports.contents());
//   environment.observer = &reports;
#pragma once

#include <string_view>

#include "base/log.h"
#include "cli/call_contents.h"
#include "cli/long_calls.h"
#include "cli/sent_data.h"
#include "dev/control_channel.h"
#include "invocation/observer.h"

namespace ofn::cli {

// If the supervisor is slow, reports lose their bodies, and then are lost: the function's calls come first. If the
// report of an exception is lost, the exception is logged.
// Lifetime: `channel`, `log` and `long_calls` outlive it. Threads: its loop's. Cost: some microseconds for each call, and some
// milliseconds if it has large bodies.
class CallReports final : public Observer {
 public:
  enum class Captures : bool { kNo, kYes };
  // `long_calls`: null: calls that do not return are logged. `sent`: null: what calls send is not reported.
  CallReports(const dev::ControlChannel& channel, unsigned build, Log& log,
              LongCalls* long_calls = nullptr, SentData* sent = nullptr,
              Captures captures = Captures::kNo)
      : channel_(channel),
        build_(build),
        log_(log),
        long_calls_(long_calls),
        sent_(sent),
        captures_(captures) {}

  // A CallRecorder fills it with the requests of this loop.
  CallContents& contents() { return contents_; }

  void began(const CallStart& start, TraceContext& trace) override;
  void ended(const CallRecord& record) override;
  bool tells_crashes() const override { return true; }
  bool tells_still_running(std::string_view id) override;

 private:
  void add_contents(const CallStart& start, dev::CallEnded& call);

  const dev::ControlChannel& channel_;
  unsigned build_;
  Log& log_;
  LongCalls* long_calls_;
  SentData* sent_;
  Captures captures_;
  CallContents contents_;
};

}  // namespace ofn::cli
