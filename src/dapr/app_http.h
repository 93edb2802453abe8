// The app's end of Dapr's app callbacks over HTTP (APP_PROTOCOL=http): paths → the interface
// AppApi. Also contains the functions that a sidecar needs to call them.
//
//   dapr::AppHttp http(api, {.api_token = token});
//   if (http.wants(exchange->request())) http.handle(std::move(exchange));
//
//  It answers:
//
//   GET  /dapr/subscribe     the topics, as JSON        GET /dapr/config   {}
//   GET  /healthz            200, or 503 while the app stops
//   OPTIONS /{component}     200: the function wants that input binding
//   POST /{component}        a delivery of that input binding
//   POST /{topic}            an event, as the platform's proxy sends it, and daprd if the subscription says so
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dapr/app_api.h"
#include "wire/exchange.h"

namespace ofn::dapr {

struct AppHttpOptions {
  std::string api_token{};  // as in AppServerOptions
};

// Responses: success is exactly 200, a drop is 200 with {"status":"DROP"}; a failure is 429, 500,
// 503 or 504, but never 404, which means a drop to a sidecar. A missing or wrong token: 401. A body
// that is not an event is dropped, because a second delivery would have the same body.
// Over HTTP it subscribes without bulks: each event comes in its own request.
// Lifetime: `api` outlives it; it outlives its calls. Threads: the loop's.
class AppHttp final : public wire::Handler {
 public:
  AppHttp(AppApi& api, AppHttpOptions options);

  // Returns true if the request is one of the callbacks. All others are for the function.
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

// Returns the path at which a sidecar calls an app for a binding, or for a topic without a path. It
// is a single segment, whichever characters the name has.
std::string http_route_of(std::string_view name);

// Decodes an app's response to GET /dapr/subscribe. Unknown members are ignored.
// Errors: kInvalidArgument: not a JSON array of objects with pubsubname and topic.
Result<std::vector<Subscription>> decode_http_subscriptions(std::string_view text);

}  // namespace ofn::dapr
