// A stream socket (TCP or Unix) on a loop, and the session that speaks over it: the only place
// where bytes are read from and written to the kernel.
//
// The way of a read: the loop's watch says readable → recv into the loop's scratch → Session::receive →
// what became ready runs (functions, then this connection's own turn) → Session::gather → one
// sendmsg. Where many handlers share a connection, its turn comes after all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "loop/loop.h"
#include "loop/watch.h"
#include "wire/limits.h"
#include "wire/session.h"

namespace ofn::wire {

class Connection;

// Finds memory for a connection at the cost of others.
class Relief {
 public:
  virtual bool make_room(Connection& connection, std::size_t bytes) = 0;

 protected:
  ~Relief() = default;
};

// Lifetime: its owner (a server, a channel) keeps it until `on_gone`, and may destroy it there. Only
//   when its loop runs no more may it be destroyed earlier.
// Threads: the loop's.
// Cost: an idle one holds no buffer.
class Connection final : public Transport, private Ready {
 public:
  // Takes over `fd`, a connected stream socket; `peer` names its other end.
  // Without `relief` no other connection gives way to this one.
  Connection(Loop& loop, int fd, std::string peer, const Limits& limits, Relief* relief = nullptr);
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

  // What its peer holds of the memory account and shed() gives back; 0 if it waits for its function only.
  std::size_t held_by_peer() const;
  // Gives that memory back at once, and ends the connection.
  void shed();
  // Since when no byte has moved, in either direction.
  SteadyTime silent_since() const { return moved_at_; }
  // Measures what has moved since the last call, which was `since` ago. Returns true if its peer is slow: if it holds memory, held
  // some at the last call, too, and moved too few bytes meanwhile to hold that much while others need it.
  bool measure_slow(Duration since);

  // Transport
  void wake() override;
  void replace(std::unique_ptr<Session> next, std::string_view rest) override;
  bool make_room(std::size_t bytes) override {
    return relief_ != nullptr && relief_->make_room(*this, bytes);
  }
  Loop& loop() override { return loop_; }
  std::string_view peer() const override { return peer_; }

 private:
  // Its turn to read on, after what else the loop has to do.
  class Reader final : public Ready {
   public:
    explicit Reader(Connection& of) : connection_(of) {}

   private:
    void run_ready() override { connection_.read(); }
    Connection& connection_;
  };

  // What the connection does at present. Each state only moves down this list.
  enum class State {
    kServing,    // reads and writes as the session wishes
    kLingering,  // our last answer was sent: reads and discards, so that the peer sees it and not a
                 // reset
    kClosed,     // no socket
    kGone,
  };

  void run_ready() override;
  void serve();
  void install_next();
  // Writes all that the session offers and the kernel takes. False: the connection ended.
  bool write_pending();
  void start_reading();
  void wait_writable();
  void note_moved(std::ptrdiff_t count) {
    moved_ += static_cast<std::uint64_t>(count);
    moved_at_ = loop_.now();
  }
  void on_seen(Watch::Seen seen);
  // Reads once, and has what came served.
  void read();
  // Reads what the kernel holds, once, where the session wants it.
  void read_some();
  class Incoming;
  void take(std::string_view bytes);
  void take_failure(int error);
  void take_end();
  void reset_on_close() const;
  void linger();
  void lose(const std::string& what);

  Loop& loop_;
  std::string peer_;
  const Limits& limits_;
  Relief* relief_;
  int fd_;
  std::optional<Watch> watch_;
  Reader reader_{*this};
  std::unique_ptr<Session> session_;
  std::unique_ptr<Session> next_session_;
  std::string next_input_;
  std::function<void(Connection&)> on_gone_;
  Timer patience_;  // kServing: the peer takes nothing; kLingering: the peer does not close
  std::size_t discarded_ = 0;
  std::uint64_t moved_ = 0;  // bytes, in both directions
  SteadyTime moved_at_;
  std::uint64_t measured_ = 0;  // of them at the last call of measure_slow()
  bool held_then_ = false;      // its peer held memory at the last call of measure_slow()
  State state_ = State::kServing;
  bool reading_ = false;   // what arrives is to be read
  bool readable_ = false;  // the kernel may hold something
  bool read_to_the_end_ = false;
  bool waiting_writable_ = false;
  bool input_ended_ = false;
  bool draining_ = false;
};

}  // namespace ofn::wire
