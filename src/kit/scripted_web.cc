#include "kit/scripted_web.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <utility>

#include "base/nearest.h"
#include "base/while_alive.h"
#include "invocation/passed_fields.h"
#include "wire/blocking/request_check.h"
#include "wire/redirect.h"

namespace ofn::kit {

namespace {

using testing::WebAnswer;
using testing::WebFault;
using testing::internal::WebFailing;

constexpr Duration kNever = Duration::max();

bool has_scheme(std::string_view url) {
  return url.starts_with("http://") || url.starts_with("https://");
}

// Returns the URL as servers see it: with a scheme and a path, and without a fragment.
std::string normal(std::string_view given) {
  std::string url(given.substr(0, given.find('#')));
  if (url.find("://") == std::string::npos) url.insert(0, "http://");
  const std::size_t host = url.find("://") + 3;
  const std::size_t end = url.find_first_of("/?", host);
  if (end == std::string::npos) {
    url += '/';
  } else if (url[end] == '?') {
    url.insert(end, 1, '/');
  }
  return url;
}

// A request as a test writes it.
struct Pattern {
  std::string_view method;  // empty: any
  std::string url;
  bool is_prefix = false;
};
Pattern pattern_of(std::string_view request) {
  Pattern pattern;
  if (const std::size_t blank = request.find(' '); blank != std::string_view::npos) {
    pattern.method = request.substr(0, blank);
    request.remove_prefix(blank + 1);
  }
  pattern.is_prefix = request.ends_with('*');
  if (pattern.is_prefix) request.remove_suffix(1);
  pattern.url = pattern.is_prefix ? std::string(request) : normal(request);
  return pattern;
}

void check_pattern(std::string_view request) {
  if (has_scheme(pattern_of(request).url) && request.find("://") != std::string_view::npos) return;
  throw std::runtime_error("\"" + std::string(request) +
                           "\" is no request of HTTP; write one as \"https://host/path\", or as "
                           "\"PUT https://host/path\"; a * at its end stands for the rest");
}

// A copy with another method, URL, fields and body.
HttpCall changed(const HttpCall& call, std::string method, std::string url,
                 const std::vector<Header>& headers, const std::optional<std::string>& body) {
  HttpCall made(std::move(method), std::move(url));
  for (const auto& [name, value] : headers) made.header(name, value);
  if (body) made.body(*body);
  made.timeout(call.timeout()).max_answer(call.max_answer()).redirects(call.redirects());
  return made;
}

std::string authority_of(std::string_view url) {
  const std::size_t host = url.find("://") + 3;
  return std::string(url.substr(0, url.find_first_of("/?", host)));
}

// The target of a redirect, relative to the request's URL (RFC 3986 §5.2, without the removal of dots).
std::string resolved(const std::string& url, const std::string& location) {
  if (location.find("://") != std::string::npos) return normal(location);
  if (location.starts_with("//")) return normal(url.substr(0, url.find("//")) + location);
  if (location.starts_with('/')) return authority_of(url) + location;
  const std::string path = url.substr(0, url.find('?'));
  return path.substr(0, path.rfind('/') + 1) + location;
}

const std::string* location_of(const HttpReply& reply) {
  if (reply.status / 100 != 3) return nullptr;
  for (const Header& header : reply.headers) {
    if (same_field_name(header.name, "location")) return &header.value;
  }
  return nullptr;
}

// What the client that serves sends next.
HttpCall redirected(const HttpCall& call, int status, std::string url) {
  const bool becomes_get = wire::redirects_to_get(status, call.method());
  std::vector<Header> headers;
  const bool is_elsewhere = authority_of(call.url()) != authority_of(url);
  for (const Header& header : call.headers()) {
    const bool is_secret =
        same_field_name(header.name, "authorization") || same_field_name(header.name, "cookie");
    if (becomes_get && wire::describes_content(header.name)) continue;
    if (!is_elsewhere || !is_secret) headers.push_back(header);
  }
  return changed(call, becomes_get ? "GET" : call.method(), std::move(url), headers,
                 becomes_get ? std::nullopt : call.body());
}

Error error_of(const WebFailing& failing) {
  Error error(Code::kUnknown, "the connection ended before the answer did");
  if (failing.code) {
    error = Error(*failing.code, "the test lets it fail");
  } else if (failing.fault == WebFault::kUnreachable) {
    error = Error(Code::kUnavailable, "the server cannot be reached");
  } else if (failing.fault == WebFault::kBadCertificate) {
    error = Error(Code::kFailedPrecondition, "the server's certificate is not trusted");
  }
  return failing.range.message.empty() ? error : Error(error.code(), failing.range.message);
}

}  // namespace

// A request that is under way.
class ScriptedWeb::Asking final : public UnderWay {
 public:
  Asking(Loop& loop, Outcome outcome, Done done)
      : reply_(std::move(outcome.reply)), done_(std::move(done)), timer_(loop, [this] { end(); }) {
    if (outcome.after <= Duration::zero()) {
      loop.post(while_alive_([this] { end(); }));
    } else if (outcome.after != kNever) {
      timer_.arm(loop.now() + outcome.after);
    }
  }

 private:
  // May destroy this.
  void end() {
    Done done = std::move(done_);
    done(std::move(reply_));
  }

