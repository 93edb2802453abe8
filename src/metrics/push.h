// Sends the metrics to a collector, again and again while the program is busy, and once more at the end.
//
//   Push push(loop, collector, std::move(exporter), {.resource = resource, .interval = 60s}, started);
//   push.start();
//   push.wake();    // a connection was accepted
//   push.finish(Deadline::in(1s, clock), [] { … });
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "loop/loop.h"
#include "loop/workers.h"
#include "metrics/collector.h"
#include "otlp/exporter.h"

namespace ofn::metrics {

struct PushOptions {
  std::string resource = {};  // encoded (otlp/resource.h)
  std::string version = {};   // the framework's
  Duration interval = std::chrono::seconds(60);
  // Returns true if something may be counted before the next call of wake(). Threads: the loop's. Empty: always.
  std::function<bool()> is_busy = {};
};

// A thread of its own reads the counters and writes the message. A message is not begun while the one before it is on its way. When the
// program is not busy, one more message has the last values, and the next one comes after wake(): a platform may give processors
// only while requests are active, and a timer would wake the process for values that have not changed.
// Lifetime: all arguments outlive it; destroyed when its loop runs no more. Threads: start() before the loop runs, or the loop's.
class Push {
 public:
  // `started`: since when counters count.
  Push(Loop& loop, const Collector& collector, std::unique_ptr<otlp::Exporter> exporter,
       PushOptions options, SystemTime started);
  Push(const Push&) = delete;
  Push& operator=(const Push&) = delete;

  void start();
  // Goes on with messages if they rest. Threads: any. Cost: a load while they do not rest.
  void wake() {
    if (rests_.load(std::memory_order_acquire)) loop_.post([this] { go_on(); });
  }
  // Sends once more, and runs `done` when that has arrived or is lost, or at the deadline. The last call.
  void finish(Deadline deadline, Task done);
  // Counts data points. Threads: any.
  otlp::ExportCounts counts() const { return exporter_->counts(); }

 private:
  void send(Task sent);
  void arm();
  void tick();
  void go_on();

  Loop& loop_;
  const Collector& collector_;
  std::unique_ptr<otlp::Exporter> exporter_;
  PushOptions options_;
  SystemTime started_;
  bool is_ending_ = false;
  std::atomic<bool> rests_ = false;
  Timer timer_;
  Workers writer_{1, std::chrono::seconds(10), "ofn-metrics"};
};

}  // namespace ofn::metrics
