// The metrics of a serving program: what counts on each loop, what is read only at a scrape, and where scrapers are answered.
//
//   Measurement measurement(settings.metrics, context, loops, log);
//   environment.observer = &measurement.on(loop);
//   measurement.add(log_source(logger));
//   measurement.open();
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "cli/counted_callbacks.h"
#include "cli/traces.h"
#include "context/function_context.h"
#include "context/metrics_choice.h"
#include "function/routes.h"
#include "logging/logger.h"
#include "loop/loop.h"
#include "metrics/collector.h"
#include "metrics/listener.h"
#include "metrics/push.h"
#include "metrics/scrapes.h"
#include "otlp/resource.h"
#include "otlp/settings.h"
#include "plugin/hooks.h"
#include "serving/front.h"
#include "serving/gate.h"
#include "wire/memory_account.h"

namespace ofn::cli {

// Lifetime: all arguments outlive it, and so does what its sources read. It outlives the observers of the loops' calls.
// Threads: made and filled before the loops run.
class Measurement {
 public:
  // `choice` is on. `loops`: all of the program; the first one serves a second port.
  Measurement(const MetricsChoice& choice, const FunctionContext& context, std::vector<Loop*> loops,
              Log& log);

  // Call on() once for each loop.
  metrics::LoopMetrics& on(Loop& loop) { return collector_.on(loop); }
  void add(metrics::Source source) { collector_.add(std::move(source)); }
  // Adds what counts a sidecar's requests. `counted` outlives this object's last scrape.
  void add(std::vector<const CountedCallbacks*> counted);

  // Returns the door to the metrics on the function's own port; nullopt if they are not there, or if a route that the author
  // wrote has the path.
  std::optional<Door> door(Loop& loop, const Routes& routes);
  // Opens the second port, if the choice is one, and begins to send if push_to() was called.
  void open();
  // Sends the metrics to a collector, too. Errors: as otlp::make_destination(); then nothing is sent.
  Result<void> push_to(const otlp::MetricsSettings& settings, metrics::PushOptions options);
  // Messages to the collector go on if they rest. Threads: any.
  void connection_accepted() {
    if (push_) push_->wake();
  }
  // Sends what has not been sent, and runs `done` on the first loop, at the deadline at the latest.
  void finish(Deadline deadline, Task done);
  // Ends the scrapes under way: nothing is read any more. Call it when the loops have stopped.
  void close();

 private:
  const MetricsChoice& choice_;
  std::vector<Loop*> loops_;
  Log& log_;
  metrics::Collector collector_;
  std::vector<std::unique_ptr<metrics::Scrapes>> scrapes_;  // on the function's own port
  std::optional<metrics::Listener> listener_;
  std::optional<metrics::Push> push_;
};

// What a start knows of itself. Lifetime of the pointers: as long as the source may be read.
struct StartFacts {
  SteadyTime began{};               // of the process
  Duration loading{};               // the function's time to load or compile
  std::string version{};            // the framework's
  std::string functions{};          // "hello", or "add,get"
  std::string signature{};          // "http"
  std::optional<unsigned> build{};  // its number in the developer's loop
};

// What all loops share, read at a scrape.
metrics::Source gate_source(const Gate& gate);
metrics::Source memory_source(const wire::MemoryAccount& account);
metrics::Source loops_source(std::vector<Loop*> loops);
metrics::Source hooks_source(const Hooks& hooks);
metrics::Source log_source(const Logger& log);
metrics::Source traces_source(const Traces& traces);
// `listening`: since when; read at a scrape.
metrics::Source start_source(StartFacts facts, const SteadyTime& listening);
metrics::Source resource_source(const otlp::Resource& resource);

}  // namespace ofn::cli
