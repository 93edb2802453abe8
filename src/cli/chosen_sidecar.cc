#include "cli/chosen_sidecar.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "context/sidecar_choice.h"
#include "dapr/client.h"
#include "os/watched_process.h"
#include "wire/grpc/codec.h"
#include "wire/grpc/link.h"
#include "wire/limits.h"

namespace ofn::cli {

namespace {

// The time limit for a program on the sidecar's port to answer as Dapr does. Short, because it is
// on this machine.
constexpr std::chrono::milliseconds kProbeTime(500);

// It runs a loop of its own, because the caller's may be running.
bool speaks_dapr(const wire::Endpoint& endpoint, const Settings& settings, const Clock& clock,
                 Log& log) {
  Loop loop(clock);
  const wire::Limits limits;
  bool done = false;
  bool found = false;
  dapr::probe(loop, wire::grpc::connector_to(loop, endpoint, limits),
              {.api_token = settings.dapr_api_token, .channel = {.authority = endpoint.text()}},
              Deadline::in(kProbeTime, loop.clock()), [&](const Result<dapr::SidecarInfo>& info) {
                done = true;
                found = info.has_value();
                if (!found) return;
                log.write(Level::kInfo, "using the sidecar on this machine",
                          {{"address", endpoint.text()},
                           {"app_id", info->id},
                           {"version", info->runtime_version}});
              });
  loop.run_until([&] { return done; });
  return found;
}

}  // namespace

Callbacks callbacks_of(const Subscriptions& subscriptions, const Settings& settings) {
  if (subscriptions.inputs().empty()) return Callbacks::kNone;
  return settings.app_protocol == AppProtocol::kHttp ? Callbacks::kHttp : Callbacks::kGrpc;
}

std::size_t largest_message(const Settings& settings) {
  constexpr std::size_t kAround = std::size_t{64} * 1024;
  return std::max(wire::grpc::kDefaultMaxMessage, settings.max_body_size + kAround);
}

bool is_on_this_machine(const wire::Endpoint& endpoint) {
  const std::string& host = endpoint.host;
  return endpoint.is_unix() || host.starts_with("127.") || host == "::1" || host == "localhost";
}

std::expected<ChosenSidecar, std::vector<Error>> ChosenSidecar::make(
    const Settings& settings, const FunctionContext& context, Callbacks callbacks, Loop& loop,
    const Environment& env, Log& log) {
  ChosenSidecar choice;
  auto chosen = choice.choose_again(settings, context, callbacks, loop, env, log);
  if (!chosen) return std::unexpected(std::move(chosen).error());
  return choice;
}

std::expected<std::vector<localdapr::ComponentChange>, std::vector<Error>>
ChosenSidecar::choose_again(const Settings& settings, const FunctionContext& context,
                            Callbacks callbacks, Loop& loop, const Environment& env, Log& log) {
  const localdapr::LocalSidecarOptions options{
      .components = settings.components,
      .app_id = context.name.empty() ? "functions-framework" : context.name,
      .listen = {"127.0.0.1", 0, {}},
      .context = &context,
      .max_message = largest_message(settings)};
  if (local_ != nullptr) return local_->reload(options, env);
  endpoint_ = {settings.sidecar.host, settings.sidecar.port, settings.sidecar.unix_path};
  const bool needs_one =
      !context.outputs.empty() || !context.states.empty() || callbacks != Callbacks::kNone;
  const LocalSidecarPlan plan =
      needs_one
          ? plan_local_sidecar(context, settings)
          : LocalSidecarPlan{.reason = "nothing is sent to outputs, nothing triggers the function"};
  log.write(Level::kDebug, "sidecar", {{"address", endpoint_.text()}, {"reason", plan.reason}});
  const bool starts = plan.action == LocalSidecarAction::kStart ||
                      (plan.action == LocalSidecarAction::kProbe &&
                       !speaks_dapr(endpoint_, settings, loop.clock(), log));
  if (!starts) return {};
  auto local = localdapr::LocalSidecar::start(options, loop, env, log);
  if (!local) return std::unexpected(std::move(local).error());
  local_ = *std::move(local);
  endpoint_ = local_->endpoint();
  os::WatchedProcess::listens(endpoint_.port);
  return {};
}

Result<void> ChosenSidecar::deliver_to(const wire::Endpoint& bound, const Settings& settings,
                                       bool serves) {
  if (!local_) return {};
  if (bound.is_unix() && settings.app_protocol == AppProtocol::kHttp) {
    return fail(Code::kFailedPrecondition,
                "the local sidecar cannot call the function by HTTP on the Unix socket " +
                    bound.unix_path + "; use APP_PROTOCOL=grpc, or listen on a TCP port");
  }
  // If the server listens on all addresses, the sidecar uses loopback.
  wire::Endpoint app = bound;
  if (app.host == "0.0.0.0" || app.host == "::") app.host = "127.0.0.1";
  return local_->deliver_to({.endpoint = std::move(app),
                             .protocol = settings.app_protocol,
                             .api_token = settings.app_api_token,
                             .serves = serves});
}

}  // namespace ofn::cli
