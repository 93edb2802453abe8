// Decides whether a Dapr sidecar may bring requests over gRPC: service invocation and jobs.
//
//   const Invocations allowed = invocations_of(settings, callbacks, context);
//   if (!allowed.served) refuse(allowed.why_not);
#pragma once

#include <string>

#include "cli/chosen_sidecar.h"
#include "context/function_context.h"
#include "context/settings.h"
#include "dapr/app_server.h"
#include "wire/exchange.h"

namespace ofn::cli {

struct Invocations {
  bool served = false;
  std::string why_not{};  // and what to do; empty if they are served
};

// An invocation names any path in its message. A gateway that protects some paths of a public port
// would not see that path. So by default invocations need the sidecar's token, or a port that only
// this machine reaches; and never more is served than over HTTP.
Invocations invocations_of(const Settings& settings, Callbacks callbacks,
                           const FunctionContext& context);

// Returns the options of the server to whose calls they belong. `requests` gets what they bring.
dapr::AppServerOptions options_of(const Invocations& invocations, wire::Handler& requests,
                                  const Settings& settings);

}  // namespace ofn::cli
