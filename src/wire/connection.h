// A stream socket (TCP or Unix) on a loop, and the session that speaks over it: the only place
// where bytes are read from and written to the kernel.
//
// The way of a read: the reactor says readable → recv into the loop's scratch → Session::receive →
// what became ready runs (functions, then this connection's own turn) → Session::gather → one
// sendmsg. Where many handlers share a connection, its turn comes after all of them.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "loop/loop.h"
#include "wire/limits.h"
#include "wire/session.h"

namespace boost::system {
class error_code;
}

namespace ofn::wire {

// Lifetime: its owner (a server, a channel) keeps it until `on_gone`, and may destroy it there. Only
//   when its loop runs no more may it be destroyed earlier.
// Threads: the loop's.
// Cost: an idle one holds kBufferSize bytes beside what its session keeps.
class Connection final : public Transport, private Ready {
 public:
  // Takes over `fd`, a connected stream socket; `peer` names its other end.
  Connection(Loop& loop, int fd, std::string peer, const Limits& limits);
  ~Connection() override;

  // Installs the first session and begins to read. `on_gone` runs once, when the socket is closed
  // and nothing refers to the connection any more.
  void start(std::unique_ptr<Session> session, std::function<void(Connection&)> on_gone);
  // The server stops: what the peer has already sent is read and served, then the session drains.
  // Idempotent.
  void drain();
  // Closes at once, without a word to the session (which the owner has finished with); `on_gone`
  // follows.
  void close();

  // Transport
  void wake() override;
  void replace(std::unique_ptr<Session> next, std::string_view rest) override;
  Loop& loop() override { return loop_; }
  std::string_view peer() const override { return peer_; }

 private:
  struct Socket;  // Asio's, kept out of the header

  // A usual request's head fits; it is all that an idle connection's reading costs.
  static constexpr std::size_t kBufferSize = 1024;

  // What the connection does at present. Each state only moves down this list.
  enum class State {
    kServing,    // reads and writes as the session wishes
    kLingering,  // our last answer was sent: reads and discards, so that the peer sees it and not a
                 // reset
    kClosed,     // no socket; waits for its pending handlers to return
    kGone,
  };

  void run_ready() override;
  void serve();
  void install_next();
  // Writes all that the session offers and the kernel takes. False: the connection ended.
  bool write_pending();
  void start_reading();
  void wait_writable();
  void drain_session();
  void on_read(const boost::system::error_code& error, std::size_t count);
  // Reads what the kernel still holds.
  void read_on();
  void take(std::string_view bytes);
  void take_failure(const boost::system::error_code& error);
  void linger();
  void lose(const std::string& what);

  Loop& loop_;
  std::string peer_;
  const Limits& limits_;
  std::unique_ptr<Socket> socket_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<Session> next_session_;
  std::string next_input_;
  std::function<void(Connection&)> on_gone_;
  Timer patience_;    // kServing: the peer takes nothing; kLingering: the peer does not close
  std::string held_;  // arrived when the session did not want it
  std::size_t discarded_ = 0;
  State state_ = State::kServing;
  bool reading_ = false;
  bool waiting_writable_ = false;
  bool input_ended_ = false;
  bool draining_ = false;
  bool drain_due_ = false;  // when the read that is under way has returned
};

}  // namespace ofn::wire
