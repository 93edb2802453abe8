#include "dapr/app_http.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "base/secret.h"
#include "dapr/delivered_event.h"
#include "document/json.h"
#include "wire/grpc/status.h"

namespace ofn::dapr {
namespace {

using document::Node;
using wire::grpc::percent_decode;

constexpr std::string_view kJson = "application/json";

std::string_view path_of(const wire::Message& message) {
  return message.target.substr(0, message.target.find('?'));
}

std::string to_json(const std::vector<Subscription>& subscriptions) {
  Node all = Node::list();
  for (const Subscription& subscription : subscriptions) {
    Node one = Node::object();
    if (!subscription.dead_letter_topic.empty())
      one.set("deadLetterTopic", subscription.dead_letter_topic);
    if (!subscription.metadata.empty()) {
      Node metadata = Node::object();
      for (const Header& entry : subscription.metadata) metadata.set(entry.name, entry.value);
      one.set("metadata", std::move(metadata));
    }
    one.set("pubsubname", subscription.component);
    if (subscription.rules.empty()) {
      one.set("route",
              subscription.path.empty() ? http_route_of(subscription.topic) : subscription.path);
    } else {
      Node routes = Node::object();
      // daprd sends events that no rule matches to the default path. Without a default, it does not
      // deliver them.
      if (!subscription.path.empty()) routes.set("default", subscription.path);
      Node rules = Node::list();
      for (const Subscription::Rule& rule : subscription.rules)
        rules.add(Node::object({{"match", rule.match}, {"path", rule.path}}));
      routes.set("rules", std::move(rules));
      one.set("routes", std::move(routes));
    }
    one.set("topic", subscription.topic);
    all.add(std::move(one));
  }
  return document::to_json(all);
}

// Returns true if a request's path is that of the route. The sidecar writes a route as a URL: it
// encodes characters that a path must not contain, adds the slash at the beginning, and removes a
// query or a fragment.
bool is_route(std::string_view route, std::string_view path) {
  route = route.substr(0, route.find_first_of("?#"));
  if (route.empty()) return false;
  if (route.starts_with('/')) route.remove_prefix(1);
  path.remove_prefix(1);
  return path == route || percent_decode(path) == route ||
         percent_decode(path) == percent_decode(route);
}

// Returns the topic's route for a path, as the context writes it, or the path itself if it is the
// topic's name. Returns nullopt if the path does not belong to this topic.
std::optional<std::string_view> route_to(const Subscription& subscription, std::string_view path) {
  if (is_route(subscription.path, path)) return subscription.path;
  for (const Subscription::Rule& rule : subscription.rules) {
    if (is_route(rule.path, path)) return rule.path;
  }
  if (percent_decode(path.substr(1)) == subscription.topic) return path;
  return std::nullopt;
}

int status_of(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
      return 400;
    case Code::kUnauthenticated:
      return 401;
    case Code::kResourceExhausted:
      return 429;
    case Code::kUnavailable:
      return 503;
    case Code::kDeadlineExceeded:
      return 504;
    default:
      return 500;
  }
}

std::string value_of(const wire::Message& message, std::string_view name) {
  const Field* field = find_field(message.fields, name);
  return field == nullptr ? std::string() : std::string(field->value);
}

class HttpAppCall final : public AppCall {
 public:
  explicit HttpAppCall(wire::ExchangePtr exchange) : exchange_(std::move(exchange)) {}
  HttpAppCall(const HttpAppCall&) = delete;
  HttpAppCall& operator=(const HttpAppCall&) = delete;
  ~HttpAppCall() override {
    if (!answered_) fail(Error(Code::kInternal, "the delivery ended without an answer"));
  }

