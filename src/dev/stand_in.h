// Answers requests while there is no build that can serve them.
//
//   StandIn stand_in(loop, log);
//   stand_in.listen(socket, "hello.cc:3:1: error: …");      // 503 with this text
//   stand_in.leave([&](Passing connection) { worker.pass(connection); });
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>

#include "base/log.h"
#include "dev/worker.h"
#include "loop/loop.h"
#include "wire/http_sessions.h"
#include "wire/listening_socket.h"
#include "wire/server.h"

namespace ofn::dev {

// Each answer is 503 with the reason: as a page if the client prefers HTML, and as text otherwise; with `Retry-After: 1` and
// `X-OpenFunction-Build: 0`. gRPC calls get UNAVAILABLE.
// Lifetime: `loop` and `log` outlive it; it may be destroyed after the loop has ended. Threads: the loop's.
class StandIn {
 public:
  StandIn(Loop& loop, Log& log);
  StandIn(const StandIn&) = delete;
  StandIn& operator=(const StandIn&) = delete;
  ~StandIn();

  bool is_listening() const { return site_ != nullptr; }
  // Accepts connections of the socket that `fd` refers to; the descriptor stays the caller's. If it listens already, only the
  // reason is new. Errors: as wire::ListeningSocket::inherit().
  Result<void> listen(int fd, std::string reason);
  // Answers on this connection, too.
  void take(Passing connection);
  // Stops: `take` gets the connections, now or when their answers are written.
  void leave(std::function<void(Passing)> take);

 private:
  class Reason;
  struct Site;

  Loop& loop_;
  Log& log_;
  std::unique_ptr<Reason> reason_;
  std::unique_ptr<Site> site_;
  std::list<std::unique_ptr<Site>> leaving_;  // until their last connections have gone
};

}  // namespace ofn::dev
