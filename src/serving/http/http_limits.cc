// The part of HttpService that knows the limits of routes (<ofn/route.h>).
#include <algorithm>
#include <utility>

#include <ofn/route.h>

#include "serving/http/http_service.h"

namespace ofn {

HttpService::HttpService(const Routes& routes, Gate& gate, Workers& workers, Log& log,
                         Duration timeout, std::size_t queue, const Middleware* middleware)
    : routes_(routes),
      gate_(gate),
      runners_{.workers = workers, .log = log},
      timeout_(timeout),
      middleware_(middleware) {
  constexpr auto kNone = abi::RouteOptions::kNone;
  for (const Routes::Route& route : routes.routes()) {
    const abi::RouteOptions* const options = route.options;
    auto& limits = limits_.emplace_back();
    if (options == nullptr || (options->concurrency == kNone &&
                               options->timeout_nanoseconds == kNone && options->max_body == kNone))
      continue;
    limits = std::make_unique<Limits>(Limits{
        .gate = {}, .timeout = timeout, .max_body = static_cast<std::size_t>(options->max_body)});
    if (options->timeout_nanoseconds != kNone) {
      const std::chrono::nanoseconds own(
          static_cast<std::chrono::nanoseconds::rep>(options->timeout_nanoseconds));
      limits->timeout = std::min(timeout, std::chrono::duration_cast<Duration>(own));
    }
    if (options->concurrency != kNone) {
      limits->gate = std::make_unique<Gate>(
          options->concurrency,
          options->queue == kNone ? queue : static_cast<std::size_t>(options->queue));
    }
  }
}

std::size_t HttpService::waiting() const {
  std::size_t waiting = 0;
  for (const auto& limits : limits_)
    if (limits != nullptr && limits->gate != nullptr) waiting += limits->gate->waiting();
  return waiting;
}

void HttpService::when_empty(Loop& loop, std::function<void()> callback) {
  when_empty(0, loop, std::move(callback));
}

// One after the other: no call comes any more, and a call leaves the gate of its route last.
void HttpService::when_empty(std::size_t route, Loop& loop, std::function<void()> callback) {
  for (; route < limits_.size(); ++route) {
    if (limits_[route] == nullptr || limits_[route]->gate == nullptr) continue;
    return limits_[route]->gate->when_empty(loop,
                                            [this, route, &loop, callback = std::move(callback)] {
                                              when_empty(route + 1, loop, callback);
                                            });
  }
  gate_.when_empty(loop, std::move(callback));
}

}  // namespace ofn
