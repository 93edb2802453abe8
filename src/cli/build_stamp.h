// Marks each answer with the number of the build that gave it, so that a developer sees which one answered.
//
//   BuildStamp stamp(front, 7);            // X-OpenFunction-Build: 7
#pragma once

#include <optional>
#include <string>

#include "wire/exchange.h"

namespace ofn::cli {

// Stands in front of a handler. Answers that the wire gives itself (to requests that are no HTTP) are not marked.
// Lifetime: `to` outlives it, and it outlives its exchanges. Threads: the loop's. Cost: an allocation for each request, so only
// workers of a supervisor have it.
class BuildStamp final : public wire::Handler {
 public:
  BuildStamp(wire::Handler& to, unsigned build) : to_(to), build_(std::to_string(build)) {}

  void handle(wire::ExchangePtr exchange) override;
  std::optional<Response> refuse_call(const wire::Message& head) override {
    return to_.refuse_call(head);
  }
  bool takes_pieces(const wire::Message& head) override { return to_.takes_pieces(head); }

 private:
  wire::Handler& to_;
  std::string build_;
};

}  // namespace ofn::cli
