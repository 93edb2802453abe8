// A running server, composed: loops, the function's service on each, the listening socket, the way to the sidecar, and
// the end of all that.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/limited_log.h"
#include "base/log.h"
#include "cli/sidecar_check.h"
#include "context/environment.h"
#include "context/function_context.h"
#include "context/settings.h"
#include "function/routes.h"
#include "localdapr/local_sidecar.h"
#include "loop/loop_threads.h"
#include "loop/workers.h"
#include "os/calls_in_flight.h"
#include "plugin/hooks.h"
#include "serving/async/async_service.h"
#include "serving/front.h"
#include "serving/gate.h"
#include "serving/http/http_service.h"
#include "wire/memory_account.h"
#include "wire/server.h"

namespace ofn::cli {

// Lifetime: lives from listen() to the end of the process; `settings`, `context`, `routes`, `hooks` and `log` outlive it.
// Threads: made, listened and run by the main thread.
class Host {
 public:
  // `subscriptions`: what a sidecar shall deliver; the routes have one function then.
  // `calls` gets those that are under way.
  Host(const Settings& settings, const FunctionContext& context, const Routes& routes,
       const Hooks& hooks, Subscriptions subscriptions, const Environment& env, Log& log,
       os::CallsInFlight& calls);
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host();

  // Prepares the way to the sidecar, starting the local one where it is due. Connections are made when the first
  // output needs them.
  // Errors: the local sidecar's components cannot be read, or it does not have a type of theirs; all of them at once.
  std::expected<void, std::vector<Error>> connect();
  // Opens the port; requests that arrive wait for run().
  Result<wire::Endpoint> listen();
  // Serves until SIGTERM, SIGINT or SIGHUP, then lets in-flight invocations and their outputs finish. At the drain timeout their
  // stop tokens fire; what then still runs is abandoned and logged. A second signal abandons at once. Returns the exit
  // code: 0, or 1 when something was abandoned; functions may still run then, and the process must end without
  // destroying this.
  int run();

 private:
  struct Part;      // what one loop has
  struct Stopping;  // what a signal sets off

  bool sends() const;
  void warn_of_callbacks() const;
  void check_sidecar();
  void large_body_done();
  void failures_held_back();
  bool somebody_speaks_dapr(const wire::Endpoint& endpoint);
  std::vector<Loop*> loops() const;
  void drain(int signal_number);
  void finish();
  void abandon(std::string_view why);

  const Settings& settings_;
  const FunctionContext& context_;
  const Hooks& hooks_;
  const Environment& env_;
  Log& log_;
  os::CallsInFlight& calls_;
  LimitedLog failures_;
  SystemClock clock_;
  wire::Limits limits_;
  wire::MemoryAccount memory_;
  Gate gate_;
  const Callbacks callbacks_;
  const Routes no_routes_;  // of a function that only a sidecar may call
  HttpService service_;
  AsyncService async_;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::optional<Timer> start_is_over_;
  std::optional<Timer> tell_failures_;  // that were held back
  std::unique_ptr<localdapr::LocalSidecar> local_sidecar_;
  wire::Endpoint sidecar_;
  std::vector<std::unique_ptr<Part>> parts_;
  std::optional<SidecarCheck> sidecar_check_;
  std::unique_ptr<wire::Server> server_;
  std::unique_ptr<Stopping> stopping_;
  Workers workers_;  // ends before all that its tasks use
  std::unique_ptr<LoopThreads> threads_;
  bool draining_ = false;
  bool abandoned_ = false;
};

}  // namespace ofn::cli
