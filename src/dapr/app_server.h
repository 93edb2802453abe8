// The app's end of Dapr's app callbacks over gRPC: calls an AppApi for each method. It also serves
// gRPC's health check.
//
//   dapr::AppServer server(api, {.api_token = token, .max_message = limit});
//   if (dapr::AppServer::is_always_answered(exchange->request()))
//     server.handle(std::move(exchange));
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "dapr/app_api.h"
#include "dapr/invocation.h"
#include "wire/exchange.h"
#include "wire/grpc/server.h"

namespace ofn::dapr {

struct AppServerOptions {
  // APP_API_TOKEN: every call must have it as `dapr-api-token`; if it is empty, calls need no
  // token. gRPC's health check never needs one, because Kubernetes' probes cannot send it.
  std::string api_token{};
  std::size_t max_message = wire::grpc::kDefaultMaxMessage;
  // Gets invocations and jobs as requests (invocation.h). If it is null, they get UNIMPLEMENTED with
  // the words `no_requests`.
  wire::Handler* requests = nullptr;
  std::string no_requests{};
  std::size_t max_target = 0;  // of such a request, in bytes
};

// Each loop has one, and an AppApi.
//
// Errors, besides those of wire::grpc::Server: UNAUTHENTICATED for a missing or wrong token;
// INTERNAL for a message that is not protobuf; NOT_FOUND for the health check of an unknown
// service.
// Lifetime: `api` outlives it; it outlives its calls. Threads: the loop's.
class AppServer final : public wire::Handler {
 public:
  AppServer(AppApi& api, AppServerOptions options);

  void handle(wire::ExchangePtr exchange) override { server_.handle(std::move(exchange)); }
  std::optional<Response> refuse_call(const wire::Message& head) override {
    return server_.refuse_call(head);
  }

  // Returns true if a request over HTTP/2 names a method of this server, but its content type is
  // not gRPC's. handle() answers it with 415.
  bool is_misaddressed(const wire::Message& message) const {
    return message.version == wire::Version::kHttp2 && message.method == "POST" &&
           server_.has(message.target) && !is_grpc(message);
  }

  // Returns true if the request is a gRPC call over HTTP/2.
  static bool is_grpc(const wire::Message& message);
  // Returns true if the request is gRPC's health check, an invocation or a job. Every server answers
  // these, even one without callbacks; it may refuse them.
  static bool is_always_answered(const wire::Message& message);

 private:
  void add(std::string_view path, wire::grpc::Method method);
  using Answer = void (*)(std::unique_ptr<wire::grpc::ServerCall>, wire::Handler&,
                          const InvocationLimits&);
  void add_requests(std::string_view path, Answer answer);

  AppServerOptions options_;
  wire::grpc::Server server_;
};

}  // namespace ofn::dapr
