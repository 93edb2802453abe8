// The sidecar's end of Dapr's API: calls a DaprApi for each method.
//
//   dapr::Server server(sidecar);
//   wire::HttpSessions sessions(server, limits, log);
//
// Every gRPC client can call it. Methods of Dapr's API that DaprApi does not have get
// UNIMPLEMENTED.
#pragma once

#include <cstddef>
#include <optional>

#include "dapr/api.h"
#include "wire/exchange.h"
#include "wire/grpc/server.h"

namespace ofn::dapr {

// Lifetime: `api` outlives it; it outlives its calls. Threads: as for wire::grpc::Server.
class Server final : public wire::Handler {
 public:
  // `max_message`: the largest request or response, in bytes; a larger one gets RESOURCE_EXHAUSTED.
  explicit Server(DaprApi& api, std::size_t max_message = wire::grpc::kDefaultMaxMessage);

  void handle(wire::ExchangePtr exchange) override { server_.handle(std::move(exchange)); }
  std::optional<Response> refuse_call(const wire::Message& head) override {
    return server_.refuse_call(head);
  }

 private:
  wire::grpc::Server server_;
};

}  // namespace ofn::dapr