  Result<HttpReply> reply_;
  Done done_;
  Timer timer_;
  WhileAlive while_alive_;
};

void ScriptedWeb::answer(std::string_view request, Answer answer) {
  check_pattern(request);
  servers_.insert_or_assign(std::string(request), Server{.answer = std::move(answer)});
}

void ScriptedWeb::fail(std::string_view request, const WebFailing& failing) {
  check_pattern(request);
  Server& server = servers_[std::string(request)];
  server.failing = failing;
  server.calls = 0;
}

std::string ScriptedWeb::take_problem() { return std::exchange(problem_, {}); }

ScriptedWeb::Server* ScriptedWeb::server_of(std::string_view method, std::string_view url) {
  Server* best = nullptr;
  std::size_t best_rank = 0;
  for (auto& [request, server] : servers_) {
    const Pattern pattern = pattern_of(request);
    if (!pattern.method.empty() && pattern.method != method) continue;
    if (pattern.is_prefix ? !url.starts_with(pattern.url) : url != pattern.url) continue;
    const std::size_t rank =
        4 * pattern.url.size() + (pattern.is_prefix ? 0 : 2) + (pattern.method.empty() ? 0 : 1) + 1;
    if (rank <= best_rank) continue;
    best = &server;
    best_rank = rank;
  }
  return best;
}

ScriptedWeb::Outcome ScriptedWeb::unknown(const HttpCall& call) {
  std::vector<std::string> known;
  for (const auto& [request, unused] : servers_) known.push_back(request);
  std::string text = "the function asked for " + call.method() + " " + call.url() +
                     ", and the test does not say what that answers; write " + std::string(owner_) +
                     ".web().answer(\"" + call.url() + "\", …) before the call";
  if (const std::string near = nearest_word(call.url(), known); !near.empty()) {
    text += ", or did you mean \"" + near + "\"?";
  } else if (!known.empty()) {
    text += "; the test has answers for:";
    for (const std::string& request : known) text += " \"" + request + "\"";
  }
  if (problem_.empty()) problem_ = text;
  return {std::unexpected(Error(Code::kFailedPrecondition, std::move(text)))};
}

ScriptedWeb::Outcome ScriptedWeb::outcome_of(Server& server, const HttpCall& call) {
  if (server.failing) {
    const WebFailing& failing = *server.failing;
    const unsigned number = server.calls++;
    const bool fails =
        number >= failing.range.after &&
        (!failing.range.times || number - failing.range.after < *failing.range.times);
    if (fails && !failing.code && failing.fault == WebFault::kLate) return {HttpReply(), kNever};
    if (fails) return {std::unexpected(error_of(failing))};
  }
  if (!server.answer) return unknown(call);
  WebAnswer answer = server.answer(call);
  if (answer.body.size() > call.max_answer()) {
    return {std::unexpected(
        Error(Code::kResourceExhausted,
              "the answer is larger than " + std::to_string(call.max_answer()) + " bytes"))};
  }
  return {HttpReply{.status = answer.status,
                    .headers = std::move(answer.headers),
                    .body = call.method() == "HEAD" ? std::string() : std::move(answer.body)},
          std::chrono::duration_cast<Duration>(answer.after)};
}

ScriptedWeb::Outcome ScriptedWeb::outcome_of(HttpCall call) {
  Duration after{};
  for (unsigned followed = 0;; ++followed) {
    const bool is_url = has_scheme(call.url()) &&
                        call.url().find_first_of(" \t\r\n") == std::string::npos &&
                        authority_of(call.url()).find("://") + 3 < authority_of(call.url()).size();
    if (!is_url)
      return {std::unexpected(
          Error(Code::kInvalidArgument, "the URL is not one of http or https: " + call.url()))};
    asked_.push_back(call);
    Server* const server = server_of(call.method(), call.url());
    Outcome outcome = server == nullptr ? unknown(call) : outcome_of(*server, call);
    if (outcome.after == kNever) return outcome;
    outcome.after += after;
    const std::string* const location = outcome.reply ? location_of(*outcome.reply) : nullptr;
    if (call.redirects() == 0 || location == nullptr) return outcome;
    if (followed == call.redirects())
      return {
          std::unexpected(Error(Code::kFailedPrecondition,
                                "more than " + std::to_string(call.redirects()) + " redirects")),
          outcome.after};
    after = outcome.after;
    call = redirected(call, outcome.reply->status, resolved(call.url(), *location));
  }
}

Result<std::unique_ptr<HttpPort::UnderWay>> ScriptedWeb::send(const HttpCall& call,
                                                              const HttpPortOptions& options,
                                                              Done done) {
  const std::vector<Header> headers = headers_of(call, options);
  if (auto checked = wire::blocking::check_request(call.method(), headers); !checked)
    return std::unexpected(std::move(checked.error()));
  const SteadyTime now = loop_.now();
  const Deadline own =
      call.timeout() < SteadyTime::max() - now ? Deadline(now + call.timeout()) : Deadline::never();
  const Duration left = earlier(own, options.deadline).left(now);
  if (left <= Duration::zero())
    return std::unexpected(Error(Code::kDeadlineExceeded, "the deadline has passed"));
  Outcome outcome =
      outcome_of(changed(call, call.method(), call.url().empty() ? call.url() : normal(call.url()),
                         headers, call.body()));
  if (outcome.after >= left && left != kNever) {
    const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(left);
    outcome = {
        std::unexpected(Error(Code::kDeadlineExceeded, "there was no answer within " +
                                                           std::to_string(time.count()) + " ms")),
        left};
  }
  return std::make_unique<Asking>(loop_, std::move(outcome), std::move(done));
}

}  // namespace ofn::kit
