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
  // local sidecar if none does. Blocks until that answer, at most half a second. Makes no connection
  // for outputs yet. Errors, all at once: the components cannot be read, or the local sidecar does
  // not have one of their types.
  static std::expected<ChosenSidecar, std::vector<Error>> make(const Settings& settings,
                                                               const FunctionContext& context,
                                                               Callbacks callbacks, Loop& loop,
                                                               const Environment& env, Log& log);

  // Chooses again, because the context, the variables or the component files may have changed. A local sidecar that runs goes on, also
  // if it is not needed any more; it reads its component files again (LocalSidecar::reload()), and its changes are returned.
  // Otherwise this is as make(). It may block for half a second. Errors: those of make(); then nothing has changed.
  std::expected<std::vector<localdapr::ComponentChange>, std::vector<Error>> choose_again(
      const Settings& settings, const FunctionContext& context, Callbacks callbacks, Loop& loop,
      const Environment& env, Log& log);

  const wire::Endpoint& endpoint() const { return endpoint_; }
  // Returns null if the sidecar is another process.
  localdapr::LocalSidecar* local() const { return local_.get(); }
  // Lets the local sidecar deliver to the program, which listens at `bound`; if it does not serve there yet, from
  // LocalSidecar::app_has_changed() on. Does nothing for another sidecar.
  // Errors: those of localdapr::LocalSidecar::deliver_to().
  Result<void> deliver_to(const wire::Endpoint& bound, const Settings& settings,
                          bool serves = true);

 private:
  ChosenSidecar() = default;

  wire::Endpoint endpoint_;
  std::unique_ptr<localdapr::LocalSidecar> local_;
};

// Returns true if the endpoint is on this machine.
bool is_on_this_machine(const wire::Endpoint& endpoint);

}  // namespace ofn::cli
