// Dapr's app callbacks over gRPC, the app's end: calls an AppApi for the methods on the wire; and
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
  // APP_API_TOKEN: every call must have it as `dapr-api-token`; empty: calls need no token. gRPC's
  // health check needs none: Kubernetes' probes cannot send one.
  std::string api_token{};
  std::size_t max_message = wire::grpc::kDefaultMaxMessage;
};

// Each loop has one, and an AppApi. Methods that Dapr lets an app leave out (OnInvoke, jobs) are
// UNIMPLEMENTED.
//
// Errors: besides wire::grpc::Server's: a missing or wrong token UNAUTHENTICATED · not a protobuf
//   message INTERNAL · a health check of an unknown service NOT_FOUND.
// Lifetime: `api` outlives it; it outlives its calls. Threads: the loop's.
class AppServer final : public wire::Handler {
 public:
  AppServer(AppApi& api, AppServerOptions options);

  void handle(wire::ExchangePtr exchange) override { server_.handle(std::move(exchange)); }
  std::optional<Response> refuse_call(const wire::Message& head) override {
    return server_.refuse_call(head);
  }

  // Returns true if a request over HTTP/2 names a method of this server, but is not gRPC by its content type: handle() answers 415.
  bool is_misaddressed(const wire::Message& message) const {
    return message.version == wire::Version::kHttp2 && message.method == "POST" &&
           server_.has(message.target) && !is_grpc(message);
  }

  // Returns true if the request is a gRPC call over HTTP/2.
  static bool is_grpc(const wire::Message& message);
  // Returns true if the request is gRPC's health check; every server answers it, also one without callbacks.
  static bool is_health_check(const wire::Message& message);

 private:
  void add(std::string_view path, wire::grpc::Method method);

  AppServerOptions options_;
  wire::grpc::Server server_;
};

}  // namespace ofn::dapr
