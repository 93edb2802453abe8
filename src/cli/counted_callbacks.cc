#include "cli/counted_callbacks.h"

#include <algorithm>

#include "dapr/app_server.h"

namespace ofn::cli {

std::string_view CountedCallbacks::name_of(const wire::Message& message) {
  if (!dapr::AppServer::is_grpc(message)) return "http";
  const std::string_view method = message.target.substr(message.target.rfind('/') + 1);
  const auto* const known = std::ranges::find(kNames, method);
  return known == kNames.end() || method == "http" ? "other" : *known;
}

void CountedCallbacks::handle(wire::ExchangePtr exchange) {
  count(exchange->request());
  to_.handle(std::move(exchange));
}

std::optional<Response> CountedCallbacks::refuse_call(const wire::Message& head) {
  auto refusal = to_.refuse_call(head);
  if (refusal) count(head);
  return refusal;
}

void CountedCallbacks::count(const wire::Message& message) {
  const auto* const name = std::ranges::find(kNames, name_of(message));
  counts_.at(static_cast<std::size_t>(name - kNames.begin())).add();
}

}  // namespace ofn::cli
