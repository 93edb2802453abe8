// A stream socket (TCP or Unix) on a loop, with the session that uses it. Only this class reads bytes from the kernel and writes
// bytes to it.
//
// A read goes this way: the loop's watch reports the socket readable → recv() into the loop's scratch buffer → Session::receive →
// the loop runs what has become ready (functions, then this connection) → Session::gather → one sendmsg(). If many handlers share
// a connection, the connection writes after all of them.
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

// Finds memory for a connection by ending others.
class Relief {
 public:
  // Returns true if the memory account now has room for `bytes`.
  virtual bool make_room(Connection& connection, std::size_t bytes) = 0;

 protected:
  ~Relief() = default;
};

// Lifetime: its owner (a server, a channel) keeps it until `on_gone` runs, and may destroy it there. The owner may destroy it
//   earlier only if its loop no longer runs.
// Threads: the loop's.
// Cost: an idle connection holds no buffer of its own; its session may.
class Connection final : public Transport, private Ready {
 public:
  // Takes over `fd`, a connected stream socket; `peer` names its other end.
  // Without `relief`, no other connection is ended to make room for this one.
  Connection(Loop& loop, int fd, std::string peer, const Limits& limits, Relief* relief = nullptr);
  ~Connection() override;

  // Installs the first session and begins to read; `received` was read before. `on_gone` runs once: when the socket is closed and
  // nothing refers to the connection any more.
  void start(std::unique_ptr<Session> session, std::function<void(Connection&)> on_gone,
             std::string_view received = {});
  // Call this when the server will soon stop: its sessions retire. Idempotent.
  void retire();
  // Call this when the server is stopping: the connection reads and serves what the peer has already sent, then the session drains.
  // Idempotent.
  void drain();
  // Another process that takes over the connection. Both run on the connection's loop.
  struct Successor {
    // Gets the descriptor, which it owns from then on, and the bytes that were received but not used.
    std::function<void(int fd, std::string_view unread)> take;
    // Runs once: when the connection begins no further request here.
    std::function<void()> left;
  };
  // Passes the connection on as soon as it is between two requests; then `on_gone` runs. A connection that cannot be passed on ends
  // when its requests have ended. Call it at most once.
  void pass_on(Successor to);
  // Closes the socket at once and does not tell the session, which the owner no longer needs. `on_gone` runs later.
  void close();

  // The bytes of the memory account that are held because of the peer, which shed() gives back. 0 if the connection waits only
  // for its function.
  std::size_t held_by_peer() const;
  // Gives that memory back at once, and ends the connection.
  void shed();
  // The time of the last byte, in either direction, or of the last call of waits_for_us() that returned true.
  SteadyTime silent_since() const { return moved_at_; }
  // Returns true if the next step is this program's: bytes of the peer wait to be read, the kernel takes bytes again, or the
  // session has asked for a write. Then the peer is not silent, however long this program needs. Cost: a system call.
  bool waits_for_us();
  // Counts the bytes that have moved since the last call, which was `since` ago. Returns true if the peer is slow: if it held
  // memory at both calls, and moved fewer bytes than a holder of that much memory must while memory is short.
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
  // Continues a read at the end of the loop's turn, after the loop's other work.
  class Reader final : public Ready {
   public:
    explicit Reader(Connection& of) : connection_(of) {}

   private:
    void run_ready() override { connection_.read(); }
    Connection& connection_;
  };

  // The state of the connection. It only moves down this list.
  enum class State {
    kServing,    // reads and writes as the session wishes
    kLingering,  // our last answer was sent: reads and discards, so that the peer gets the answer and
                 // no reset
    kClosed,     // the socket is closed
    kGone,
  };

  void run_ready() override;
  void serve();
  void install_next();
  // Writes the session's bytes until the kernel takes no more. Returns false if the connection has ended.
  bool write_pending();
  void start_reading();
  void wait_writable();
  void note_moved(std::ptrdiff_t count) {
    moved_ += static_cast<std::uint64_t>(count);
    moved_at_ = loop_.now();
  }
  void on_seen(Watch::Seen seen);
  // Calls `take`, which takes bytes of the peer. If it finds no memory for them, the session tells the peer, or the connection ends.
  template <class Take>
  void take_in(Take take);
  // Reads once, and serves the bytes.
  void read();
  // Reads once from the kernel, if the session wants input.
  void read_some();
  class Incoming;
  void take(std::string_view bytes);
  void take_failure(int error);
  void take_end();
  void reset_on_close() const;
  void linger();
  bool passed_on();
  bool has_left() const;
  void forget_socket();
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
  std::optional<Successor> successor_;
  TimeLimit patience_;  // kServing: the peer reads nothing; kLingering: the peer does not close
  std::size_t discarded_ = 0;
  std::uint64_t moved_ = 0;  // bytes, in both directions
  SteadyTime moved_at_;
  std::uint64_t measured_ = 0;  // moved_ at the last call of measure_slow()
  bool held_then_ = false;      // the peer held memory at the last call of measure_slow()
  State state_ = State::kServing;
  bool reading_ = false;   // the next bytes are to be read
  bool readable_ = false;  // the kernel may hold bytes
  bool read_to_the_end_ = false;
  bool waiting_writable_ = false;
  bool woken_ = false;  // run_ready() is due
  bool input_ended_ = false;
  bool retired_ = false;
  bool draining_ = false;
  bool told_left_ = false;  // to successor_
};

}  // namespace ofn::wire
