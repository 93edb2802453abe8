// The socket of the local API: a Unix socket in this user's private folder (instances.h), which only processes of the same user may
// use.
//
//   auto socket = ApiSocket::open(loop, entry.instance().socket, api, log);
//   if (!socket) say(socket.error().message());
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/log.h"
#include "loop/loop.h"
#include "wire/exchange.h"

namespace ofn::dev {

// Peers of other users are closed at once (SO_PEERCRED). Slow and silent ones are closed after seconds. At most kMostConnections are
// open, and all of them together hold at most kMemory; others wait in the kernel's queue.
// Lifetime: `loop`, `handler` and `log` outlive it; it is destroyed when the loop has stopped. The destructor removes the socket's
// file. Threads: the loop's.
class ApiSocket {
 public:
  static constexpr std::size_t kMostConnections = 400;
  static constexpr std::size_t kMemory = std::size_t{96} << 20;
  static constexpr std::size_t kMostBody = std::size_t{16} << 20;

  // Errors: kAlreadyExists, kPermissionDenied, kUnavailable.
  static Result<std::unique_ptr<ApiSocket>> open(Loop& loop, const std::string& path,
                                                 wire::Handler& handler, Log& log);
  ApiSocket(const ApiSocket&) = delete;
  ApiSocket& operator=(const ApiSocket&) = delete;
  ~ApiSocket();

 private:
  struct Site;
  explicit ApiSocket(std::unique_ptr<Site> site);

  std::unique_ptr<Site> site_;
};

}  // namespace ofn::dev
