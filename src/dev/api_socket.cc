#include "dev/api_socket.h"

#include <array>
#include <chrono>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "wire/http_sessions.h"
#include "wire/limits.h"
#include "wire/listening_socket.h"
#include "wire/memory_account.h"
#include "wire/server.h"

namespace ofn::dev {

namespace {

bool is_of_this_user(int fd) {
  ucred peer{};
  socklen_t length = sizeof peer;
  return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && peer.uid == ::geteuid();
}

wire::Limits limits() {
  wire::Limits limits;
  limits.body_bytes = ApiSocket::kMostBody;
  limits.head_timeout = std::chrono::seconds(5);
  limits.body_timeout = std::chrono::seconds(5);
  limits.idle_timeout = std::chrono::seconds(30);
  limits.write_timeout = std::chrono::seconds(20);
  return limits;
}

// What clients of the API do wrong is told to them, and not to the developer.
class NoLog final : public Log {
 public:
  bool enabled(Level /*level*/) const noexcept override { return false; }
  void write(Level /*level*/, std::string_view /*message*/,
             std::span<const LogField> /*fields*/) noexcept override {}
};

}  // namespace

struct ApiSocket::Site {
  Site(Loop& loop, wire::Handler& handler, Log& log)
      : limits(dev::limits()),
        memory(kMemory),
        sessions(handler, limits, no_log, &memory),
        server(
            std::array{&loop}, [this](Loop&) { return sessions.make(); }, limits, log,
            kMostConnections, &memory) {
    server.admit(is_of_this_user);
  }

  NoLog no_log;
  wire::Limits limits;
  wire::MemoryAccount memory;
  wire::HttpSessions sessions;
  wire::Server server;
};

ApiSocket::ApiSocket(std::unique_ptr<Site> site) : site_(std::move(site)) {}

ApiSocket::~ApiSocket() = default;

Result<std::unique_ptr<ApiSocket>> ApiSocket::open(Loop& loop, const std::string& path,
                                                   wire::Handler& handler, Log& log) {
  auto socket = wire::ListeningSocket::listen({.host = "", .unix_path = path});
  if (!socket) return std::unexpected(std::move(socket).error());
  ::chmod(path.c_str(), 0600);
  auto site = std::make_unique<Site>(loop, handler, log);
  site->server.listen(*std::move(socket));
  return std::unique_ptr<ApiSocket>(new ApiSocket(std::move(site)));
}

}  // namespace ofn::dev
