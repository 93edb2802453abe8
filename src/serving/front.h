// What comes to the one port: a sidecar's calls, gRPC's health check, and requests of everybody else.
//
//   Front front(Callbacks::kGrpc, app_server, app_http, http_shard);   // one per loop
#pragma once

#include "dapr/app_http.h"
#include "dapr/app_server.h"
#include "wire/exchange.h"

namespace ofn {

// Does a sidecar call this program? Without triggers its gRPC methods are nobody's.
enum class Callbacks { kNone, kGrpc, kHttp };

// Lifetime: all of them outlive it. Threads: the loop's.
class Front final : public wire::Handler {
 public:
  Front(Callbacks callbacks, dapr::AppServer& grpc, dapr::AppHttp& http, wire::Handler& requests)
      : callbacks_(callbacks), grpc_(grpc), http_(http), requests_(requests) {}

  void handle(wire::ExchangePtr exchange) override {
    const wire::Message& message = exchange->request();
    if (dapr::AppServer::is_health_check(message) ||
        (callbacks_ == Callbacks::kGrpc &&
         (dapr::AppServer::is_grpc(message) || grpc_.is_misaddressed(message)))) {
      return grpc_.handle(std::move(exchange));
    }
    if (callbacks_ == Callbacks::kHttp && http_.wants(message))
      return http_.handle(std::move(exchange));
    requests_.handle(std::move(exchange));
  }

  // A method that nobody has is refused at once, on every port.
  std::optional<Response> refuse_call(const wire::Message& head) override {
    if (dapr::AppServer::is_health_check(head)) return std::nullopt;
    if (callbacks_ == Callbacks::kGrpc) return grpc_.refuse_call(head);
    return requests_.refuse_call(head);
  }

 private:
  Callbacks callbacks_;
  dapr::AppServer& grpc_;
  dapr::AppHttp& http_;
  wire::Handler& requests_;
};

}  // namespace ofn
