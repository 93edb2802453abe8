#include "dev/replay.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <ofn/field.h>

#include "base/trimmed.h"
#include "dev/content.h"
#include "wire/connection.h"
#include "wire/connector.h"
#include "wire/session.h"

namespace ofn::dev {

namespace {

constexpr std::size_t kMostHead = std::size_t{256} << 10;
constexpr std::string_view kLineEnd = "\r\n";

struct RawRequest {
  std::string bytes;
  std::vector<std::string> left_out;  // what was redacted
};

bool is_framing(std::string_view name) {
  return same_field_name(name, "content-length") || same_field_name(name, "transfer-encoding");
}

// Returns true if the field is about the connection by which the request came, or asks something of it.
bool is_hop_by_hop(std::string_view name) {
  constexpr std::array<std::string_view, 8> kNames = {
      "connection", "keep-alive", "proxy-connection", "te",
      "trailer",    "upgrade",    "http2-settings",   "expect"};
  return std::ranges::any_of(kNames,
                             [&](std::string_view other) { return same_field_name(name, other); });
}

template <class Use>
void each_part(std::string_view text, char separator, Use use) {
  for (;;) {
    const std::size_t end = text.find(separator);
    use(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

// The fields that the connection's own field names.
std::vector<std::string> named_by_connection(const Content& request) {
  std::vector<std::string> names;
  for (const auto& [name, value] : request.fields) {
    if (!same_field_name(name, "connection")) continue;
    each_part(value, ',', [&](std::string_view part) { names.emplace_back(trimmed(part)); });
  }
  return names;
}

std::string target_of(std::string_view target, std::vector<std::string>& left_out) {
  const std::size_t query = target.find('?');
  if (query == std::string_view::npos) return std::string(target);
  std::string kept(target.substr(0, query));
  char separator = '?';
  each_part(target.substr(query + 1), '&', [&](std::string_view parameter) {
    if (is_redacted_parameter(parameter)) {
      left_out.emplace_back(parameter.substr(0, parameter.find('=')));
      return;
    }
    kept.append(1, std::exchange(separator, '&')).append(parameter);
  });
  return kept;
}

std::optional<std::string> problem_of(const CallEnded& call) {
  if (call.kind != "request")
    return "only requests can be sent again, and this is a delivery of " + call.path;
  if (call.method.empty()) return "the request was not valid HTTP, so it was not recorded";
  if (call.request.body.size() == call.request.size) return std::nullopt;
  return "its body was not recorded whole: only " + std::to_string(call.request.body.size()) +
         " of its " + std::to_string(call.request.size) + " bytes were";
}

RawRequest request_of(Repeated repeated, const std::string& host) {
  RawRequest request{.bytes = repeated.method + ' ' + repeated.target + " HTTP/1.1\r\n",
                     .left_out = std::move(repeated.left_out)};
  if (!repeated.authority.empty())
    request.bytes.append("Host: ").append(repeated.authority).append(kLineEnd);
  for (const auto& [name, value] : repeated.fields)
    request.bytes.append(name).append(": ").append(value).append(kLineEnd);
  if (repeated.authority.empty()) request.bytes.append("Host: ").append(host).append(kLineEnd);
  if (repeated.has_length) {
    request.bytes.append("Content-Length: " + std::to_string(repeated.body.size()))
        .append(kLineEnd);
  }
  request.bytes.append("Connection: close\r\n\r\n").append(repeated.body);
  return request;
}

// A wildcard address is one to listen on, and not one to connect to.
wire::Endpoint reachable(wire::Endpoint app) {
  if (app.host == "0.0.0.0") app.host = "127.0.0.1";
  if (app.host == "::") app.host = "::1";
  return app;
}

// Sends a request, and reads until the server closes.
class ReplaySession final : public wire::Session {
 public:
  ReplaySession(std::string request, Result<Replayed>& result)
      : request_(std::move(request)), result_(result) {}

  void start(wire::Transport& transport) override { transport_ = &transport; }
  void receive(std::string_view bytes) override {
    if (is_head_read_) return;
    head_.append(bytes.substr(0, kMostHead));
    for (std::size_t end = 0; (end = head_.find("\r\n\r\n")) != std::string::npos;) {
      read_head(std::string_view(head_).substr(0, end));
      head_.erase(0, end + 4);
      if (is_head_read_) return;
    }
    if (head_.size() > kMostHead)
      finish(fail(Code::kUnavailable, "the answer's head is too large"));
  }
  void input_ended() override {
    finish(is_head_read_ ? Result<Replayed>(std::move(replayed_))
                         : fail(Code::kUnavailable, "the connection ended without an answer"));
  }
  void lost(const Error& error) override { result_ = std::unexpected(error); }
  bool wants_input() const override { return true; }
  std::size_t gather(std::span<std::string_view> buffers) override {
    buffers[0] = std::string_view(request_).substr(sent_);
    return buffers[0].empty() ? 0 : 1;
  }
  void sent(std::size_t count) override { sent_ += count; }
  wire::Ending ending() const override { return ending_; }
  void drain() override {}
  bool idle() const override { return false; }

 private:
  // "HTTP/1.1 200 OK", and fields.
  void read_head(std::string_view head) {
    const std::string_view status = head.substr(std::min(head.find(' '), head.size()));
    if (status.size() > 1)
      std::from_chars(status.data() + 1, status.data() + status.size(), replayed_.status);
    if (replayed_.status < 200) return;  // an answer of another kind follows
    is_head_read_ = true;
    each_part(head, '\n', [&](std::string_view line) {
      const std::size_t colon = line.find(':');
      if (colon == std::string_view::npos ||
          !same_field_name(line.substr(0, colon), "x-request-id"))
        return;
      line.remove_prefix(colon + 1);
      if (line.ends_with('\r')) line.remove_suffix(1);
      replayed_.id = trimmed(line);
    });
  }
  void finish(Result<Replayed> result) {
    result_ = std::move(result);
    ending_ = wire::Ending::kClose;
    transport_->wake();
  }

  const std::string request_;
  Result<Replayed>& result_;
  wire::Transport* transport_ = nullptr;
  std::size_t sent_ = 0;
  std::string head_;
  bool is_head_read_ = false;
  Replayed replayed_;
  wire::Ending ending_ = wire::Ending::kOpen;
};

}  // namespace

// One request under way. `over` destroys it.
class Replays::One {
 public:
  One(Replays& replays, std::string request, Done done)
      : replays_(replays),
        request_(std::move(request)),
        done_(std::move(done)),
        limit_(replays.loop_, [this] { is_late(); }) {}

  void start(const wire::Endpoint& app, std::function<void()> over) {
    over_ = std::move(over);
    until_ = replays_.loop_.now() + replays_.within_;
    dialing_ = wire::dial(replays_.loop_, app, replays_.limits_, Deadline(until_),
                          [this](auto connected) { dialed(std::move(connected)); });
  }

 private:
  void dialed(Result<std::unique_ptr<wire::Connection>> connected) {
    if (!connected) {
      result_ = std::unexpected(std::move(connected).error());
      return end();
    }
    connection_ = *std::move(connected);
    limit_.arm(until_);
    connection_->start(std::make_unique<ReplaySession>(std::move(request_), result_),
                       [this](wire::Connection&) { end(); });
  }
  void is_late() {
    result_ = fail(Code::kDeadlineExceeded, "the whole answer was not there in time");
    connection_->close();
  }
  void end() {
    limit_.disarm();
    // Not here: the dialing and the connection are still at work.
    replays_.loop_.post([this] {
      auto done = std::move(done_);
      auto result = std::move(result_);
      const auto over = std::move(over_);
      over();
      done(std::move(result));
    });
  }

  Replays& replays_;
  std::string request_;
  Done done_;
  std::function<void()> over_;
  SteadyTime until_{};
  Timer limit_;
  Result<Replayed> result_ = fail(Code::kUnavailable, "the connection ended without an answer");
  std::unique_ptr<wire::Dialing> dialing_;
  std::unique_ptr<wire::Connection> connection_;
};

Result<Repeated> repeated(const CallEnded& call) {
  if (auto problem = problem_of(call)) return fail(Code::kFailedPrecondition, *std::move(problem));
  Repeated request{.method = call.method, .body = call.request.body};
  request.target = target_of(call.path, request.left_out);
  const std::vector<std::string> named = named_by_connection(call.request);
  request.has_length = call.request.size > 0;
  for (const auto& [name, value] : call.request.fields) {
    if (is_framing(name)) {
      request.has_length = true;
      continue;
    }
    const bool is_named = std::ranges::any_of(
        named, [&](const std::string& other) { return same_field_name(name, other); });
    if (is_named || is_hop_by_hop(name)) continue;
    if (is_secret(name)) {
      request.left_out.push_back(name);
    } else if (same_field_name(name, "host")) {
      request.authority = value;
    } else {
      request.fields.emplace_back(name, value);
    }
  }
  return request;
}

Replays::Replays(Loop& loop, Duration within) : loop_(loop), within_(within) {}

Replays::~Replays() = default;

Result<std::vector<std::string>> Replays::send(const wire::Endpoint& app, const CallEnded& call,
                                               Done done) {
  auto again = repeated(call);
  if (!again) return std::unexpected(std::move(again).error());
  const wire::Endpoint to = reachable(app);
  RawRequest request = request_of(*std::move(again), to.is_unix() ? "localhost" : to.text());
  const auto at = under_way_.insert(
      under_way_.end(), std::make_unique<One>(*this, std::move(request.bytes), std::move(done)));
  (*at)->start(to, [this, at] { under_way_.erase(at); });
  return std::move(request.left_out);
}

}  // namespace ofn::dev
