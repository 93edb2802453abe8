// The local sidecar: a Dapr-compatible sidecar with a port of its own, so that a function with outputs runs on a laptop with
// nothing else installed. Production uses Dapr itself.
//
//   auto sidecar = LocalSidecar::start({.components = "./components", .app_id = "hello", …}, loop, env, log);
//   (*sidecar)->endpoint();                                      // for DAPR_GRPC_PORT
//   (*sidecar)->deliver_to({.endpoint = {"127.0.0.1", 8080, {}}});
//
// It needs a loop and nothing of the function: the process that serves the function may own it, or another one that outlives
// that process (`functions-framework sidecar`).
#pragma once

#include <expected>
#include <functional>
#include <memory>
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
  const FunctionContext* context = nullptr;  // its components must be there; null if there is none
  std::size_t max_message = wire::grpc::kDefaultMaxMessage;  // of a call or an answer
};

// The app that a sidecar is beside.
struct AppAddress {
  wire::Endpoint endpoint;
  AppProtocol protocol = AppProtocol::kGrpc;
  std::string api_token;  // APP_API_TOKEN, sent as `dapr-api-token`; empty if there is none
};

// Lifetime: lives on `loop`, which outlives it and runs no more when it is destroyed.
class LocalSidecar {
 public:
  // Reads the components and opens the port; says so in one line.
  // Errors: every problem of the components, each component that the context names and that is not there, or that the port
  //   cannot be listened on (kAlreadyExists and so on).
  static std::expected<std::unique_ptr<LocalSidecar>, std::vector<Error>> start(
      const LocalSidecarOptions& options, Loop& loop, const Environment& env, Log& log);

  const wire::Endpoint& endpoint() const { return endpoint_; }

  // Delivers to the app, from now on, what it asks for of input bindings and topics. The app need not listen yet. Call this
  // at most once.
  // Errors: kFailedPrecondition for HTTP without libcurl, naming the package.
  Result<void> deliver_to(const AppAddress& app);
  // Delivers nothing new. The app has a while to answer the deliveries under way, and may use outputs meanwhile. Then the
  // port is drained (wire::Server::drain).
  void drain(std::function<void()> done);
  void stop_delivering();
  // Returns true if the app has answered everything that it was handed. Otherwise, over HTTP, threads still wait for it, and
  // nothing can end them.
  bool is_idle() const { return !delivery_ || delivery_->is_idle(); }
  // Runs `done` when the app has answered everything that it was handed, and the answers are acknowledged. Call this after
  // stop_delivering().
  void when_delivered(std::function<void()> done);

 private:
  LocalSidecar(std::unique_ptr<SidecarApi> api, std::unique_ptr<Workers> workers,
               std::size_t max_message, Loop& loop, Log& log);
  void invoke_output(const std::string& component, std::string data);

  Loop& loop_;
  Log& log_;
  wire::Limits limits_;
  std::unique_ptr<SidecarApi> api_;
  dapr::Server calls_;
  wire::HttpSessions sessions_;
  Timer grace_;
  std::function<void()> drained_;
  wire::Server server_;
  wire::Endpoint endpoint_;
  std::unique_ptr<AppChannel> app_;
  std::unique_ptr<AppDelivery> delivery_;
  std::unique_ptr<Workers> workers_;  // ends before what its tasks use
  // For an app over HTTP. Apart from workers_, because a delivery may wait for an output, which runs there.
  std::unique_ptr<Workers> callers_;
};

}  // namespace ofn::localdapr
