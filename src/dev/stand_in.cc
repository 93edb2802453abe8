#include "dev/stand_in.h"

#include <array>
#include <fcntl.h>
#include <string_view>
#include <utility>

namespace ofn::dev {

namespace {

bool prefers_html(const wire::Message& request) {
  for (const Field& field : request.fields) {
    if (same_field_name(field.name, "accept")) return field.value.starts_with("text/html");
  }
  return false;
}

std::string escaped(std::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '&':
        html += "&amp;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

}  // namespace

class StandIn::Reason final : public wire::Handler {
 public:
  void handle(wire::ExchangePtr exchange) override {
    Response response = prefers_html(exchange->request())
                            ? Response(
                                  "<!doctype html><meta charset=\"utf-8\"><title>No build is "
                                  "served</title><pre>" +
                                  escaped(text) + "</pre>\n")
                                  .header("content-type", "text/html; charset=utf-8")
                            : Response(text);
    response.status(503).header("retry-after", "1");
    const Field build{"X-OpenFunction-Build", "0"};
    exchange->respond(std::move(response), {&build, 1});
  }

  std::string text;
};

struct StandIn::Site {
  Site(Reason& reason, Loop& loop, Log& log)
      : sessions(reason, limits, log),
        server(std::array{&loop}, [this](Loop&) { return sessions.make(); }, limits, log) {}

  wire::Limits limits;
  wire::HttpSessions sessions;
  wire::Server server;
};

StandIn::StandIn(Loop& loop, Log& log)
    : loop_(loop), log_(log), reason_(std::make_unique<Reason>()) {}

StandIn::~StandIn() = default;

Result<void> StandIn::listen(int fd, std::string reason) {
  reason_->text = std::move(reason);
  if (!reason_->text.ends_with('\n')) reason_->text += '\n';
  if (site_ != nullptr) return {};
  auto socket = wire::ListeningSocket::inherit(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!socket) return std::unexpected(std::move(socket).error());
  site_ = std::make_unique<Site>(*reason_, loop_, log_);
  site_->server.listen(*std::move(socket));
  return {};
}

void StandIn::take(Passing connection) {
  if (site_ != nullptr)
    site_->server.adopt(connection.socket.release(), std::move(connection.unread));
}

void StandIn::leave(std::function<void(Passing)> take) {
  if (site_ == nullptr) return;
  const auto place = leaving_.insert(leaving_.end(), std::move(site_));
  (*place)->server.pass_on(
      {.take =
           [take = std::move(take)](int fd, std::string_view unread) {
             take({.socket = os::Descriptor(fd), .unread = std::string(unread)});
           },
       .left = [] {}},
      // Later, because the server must not be destroyed inside its own call.
      [this, place] { loop_.post([this, place] { leaving_.erase(place); }); });
}

}  // namespace ofn::dev
