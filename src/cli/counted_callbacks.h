// Counts the requests of a Dapr sidecar by what they ask, in front of their handler.
//
//   CountedCallbacks counted(app_server);               // one per loop
//   counted.handle(std::move(exchange));
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "metrics/histogram.h"
#include "wire/exchange.h"

namespace ofn::cli {

// Lifetime: `to` outlives it. Threads: its loop's; add_to() may be called by any.
class CountedCallbacks final : public wire::Handler {
 public:
  explicit CountedCallbacks(wire::Handler& to) : to_(to) {}

  void handle(wire::ExchangePtr exchange) override;
  // A gRPC method that the program does not serve is counted here, because its request ends here.
  std::optional<Response> refuse_call(const wire::Message& head) override;
  bool takes_pieces(const wire::Message& head) override { return to_.takes_pieces(head); }

  // The methods of Dapr's interface AppCallback, gRPC's health check, and how often the method was called.
  static constexpr std::array<std::string_view, 12> kNames = {"OnInvoke",
                                                              "ListTopicSubscriptions",
                                                              "OnTopicEvent",
                                                              "OnBulkTopicEventAlpha1",
                                                              "OnBulkTopicEvent",
                                                              "ListInputBindings",
                                                              "OnBindingEvent",
                                                              "HealthCheck",
                                                              "OnJobEventAlpha1",
                                                              "Check",
                                                              "http",
                                                              "other"};
  static std::string_view name_of(const wire::Message& message);
  std::uint64_t count(std::size_t name) const { return counts_.at(name).read(); }

 private:
  void count(const wire::Message& message);

  wire::Handler& to_;
  std::array<metrics::Count, kNames.size()> counts_;
};

}  // namespace ofn::cli
