// The local sidecar: a Dapr-compatible sidecar with its own port, so that a function with outputs
// runs on a laptop with nothing else installed. Production uses Dapr itself.
//
//   auto sidecar = LocalSidecar::start(options, loop, env, log);
//   (*sidecar)->endpoint();                                      // for DAPR_GRPC_PORT
//   (*sidecar)->deliver_to({.endpoint = {"127.0.0.1", 8080, {}}});
//
// It needs a loop, and nothing of the function. The process that serves the function may own it, or
// another process that outlives it (`functions-framework sidecar`).
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "context/environment.h"
#include "context/function_context.h"
#include "context/settings.h"
#include "dapr/server.h"
#include "localdapr/app/app_channel.h"
#include "localdapr/app/app_delivery.h"
#include "localdapr/sidecar_api.h"
#include "loop/loop.h"
#include "loop/workers.h"
#include "wire/http_sessions.h"
#include "wire/server.h"

namespace ofn::localdapr {

struct LocalSidecarOptions {
  std::string components;  // directory of component files
  std::string app_id;
  wire::Endpoint listen;
  // The components that it names must exist; null if there is none.
  const FunctionContext* context = nullptr;
  std::size_t max_message = wire::grpc::kDefaultMaxMessage;  // of a request or a response
};

// The app of a sidecar.
struct AppAddress {
  wire::Endpoint endpoint;
  AppProtocol protocol = AppProtocol::kGrpc;
  std::string api_token;  // APP_API_TOKEN, sent as `dapr-api-token`; empty if there is none
  bool serves = true;     // false: not yet, see app_has_gone()
};

// Lifetime: `loop` outlives it, and must no longer run when it is destroyed.
class LocalSidecar {
 public:
  // Reads the components, opens the port, and logs one line about it. Errors: all problems of the
  // components, each component that the context names and that does not exist, or that the port
  // cannot be listened on (kAlreadyExists and so on).
  static std::expected<std::unique_ptr<LocalSidecar>, std::vector<Error>> start(
      const LocalSidecarOptions& options, Loop& loop, const Environment& env, Log& log);

  // Reads the component files again. Only components that are new, removed, or declared in another way start anew or end; all others
  // go on, with their state, their messages and their sessions. The app is asked whether it wants the new ones. The port stays.
  // Errors: those of start() about components; then nothing has changed.
  std::expected<std::vector<ComponentChange>, std::vector<Error>> reload(
      const LocalSidecarOptions& options, const Environment& env);

  const wire::Endpoint& endpoint() const { return endpoint_; }

  // From now on delivers the app's input bindings and topics to it. The app may begin to listen
  // later. Call it at most once. Errors: kFailedPrecondition for HTTP without libcurl; the message
  // names the package.
  Result<void> deliver_to(const AppAddress& app);
  bool has_app() const { return delivery_ != nullptr; }
  // Another process has become the app at that address: asks it what it wants, and delivers that to it.
  void app_has_changed();
  // Nobody serves at that address for a while: messages wait until app_has_changed() is called.
  void app_has_gone();
  // Begins no new delivery. The app has some time to answer running deliveries, and may use outputs
  // meanwhile. Then the port is drained (wire::Server::drain).
  void drain(std::function<void()> done);
  void stop_delivering();
  // Returns true if the app has answered all deliveries. Otherwise, with an app over HTTP, threads
  // still wait for it, and cannot be ended.
  bool is_idle() const { return !delivery_ || delivery_->is_idle(); }
  // Runs `done` when the app has answered all deliveries, and the answers are acknowledged. Call it
  // after stop_delivering().
  void when_delivered(std::function<void()> done);

 private:
  // Lines of the log that have been written, each as one text.
  using Told = std::set<std::string>;
  // Reads the component files, and logs what they say that `told` does not have yet.
  static std::expected<std::vector<Component>, std::vector<Error>> read(
      const LocalSidecarOptions& options, const Environment& env, Told& told, Log& log);
  LocalSidecar(std::unique_ptr<SidecarApi> api, std::unique_ptr<Workers> workers,
               std::size_t max_message, Loop& loop, Log& log);
  void invoke_output(const std::string& component, std::string data);

  Loop& loop_;
  Log& log_;
  wire::Limits limits_;
  std::unique_ptr<SidecarApi> api_;
  Told told_;  // of the component files
  dapr::Server calls_;
  wire::HttpSessions sessions_;
  Timer grace_;
  std::function<void()> drained_;
  wire::Server server_;
  wire::Endpoint endpoint_;
  std::unique_ptr<AppChannel> app_;
  std::unique_ptr<AppDelivery> delivery_;
  std::unique_ptr<Workers> workers_;  // ends before the objects that its tasks use
  // For an app over HTTP. Separate from workers_, because a delivery may wait for an output, which
  // runs there.
  std::unique_ptr<Workers> callers_;
};

}  // namespace ofn::localdapr