  Deadline deadline() const override { return Deadline::never(); }
  std::string traceparent() const override { return value_of(exchange_->request(), "traceparent"); }
  std::string tracestate() const override { return value_of(exchange_->request(), "tracestate"); }
  std::string baggage() const override { return value_of(exchange_->request(), "baggage"); }
  void on_cancelled(std::function<void()> callback) override {
    exchange_->on_abandoned([this, callback = std::move(callback)]() mutable {
      if (exchange_->abandoned()) return callback();
      on_cancelled(std::move(callback));  // a client that has only finished sending still reads
    });
  }
  void acknowledge(TopicStatus status) override {
    switch (status) {
      case TopicStatus::kSuccess:
        return respond(200, R"({"status":"SUCCESS"})", kJson);
      case TopicStatus::kDrop:
        return respond(200, R"({"status":"DROP"})", kJson);
      case TopicStatus::kRetry:
        return respond(500, "the function asks for another delivery\n", "text/plain");
    }
  }
  void acknowledge(const std::vector<BulkStatus>&) override {
    fail(Error(Code::kInternal, "bulk deliveries are not supported over HTTP"));
  }
  void fail(const Error& error) override {
    respond(status_of(error.code()), error.message() + "\n", "text/plain");
  }

 private:
  void respond(int status, std::string body, std::string_view type) {
    if (std::exchange(answered_, true)) return;
    exchange_->respond(Response(std::move(body)).status(status).content_type(std::string(type)));
  }

  wire::ExchangePtr exchange_;
  bool answered_ = false;
};

}  // namespace

std::string http_route_of(std::string_view name) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string route = "/";
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      route += c;
    } else {
      route += '%';
      route += kHex[byte >> 4U];
      route += kHex[byte & 0xfU];
    }
  }
  return route;
}

Result<std::vector<Subscription>> decode_http_subscriptions(std::string_view text) {
  const auto invalid = [](const std::string& what) {
    return fail(Code::kInvalidArgument, "the list of subscriptions " + what);
  };
  const std::optional<Node> all = document::json_value(text);
  if (!all || !all->is(Node::Kind::kList)) return invalid("is not a JSON array");
  std::vector<Subscription> subscriptions;
  for (const Node& one : all->children()) {
    if (!one.is(Node::Kind::kObject)) return invalid("has an entry that is not an object");
    Subscription& subscription = subscriptions.emplace_back();
    subscription.component = one.find_text("pubsubname");
    subscription.topic = one.find_text("topic");
    if (subscription.component.empty() || subscription.topic.empty())
      return invalid("has an entry without pubsubname or topic");
    subscription.dead_letter_topic = one.find_text("deadLetterTopic");
    subscription.path = one.find_text("route");
    if (const Node* metadata = one.find("metadata")) {
      for (const Node& entry : metadata->members())
        subscription.metadata.push_back(
            {entry.key(), entry.is(Node::Kind::kText) ? entry.text() : document::to_json(entry)});
      std::ranges::sort(subscription.metadata, {}, &Header::name);
    }
    if (const Node* bulk = one.find("bulkSubscribe")) {
      const Node* enabled = bulk->find("enabled");
      if (enabled != nullptr && enabled->is(Node::Kind::kBool) && enabled->text() == "true")
        subscription.bulk = Subscription::Bulk();
    }
    if (const Node* routes = one.find("routes")) {
      if (const auto path = routes->find_text("default"); !path.empty()) subscription.path = path;
      if (const Node* rules = routes->find("rules")) {
        for (const Node& rule : rules->items()) {
          if (!rule.is(Node::Kind::kObject)) return invalid("has a rule that is not an object");
          subscription.rules.push_back(
              {std::string(rule.find_text("match")), std::string(rule.find_text("path"))});
        }
      }
    }
    if (subscription.path.empty() && subscription.rules.empty())
      subscription.path = http_route_of(subscription.topic);
    // Apps write paths with or without their leading slash.
    const auto rooted = [](std::string& path) {
      if (!path.empty() && path.front() != '/') path.insert(path.begin(), '/');
    };
    rooted(subscription.path);
    for (Subscription::Rule& rule : subscription.rules) rooted(rule.path);
  }
  return subscriptions;
}

AppHttp::AppHttp(AppApi& api, AppHttpOptions options)
    : api_(api), options_(std::move(options)), subscriptions_(to_json(api.subscriptions())) {}

bool AppHttp::is_topic(std::string_view path) const {
  if (!path.starts_with('/')) return false;
  for (const Subscription& subscription : api_.subscriptions()) {
    if (route_to(subscription, path)) return true;
  }
  return false;
}

