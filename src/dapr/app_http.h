// Dapr's app callbacks over HTTP (APP_PROTOCOL=http), the app's end: paths → the interface AppApi; and
// what a sidecar needs to call them.
//
//   dapr::AppHttp http(api, {.api_token = token});
//   if (http.wants(exchange->request())) http.handle(std::move(exchange));
//
//   GET  /dapr/subscribe     the topics, as JSON        GET /dapr/config   {}
//   GET  /healthz            200, or 503 on the way out
//   OPTIONS /{component}     200: the function wants that input binding
//   POST /{component}        what it delivers
//   POST /{topic}            an event, as the platform's proxy sends it, and daprd where we say so
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dapr/app_api.h"
#include "wire/exchange.h"

namespace ofn::dapr {

struct AppHttpOptions {
  std::string api_token{};  // as AppServerOptions'
};

// Answers: success is exactly 200, a drop 200 with {"status":"DROP"}; a failure is 429, 500, 503 or
//   504, never 404, which a sidecar takes for a drop. No or a wrong token: 401. What is no event at all is
//   a drop: it would be none the next time either.
// Bulks are not asked for over HTTP: each event comes for itself.
// Lifetime: `api` outlives it; it outlives its calls. Threads: the loop's.
class AppHttp final : public wire::Handler {
 public:
  AppHttp(AppApi& api, AppHttpOptions options);

  // Is it one of the callbacks? Everything else is the function's own.
  bool wants(const wire::Message& message) const;
  void handle(wire::ExchangePtr exchange) override;

 private:
  bool is_topic(std::string_view path) const;
  bool is_binding(std::string_view path) const;
  void deliver_topic(wire::ExchangePtr exchange, std::string_view path);
  void deliver_binding(wire::ExchangePtr exchange, std::string_view path);

  AppApi& api_;
  AppHttpOptions options_;
  std::string subscriptions_;  // as JSON
};

// The path at which an app is called for a binding, or a topic that names no path: one segment, whatever
// the name is.
std::string http_route_of(std::string_view name);

// What an app answers to GET /dapr/subscribe. Members that are not understood are passed over.
// Errors: kInvalidArgument: no JSON array of objects with pubsubname and topic.
Result<std::vector<Subscription>> decode_http_subscriptions(std::string_view text);

}  // namespace ofn::dapr
