// A running server: loops, the function's services on each, the listening socket, and the
// connection to the sidecar.
//
//   RunningServer server(settings, context, routes, hooks, errors, middleware, subscriptions, env, log, calls,
//                        notice, nullptr);
//   if (auto connected = server.connect(); !connected) return complain(connected.error());
//   auto bound = server.listen(std::nullopt);
//   return server.run();
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/limited_log.h"
#include "base/log.h"
#include "cli/chosen_sidecar.h"
#include "cli/direct_calls.h"
#include "cli/invocations.h"
#include "cli/measurement.h"
#include "cli/sidecar_check.h"
#include "cli/stopping.h"
#include "cli/supervised.h"
#include "cli/traces.h"
#include "context/environment.h"
#include "context/function_context.h"
#include "context/settings.h"
#include "function/error_handlers.h"
#include "function/routes.h"
#include "life/life_cycle.h"
#include "life/life_runner.h"
#include "life/readiness.h"
#include "loop/debugger_watch.h"
#include "loop/loop_threads.h"
#include "loop/signals.h"
#include "loop/workers.h"
#include "metrics/author_metrics.h"
#include "middleware/middleware.h"
#include "os/calls_in_flight.h"
#include "os/ready_notice.h"
#include "plugin/hooks.h"
#include "serving/async/async_service.h"
#include "serving/gate.h"
#include "serving/http/http_service.h"
#include "serving/page.h"
#include "wire/limits.h"
#include "wire/listening_socket.h"
#include "wire/memory_account.h"
#include "wire/server.h"

namespace ofn::cli {

// Lifetime: from listen() to the end of the process. All constructor arguments outlive it.
// Threads: the main thread makes it, and calls all its functions.
class RunningServer final : private Stoppable {
 public:
  // `subscriptions`: the deliveries that a sidecar should make; then the routes have only one
  // function. `calls` gets the calls in flight. `notice` is notified when the server is ready and
  // when it begins to stop. `supervised`: null unless a supervisor has started this program.
  RunningServer(const Settings& settings, const FunctionContext& context, const Routes& routes,
                const Hooks& hooks, const ErrorHandlers& errors, const Middleware& middleware,
                Subscriptions subscriptions, const Environment& env, Log& log,
                os::CallsInFlight& calls, os::ReadyNotice& notice, Supervised* supervised);
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;
  ~RunningServer() override;

  // From listen() on, the program is measured as --metrics says, and `sources` are read at each scrape. Does nothing if --metrics
  // is off. Call it before connect().
  // `authors`: the metrics of the function's author. `push`: whether a collector gets all of it, too. `resource`: of all telemetry.
  void measure(StartFacts facts, std::vector<metrics::Source> sources,
               std::unique_ptr<metrics::AuthorMetrics> authors, const otlp::MetricsSettings& push,
               const otlp::Resource& resource);
  // From listen() on, clients can read this OpenAPI document at the path that --openapi names. Call it before connect().
  void show_openapi(std::string document);
  // Prepares the connection to the sidecar, and starts the local sidecar if needed. Connects when
  // the first output needs it. Errors: those of ChosenSidecar::make().
  std::expected<void, std::vector<Error>> connect();
  // From listen() on, calls are traced if the choice asks for it. `resource`: encoded; `start_up`: until now, for the span `init` of the
  // first call. Call it before connect().
  void trace(const TraceChoice& choice, std::string resource, tracing::StartUp start_up);
  // Runs the start functions of the programs. If they have started, their stop functions run when the last call has ended. Otherwise the
  // server cannot be used any more. Call it after connect(). `life` and `checks` outlive the server.
  // Probes ask `checks` from then on.
  LifeRunner::End start(LifeCycle& life, Readiness& checks);
  // Why the programs have not started, in words, and the signal that came meanwhile.
  const LifeRunner& starting() const { return *life_; }
  // Runs the stop functions, if listen() has failed.
  void stop_early();
  // Opens the port, or takes `inherited`, a socket of the process that started this one. Requests
  // that arrive wait for run().
  Result<wire::Endpoint> listen(std::optional<wire::ListeningSocket> inherited);
  // From run() on, time limits are off while a debugger is attached. In production nobody calls it, so nothing looks for one.
  void heed_debuggers();
  // Does this on that signal, from run() on, on a loop.
  void on_signal(int number, std::function<void()> action);
  // Serves until SIGTERM, SIGINT or SIGHUP, and then stops as described at Stopping. Connections
  // that wait in the queue of an inherited socket are left to the process that owns it. Returns the
  // exit code: 0, or 1 if calls were abandoned. In the latter case functions may still run, and the
  // process must end without destroying this object.
  int run();

 private:
  // Returns true if a sidecar's calls over gRPC are served.
  bool serves_grpc() const { return callbacks_ == Callbacks::kGrpc || invocations_.served; }
  struct OnLoop;  // the parts of one loop

  Left left() const override;
  void retire() override;
  void drain(Task done) override;
  void stop_calls() override;
  void end_loops() override;

  void warn_of_callbacks(const wire::Endpoint& bound) const;
  void check_sidecar();
  void obey_supervisor();
  void pass_on();
  void take_direct(int fd, std::string_view mode);
  void calls_ended();
  void end_when_done();
  void heed_signals();
  void run_stops();
  void flush_spans();
  void push_metrics();
  void large_body_done();
  void failures_held_back();
  void log_problem(const Result<void>& told);
  OnLoop* part_of(const Loop& loop) const;
  std::vector<Loop*> loops() const;

  const Settings& settings_;
  const FunctionContext& context_;
  const Hooks& hooks_;
  const ErrorHandlers& errors_;
  const Middleware& middleware_;
  const Environment& env_;
  Log& log_;
  os::CallsInFlight& calls_;
  os::ReadyNotice& notice_;
  Supervised* supervised_;
  const Routes& routes_;
  LimitedLog failures_;
  SystemClock clock_;
  wire::Limits limits_;
  wire::MemoryAccount memory_;
  Gate gate_;
  const Callbacks callbacks_;
  const Invocations invocations_;
  const Routes no_routes_;  // for a function that only a sidecar may call
  HttpService service_;
  AsyncService async_;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::optional<Timer> start_is_over_;
  std::optional<DebuggerWatch> debugger_;
  std::optional<Timer> tell_failures_;  // logs how many lines were held back
  std::optional<ChosenSidecar> sidecar_;
  SteadyTime listening_ = SteadyTime::min();  // since when; set before the loops run
  std::optional<Measurement> measurement_;
  std::optional<Page> openapi_;
  tracing::StartUp start_up_;
  std::unique_ptr<Traces> traces_;  // null: nothing is traced
  std::vector<std::unique_ptr<OnLoop>> parts_;
  std::optional<SidecarCheck> sidecar_check_;
  std::unique_ptr<wire::Server> server_;
  bool is_inherited_ = false;  // true if the listening socket is inherited
  bool is_replaced_ = false;   // true if a newer worker takes over
  std::unique_ptr<Watch> orders_;
  std::unique_ptr<DirectCalls> direct_;  // null until the supervisor passes the first such call on
  Stopping stopping_;
  Task drained_;
  SteadyTime drain_ends_{};
  std::optional<Signals> signals_;
  std::optional<Signals> other_signal_;
  std::optional<LifeRunner> life_;  // the programs start or have started
  Workers workers_;                 // ends before all objects that its tasks use
  std::unique_ptr<LoopThreads> threads_;
};

}  // namespace ofn::cli
