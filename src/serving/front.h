// Which handler gets a request that comes to the port.
//
//   Front front({{.wants = dapr::AppServer::is_always_answered, .handler = app_server},
//                {.wants = {}, .handler = requests}});   // one per loop
#pragma once

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "base/check.h"
#include "wire/exchange.h"

namespace ofn {

struct Door {
  // Returns true if the handler takes this request. Empty: the handler takes every request.
  std::function<bool(const wire::Message&)> wants;
  wire::Handler& handler;
};

// Gives each request to the first door that wants it.
// Lifetime: the handlers outlive it. Threads: the loop's. Cost: a call for each door in front of the right one.
class Front final : public wire::Handler {
 public:
  // The last door takes every request.
  explicit Front(std::vector<Door> doors) : doors_(std::move(doors)) {
    OFN_CHECK(!doors_.empty() && !doors_.back().wants);
  }

  void handle(wire::ExchangePtr exchange) override {
    wire::Handler& handler = handler_of(exchange->request());
    handler.handle(std::move(exchange));
  }
  std::optional<Response> refuse_call(const wire::Message& head) override {
    return handler_of(head).refuse_call(head);
  }
  bool takes_pieces(const wire::Message& head) override {
    return handler_of(head).takes_pieces(head);
  }

 private:
  wire::Handler& handler_of(const wire::Message& message) const {
    for (const Door& door : doors_) {
      if (!door.wants || door.wants(message)) return door.handler;
    }
    return doors_.back().handler;
  }

  std::vector<Door> doors_;
};

}  // namespace ofn
