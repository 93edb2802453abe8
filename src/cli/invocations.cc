#include "cli/invocations.h"

#include "wire/limits.h"

namespace ofn::cli {

Invocations invocations_of(const Settings& settings, Callbacks callbacks,
                           const FunctionContext& context) {
  if (settings.app_protocol == AppProtocol::kHttp)
    return {.why_not = "APP_PROTOCOL is http, so the sidecar must call over HTTP"};
  if (settings.dapr_invocation == InvocationMode::kOff)
    return {.why_not = "--dapr-invocation is off"};
  if (callbacks != Callbacks::kNone && !context.http)
    return {.why_not =
                "the function gets only the deliveries of its triggers; for requests add "
                "triggers.http to its context"};
  const bool is_private = !settings.listen_fd.value &&
                          is_on_this_machine({settings.host.value, settings.port.value, {}});
  if (settings.dapr_invocation == InvocationMode::kOn || !settings.app_api_token.empty() ||
      is_private)
    return {.served = true};
  return {.why_not =
              "other machines may reach this port, so calls by Dapr over gRPC need a token: "
              "set APP_API_TOKEN here and for the sidecar, or --dapr-invocation=on"};
}

dapr::AppServerOptions options_of(const Invocations& invocations, wire::Handler& requests,
                                  const Settings& settings) {
  return {.api_token = settings.app_api_token,
          .max_message = settings.max_body_size,
          .requests = invocations.served ? &requests : nullptr,
          .no_requests = invocations.why_not,
          .max_target = wire::Limits().target_bytes};  // no flag changes it
}

}  // namespace ofn::cli