bool AppHttp::is_binding(std::string_view path) const {
  if (!path.starts_with('/')) return false;
  const std::string name = percent_decode(path.substr(1));
  for (const std::string& component : api_.input_bindings()) {
    if (component == name) return true;
  }
  return false;
}

bool AppHttp::wants(const wire::Message& message) const {
  const std::string_view path = path_of(message);
  if (message.method == "GET")
    return path == "/dapr/subscribe" || path == "/dapr/config" || path == "/healthz";
  if (message.method == "OPTIONS") return is_binding(path);
  return message.method == "POST" && (is_binding(path) || is_topic(path));
}

void AppHttp::handle(wire::ExchangePtr exchange) {
  const wire::Message& message = exchange->request();
  const std::string_view path = path_of(message);
  if (path == "/healthz") {
    const bool ready = api_.ready();
    return exchange->respond(
        Response(ready ? "ok\n" : "the server is stopping\n").status(ready ? 200 : 503));
  }
  if (!options_.api_token.empty() &&
      !same_secret(value_of(message, "dapr-api-token"), options_.api_token)) {
    return exchange->respond(Response("dapr-api-token is missing or wrong\n").status(401));
  }
  if (path == "/dapr/config")
    return exchange->respond(Response("{}").content_type(std::string(kJson)));
  if (path == "/dapr/subscribe")
    return exchange->respond(Response(subscriptions_).content_type(std::string(kJson)));
  if (message.method == "OPTIONS") {
    if (is_binding(path)) api_.on_asked_for_bindings();
    return exchange->respond(Response());
  }
  if (is_binding(path)) return deliver_binding(std::move(exchange), path);
  deliver_topic(std::move(exchange), path);
}

void AppHttp::deliver_binding(wire::ExchangePtr exchange, std::string_view path) {
  const wire::Message& message = exchange->request();
  BindingEvent event{.component = percent_decode(path.substr(1)),
                     .data = std::string(message.body)};
  for (const Field& field : message.fields) {
    if (same_field_name(field.name, "dapr-api-token")) continue;  // a secret
    event.metadata.push_back({std::string(field.name), std::string(field.value)});
  }
  api_.on_binding_event(std::move(event), std::make_unique<HttpAppCall>(std::move(exchange)));
}

void AppHttp::deliver_topic(wire::ExchangePtr exchange, std::string_view path) {
  const wire::Message& message = exchange->request();
  auto event = decode_json_event(message.body);
  if (!event) {
    // No retry and no other version of the function can read this event. If it failed, the sidecar
    // would deliver it again for ever, and block the events behind it. If it is dropped, the
    // sidecar puts it into the dead-letter topic.
    const Error error(event.error().code(),
                      "event dropped, not a CloudEvent: " + event.error().message());
    api_.on_unreadable(Error(error).with("path", std::string(path)));
    return HttpAppCall(std::move(exchange)).acknowledge(TopicStatus::kDrop);
  }
  event->metadata = message_metadata(message.fields);

  // The path decides the topic, because the envelope of a dead letter still contains the original
  // topic. If several topics have the path, the envelope decides.
  const auto told = [&event](std::string_view name) -> std::string_view {
    const auto found = std::ranges::find(event->extensions, name, &Header::name);
    return found == event->extensions.end() ? std::string_view() : found->value;
  };
  const std::string_view pubsub = told("pubsubname");
  const std::string_view topic = told("topic");
  const Subscription* found = nullptr;
  int best = -1;
  for (const Subscription& subscription : api_.subscriptions()) {
    if (!route_to(subscription, path)) continue;
    const int alike = 2 * static_cast<int>(subscription.component == pubsub) +
                      static_cast<int>(subscription.topic == topic);
    if (alike > best) {
      found = &subscription;
      best = alike;
    }
  }
  event->path = *route_to(*found, path);
  event->component = found->component;
  event->topic = found->topic;
  api_.on_topic_event(*std::move(event), std::make_unique<HttpAppCall>(std::move(exchange)));
}

}  // namespace ofn::dapr
