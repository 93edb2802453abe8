// The embedded Dapr-compatible sidecar with a port of its own: for a function on a laptop, and for
// `functions-framework sidecar`.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "cli/command_line.h"
#include "context/environment.h"
#include "context/function_context.h"
#include "dapr/server.h"
#include "localdapr/app_channel.h"
#include "localdapr/app_delivery.h"
#include "localdapr/local_sidecar.h"
#include "loop/loop.h"
#include "loop/workers.h"
#include "wire/http_sessions.h"
#include "wire/server.h"

namespace ofn::cli {

struct EmbeddedSidecarOptions {
  std::string components;  // directory of component files
  std::string app_id;
  wire::Endpoint listen;
  const FunctionContext* context = nullptr;  // whose components must be there; null: nobody's
  std::size_t max_message = wire::grpc::kDefaultMaxMessage;  // of a call or an answer
};

// The app that a sidecar is beside.
struct AppAddress {
  wire::Endpoint endpoint;
  AppProtocol protocol = AppProtocol::kGrpc;
  std::string api_token;  // APP_API_TOKEN: sent as `dapr-api-token`; empty: none
};

// Lifetime: lives on `loop`, which outlives it and runs no more when it is destroyed.
class EmbeddedSidecar {
 public:
  // Reads the components and opens the port; says so in one line.
  // Errors: all that is wrong with the components, what the context names and none of them is, or that the port cannot be listened on (kAlreadyExists and so on).
  static std::expected<std::unique_ptr<EmbeddedSidecar>, std::vector<Error>> start(
      const EmbeddedSidecarOptions& options, Loop& loop, const Environment& env, Log& log);

  const wire::Endpoint& endpoint() const { return endpoint_; }

  // From now on the app there gets what it asks for of input bindings and topics; it need not listen yet.
  // At most once.
  // Errors: kFailedPrecondition for HTTP without libcurl, naming the package.
  Result<void> deliver_to(const AppAddress& app);
  // Nothing new is delivered; what is under way has a while to be answered, and outputs to send to meanwhile. Then see
  // wire::Server::drain.
  void drain(std::function<void()> done);
  void stop_delivering();
  // The app has answered all that it was handed. Of one that has not, over HTTP, threads wait that nobody can end.
  bool is_idle() const { return !delivery_ || delivery_->is_idle(); }
  // Runs `done` when the app has answered all that it was handed, and that is acknowledged: after stop_delivering().
  void when_delivered(std::function<void()> done);

 private:
  EmbeddedSidecar(std::unique_ptr<localdapr::LocalSidecar> sidecar,
                  std::unique_ptr<Workers> workers, std::size_t max_message, Loop& loop, Log& log);
  void invoke_output(const std::string& component, std::string data);

  Loop& loop_;
  Log& log_;
  wire::Limits limits_;
  std::unique_ptr<localdapr::LocalSidecar> sidecar_;
  dapr::Server api_;
  wire::HttpSessions sessions_;
  Timer grace_;
  std::function<void()> drained_;
  wire::Server server_;
  wire::Endpoint endpoint_;
  std::unique_ptr<localdapr::AppChannel> app_;
  std::unique_ptr<localdapr::AppDelivery> delivery_;
  std::unique_ptr<Workers> workers_;  // ends before what its tasks use
  // Of an app over HTTP. Not workers_: what is delivered may wait for an output, which is done there.
  std::unique_ptr<Workers> callers_;
};

}  // namespace ofn::cli
