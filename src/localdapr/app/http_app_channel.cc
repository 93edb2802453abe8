#include "localdapr/app/http_app_channel.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "dapr/app_http.h"
#include "dapr/trace_context.h"
#include "document/json.h"
#include "localdapr/go/go_text.h"
#include "localdapr/http/http_fields.h"

namespace ofn::localdapr {
namespace {

using Verdict = AppAnswer::Verdict;

constexpr std::chrono::seconds kListTime(3);  // daprd's limit for an app over gRPC

bool is_success(int status) { return status >= 200 && status <= 299; }

// Returns true for fields that the sidecar itself sets, or that only gRPC has. Metadata of a
// message must not change them.
bool is_callers_own(std::string_view name) {
  for (const std::string_view own :
       {"content-type", "dapr-api-token", "traceparent", "tracestate", "destination-app-id"}) {
    if (same_field_name(name, own)) return true;
  }
  return name.size() >= 4 && same_field_name(name.substr(name.size() - 4), "-bin");
}

std::string lower_case(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// Only an unreachable app has certainly not seen the request.
AppAnswer not_taken(const Error& error) {
  return {.verdict = error.code() == Code::kUnavailable ? Verdict::kUnreachable : Verdict::kRefused,
          .why = error.message()};
}

// Returns the status in a topic's answer. Returns "", which means success, if there is none or if
// the body is not JSON.
std::string status_word(const std::string& body) {
  const auto answer = document::json_value(body);
  return std::string(answer ? answer->find_text("status") : std::string_view());
}

}  // namespace

HttpAppChannel::HttpAppChannel(Loop& loop, std::unique_ptr<wire::blocking::HttpClient> client,
                               const wire::Endpoint& app, std::string api_token, Executor run,
                               const InputRoutes& routes)
    : loop_(loop),
      client_(std::move(client)),
      url_("http://" + app.text()),
      api_token_(std::move(api_token)),
      run_(std::move(run)),
      routes_(routes) {}

std::optional<std::string> HttpAppChannel::path_of(std::string_view binding) const {
  const auto route = routes_.find(binding);
  if (route == routes_.end() || route->second.empty()) return dapr::http_route_of(binding);
  return go_request_target(route->second);
}

void HttpAppChannel::send(Request request, Replied done) {
  if (!api_token_.empty()) request.headers.push_back({"dapr-api-token", api_token_});
  std::string to = url_ + request.path;
  run_([&loop = loop_, client = client_, url = std::move(to), sent = std::move(request),
        done = std::move(done)]() mutable {
    auto reply = client->send({.method = sent.method,
                               .url = url,
                               .headers = std::move(sent.headers),
                               .has_body = sent.method == "POST" ? wire::blocking::Body::kSent
                                                                 : wire::blocking::Body::kNone,
                               .body = sent.body,
                               .deadline = sent.deadline});
    loop.post(
        [reply = std::move(reply), done = std::move(done)]() mutable { done(std::move(reply)); });
  });
}

void HttpAppChannel::refuse_route(std::string_view route, Answered done) {
  loop_.post([why = "the route '" + std::string(route) + "' is not a URL path",
              done = std::move(done)]() mutable {
    done({.verdict = Verdict::kRefused, .why = std::move(why)});
  });
}

void HttpAppChannel::list_subscriptions(Listed<std::vector<dapr::Subscription>> done) {
  send({.method = "GET", .path = "/dapr/subscribe", .deadline = Deadline(loop_.now() + kListTime)},
       [done = std::move(done)](const Result<wire::blocking::HttpReply>& reply) mutable {
         if (!reply) return done(fail(Code::kUnavailable, reply.error().message()));
         // As in daprd, an answer that is not a list counts as an empty list.
         auto listed = is_success(reply->status) ? dapr::decode_http_subscriptions(reply->body)
                                                 : Result<std::vector<dapr::Subscription>>();
         done(listed ? std::move(listed) : Result<std::vector<dapr::Subscription>>());
       });
}

void HttpAppChannel::list_inputs(const std::vector<std::string>& offered,
                                 Listed<std::vector<std::string>> done) {
  ask_for(offered, {}, std::move(done));
}

// Asks for one binding after the other, because there are only few.
void HttpAppChannel::ask_for(std::vector<std::string> offered, std::vector<std::string> wanted,
                             Listed<std::vector<std::string>> done) {
  if (offered.empty()) {
    return loop_.post([wanted = std::move(wanted), done = std::move(done)]() mutable {
      done(std::move(wanted));
    });
  }
  std::string name = std::move(offered.back());
  offered.pop_back();
  auto path = path_of(name);
  if (!path) return ask_for(std::move(offered), std::move(wanted), std::move(done));
  Request request{
      .method = "OPTIONS", .path = *std::move(path), .deadline = Deadline(loop_.now() + kListTime)};
  send(std::move(request),
       [this, name = std::move(name), offered = std::move(offered), wanted = std::move(wanted),
        done = std::move(done)](const Result<wire::blocking::HttpReply>& reply) mutable {
         if (!reply) return done(fail(Code::kUnavailable, reply.error().message()));
         if (is_success(reply->status) || reply->status == 405) wanted.push_back(std::move(name));
         ask_for(std::move(offered), std::move(wanted), std::move(done));
       });
}

void HttpAppChannel::deliver(const dapr::BindingEvent& event, Answered done) {
  auto path = path_of(event.component);
  if (!path) return refuse_route(routes_.at(event.component), std::move(done));
  Request request{.method = "POST",
                  .path = *std::move(path),
                  // As in daprd, whatever the data is.
                  .headers = {{"content-type", "application/json"}},
                  .body = event.data};
  for (const Header& entry : event.metadata) {
    // Leaves out entries that cannot be HTTP fields.
    if (is_field_name(entry.name) && is_field_value(entry.value) && !is_framing_field(entry.name))
      request.headers.push_back(entry);
  }
  send(std::move(request),
       [done = std::move(done)](const Result<wire::blocking::HttpReply>& reply) mutable {
         if (!reply) return done(not_taken(reply.error()));
         if (is_success(reply->status)) return done({});
         done({.verdict = Verdict::kRefused, .why = reply->status_line});
       });
}

void HttpAppChannel::deliver(const TopicMessage& message, Answered done) {
  auto path = go_request_target(message.event.path);
  if (!path) return refuse_route(message.event.path, std::move(done));
  Request request{.method = "POST",
                  .path = *std::move(path),
                  .headers = {{"content-type", "application/cloudevents+json"}},
                  .body = message.envelope};
  for (const Header& entry : message.metadata) {
    if (is_field_name(entry.name) && is_field_value(entry.value) && !is_framing_field(entry.name) &&
        !is_callers_own(entry.name)) {
      request.headers.push_back({lower_case(entry.name), entry.value});
    }
  }
  // The trace comes from the publisher's event, so only a valid trace is sent, and no other part of
  // the text.
  if (const auto trace = dapr::trace_bin(message.traceparent)) {
    request.headers.push_back({"traceparent", dapr::traceparent_of(*trace).value_or("")});
  }
  send(std::move(request),
       [done = std::move(done)](const Result<wire::blocking::HttpReply>& reply) mutable {
         if (!reply) return done(not_taken(reply.error()));
         if (reply->status == 404) return done({.why = "dropped: " + reply->status_line});
         if (!is_success(reply->status))
           return done({.verdict = Verdict::kRefused, .why = reply->status_line});
         const std::string word = status_word(reply->body);
         if (word.empty() || word == "SUCCESS") return done({});
         if (word == "DROP")
           return done({.verdict = Verdict::kDropped, .why = "the app said DROP"});
         done({.verdict = Verdict::kRefused, .why = "the app said " + word.substr(0, 100)});
       });
}

}  // namespace ofn::localdapr
