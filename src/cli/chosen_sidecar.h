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
#include "wire/endpoint.h"

namespace ofn::cli {

// How a sidecar calls this program; kNone: nothing triggers the function through a sidecar.
enum class Callbacks { kNone, kGrpc, kHttp };

// The largest message to or from the sidecar: a body of the largest size with what Dapr's messages put around it, and never less
// than every gRPC peer accepts.
std::size_t largest_message(const Settings& settings);

// Lifetime: `loop` outlives it and runs no more when it is destroyed. Threads: the main thread makes it; then the loop's.
class ChosenSidecar {
 public:
  // Decides, asks the port of a sidecar whether one runs there, and starts the local sidecar if none does. Runs the loop while it
  // waits for that answer. No connection for outputs is made yet.
  // Errors: the components cannot be read, or the local sidecar does not have a type of theirs; all of them at once.
  static std::expected<ChosenSidecar, std::vector<Error>> make(const Settings& settings,
                                                               const FunctionContext& context,
                                                               Callbacks callbacks, Loop& loop,
                                                               const Environment& env, Log& log);

  const wire::Endpoint& endpoint() const { return endpoint_; }
  // Returns null if the sidecar is another process.
  localdapr::LocalSidecar* local() const { return local_.get(); }
  // Lets the local sidecar deliver to the program, which listens at `bound`. Does nothing for another sidecar.
  // Errors: as localdapr::LocalSidecar::deliver_to().
  Result<void> deliver_to(const wire::Endpoint& bound, const Settings& settings);

 private:
  explicit ChosenSidecar(wire::Endpoint endpoint) : endpoint_(std::move(endpoint)) {}

  wire::Endpoint endpoint_;
  std::unique_ptr<localdapr::LocalSidecar> local_;
};

// Returns true if the endpoint is on this machine.
bool is_on_this_machine(const wire::Endpoint& endpoint);

}  // namespace ofn::cli
