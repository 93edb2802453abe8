// The sidecar that a function uses: the one that runs here, or the local sidecar inside the program.
//
//   auto sidecar = ChosenSidecar::make(settings, context, callbacks, loop, env, log);
//   connect_to(sidecar->endpoint());
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "context/environment.h"
#include "context/function_context.h"
#include "context/settings.h"
#include "localdapr/local_sidecar.h"
#include "loop/loop.h"
#include "serving/async/subscriptions.h"
#include "wire/endpoint.h"

namespace ofn::cli {

// How a sidecar calls this program. kNone: no sidecar triggers the function.
enum class Callbacks { kNone, kGrpc, kHttp };
Callbacks callbacks_of(const Subscriptions& subscriptions, const Settings& settings);

// Returns the largest message to or from the sidecar: the largest body and the parts of Dapr's
// messages around it, but at least the limit that every gRPC program accepts.
std::size_t largest_message(const Settings& settings);

// Lifetime: `loop` outlives it, and must no longer run when it is destroyed. Threads: the main
// thread makes it; then the loop's.
class ChosenSidecar {
 public:
  // Decides which sidecar to use: checks whether one runs at the configured port, and starts the
  // local sidecar if none does. Runs the loop while it waits for the answer. Makes no connection
  // for outputs yet. Errors, all at once: the components cannot be read, or the local sidecar does
  // not have one of their types.
  static std::expected<ChosenSidecar, std::vector<Error>> make(const Settings& settings,
                                                               const FunctionContext& context,
                                                               Callbacks callbacks, Loop& loop,
                                                               const Environment& env, Log& log);

  // Starts the local sidecar anew, because its components have changed; the one before drains. Its state and its waiting messages
  // that are only in memory are lost. Errors: those of make(); then the one before goes on.
  std::expected<void, std::vector<Error>> restart_local(const Settings& settings,
                                                        const FunctionContext& context, Loop& loop,
                                                        const Environment& env, Log& log);

  const wire::Endpoint& endpoint() const { return endpoint_; }
  // Returns null if the sidecar is another process.
  localdapr::LocalSidecar* local() const { return local_.get(); }
  // Lets the local sidecar deliver to the program, which listens at `bound`. Does nothing for another sidecar.
  // Errors: those of localdapr::LocalSidecar::deliver_to().
  Result<void> deliver_to(const wire::Endpoint& bound, const Settings& settings);

 private:
  explicit ChosenSidecar(wire::Endpoint endpoint) : endpoint_(std::move(endpoint)) {}

  wire::Endpoint endpoint_;
  std::unique_ptr<localdapr::LocalSidecar> local_;
  std::vector<std::unique_ptr<localdapr::LocalSidecar>>
      former_;  // kept, because the loop still runs
};

// Returns true if the endpoint is on this machine.
bool is_on_this_machine(const wire::Endpoint& endpoint);

}  // namespace ofn::cli
