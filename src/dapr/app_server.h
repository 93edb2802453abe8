// Dapr's app callbacks over gRPC, the app's end: gives an AppApi the methods it has on the wire; and
// gRPC's health check beside them.
//
//   dapr::AppServer server(api, {.api_token = token, .max_message = limit});
//   if (dapr::AppServer::is_health_check(exchange->request())) server.handle(std::move(exchange));
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "dapr/app_api.h"
#include "wire/exchange.h"
#include "wire/grpc/server.h"

namespace ofn::dapr {

struct AppServerOptions {
  // APP_API_TOKEN: what `dapr-api-token` of every call must be; empty: it is not asked for. The
  // health check of gRPC needs none: Kubernetes' probes have none to send.
  std::string api_token{};
  std::size_t max_message = wire::grpc::kDefaultMaxMessage;
};

// One for each loop, as its AppApi. Methods of Dapr's that an app may leave out (OnInvoke, jobs) are
// UNIMPLEMENTED.
//
// Errors: besides wire::grpc::Server's: no or a wrong token UNAUTHENTICATED · no protobuf message
//   INTERNAL · grpc.health.v1 asked about a service that is none NOT_FOUND.
// Lifetime: `api` outlives it; it outlives its calls. Threads: the loop's.
class AppServer final : public wire::Handler {
 public:
  AppServer(AppApi& api, AppServerOptions options);

  void handle(wire::ExchangePtr exchange) override { server_.handle(std::move(exchange)); }
  std::optional<Response> refuse_call(const wire::Message& head) override {
    return server_.refuse_call(head);
  }

  // A request over HTTP/2 for a method that is here, which is no gRPC by its content type: handle() answers it 415.
  bool is_misaddressed(const wire::Message& message) const {
    return message.version == wire::Version::kHttp2 && message.method == "POST" &&
           server_.has(message.target) && !is_grpc(message);
  }

  // Is it gRPC at all, and over HTTP/2?
  static bool is_grpc(const wire::Message& message);
  // A gRPC probe; any service may be asked it, also one that has no callbacks.
  static bool is_health_check(const wire::Message& message);

 private:
  void add(std::string_view path, wire::grpc::Method method);

  AppServerOptions options_;
  wire::grpc::Server server_;
};

}  // namespace ofn::dapr
