// Between a socket and a protocol: a Session is a protocol's state machine without a socket, a
// Transport is the socket it lives on. wire/connection implements Transport over a socket; tests put a
// session on a fake one and cut its input anywhere.
//
//   bytes → Session::receive     Session::gather → bytes
//           Session asks the transport for attention with wake(): output to write, reading to
//           resume, an ending.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "loop/loop.h"

namespace ofn::wire {

class MemoryShare;
class Session;

// Threads: the loop's. Lifetime: outlives its session.
class Transport {
 public:
  virtual ~Transport() = default;

  // The session has something new to gather(), to read, or to end. Cheap and safe at any time, also
  // from inside the session's own functions: the transport looks later, in its own turn (several
  // wakes are one look).
  virtual void wake() = 0;
  // Replaces the session by `next` once the current call into the session has returned and
  // everything gathered so far was written; `rest` (copied) is the first input of `next`. For
  // `Upgrade: h2c` and the HTTP/2 preface.
  virtual void replace(std::unique_ptr<Session> next, std::string_view rest) = 0;
  // Ends connections whose peers are slow, or hold most, until `bytes` fit into the memory account. Returns true if they do.
  // `bytes` is what the caller's own peer would hold then (server.h).
  virtual bool make_room(std::size_t /*bytes*/) { return false; }
  virtual Loop& loop() = 0;
  // "127.0.0.1:51234", "[::1]:51234" or "unix". Valid as long as the transport.
  virtual std::string_view peer() const = 0;
};

// Grows `buffer` as the grow() of memory_account.h does. If the account has no room, `transport` makes some. It may do so more
// than once, because another loop may take what this one has freed.
bool grow(std::string& buffer, std::size_t size, std::size_t most, MemoryShare& share,
          Transport& transport);

// How a session wants its connection to end, once everything gathered was written.
enum class Ending {
  kOpen,    // not at all
  kLinger,  // shut down writing, read and discard a bounded amount, close: the peer reads our last
            // answer, not a reset
  kClose,  // at once: the peer has long had everything, and what it may be sending is not ours to answer
  kAbort,  // reset at once, unwritten output is dropped
};

// Where bytes can be had from. Lifetime: of one Session::receive_from().
class Source {
 public:
  // Once at most: fills the beginning of `place`, and returns how much of it; 0 or less: nothing, which is not the session's
  // concern.
  virtual std::ptrdiff_t read(std::span<char> place) = 0;

 protected:
  ~Source() = default;
};

class Session {
 public:
  virtual ~Session() = default;

  // Called once, before anything else. `transport` outlives the session.
  virtual void start(Transport& transport) = 0;
  // Bytes arrived; the view is valid during the call only. Called only while wants_input(). All of
  // it is consumed or kept by the session.
  virtual void receive(std::string_view bytes) = 0;
  // In place of receive(), where the session would only copy what comes: it has the source fill the place where it belongs.
  // False: nothing was read.
  virtual bool receive_from(Source& /*source*/) { return false; }
  // receive() or receive_from() threw std::bad_alloc. True: the peer is told, and the session ends as it says; false: it
  // cannot go on at all, and the transport resets the connection.
  virtual bool out_of_memory() { return false; }
  // The peer finished sending (FIN). It may still read.
  virtual void input_ended() = 0;
  // The connection is gone (reset, or a write failed): no more calls but the destructor follow.
  // Exchanges are told.
  virtual void lost(const Error& error) = 0;
  // False: the transport stops reading until the next wake(): the peer is faster than we are.
  virtual bool wants_input() const = 0;
  // Fills `buffers` with what shall be written next, in order; returns how many it filled (0:
  // nothing now). The views stay valid until the sent() that covers them.
  virtual std::size_t gather(std::span<std::string_view> buffers) = 0;
  // Returns false if gather() would fill nothing now. True promises nothing.
  virtual bool may_gather() const { return true; }
  // The first `count` bytes of what was gathered were written.
  virtual void sent(std::size_t count) = 0;
  virtual Ending ending() const = 0;
  // The server will soon drain: serve every request as before, but ask the peer to send further ones on another connection, if
  // the protocol can do so in an answer. Idempotent.
  virtual void retire() {}
  // The server stops: finish what is in flight, accept no more requests, then end. Idempotent.
  virtual void drain() = 0;
  // No exchange in flight and nothing begun: may be closed without anybody noticing.
  virtual bool idle() const = 0;
  // Another process takes the connections over (Server::pass_on): begin no further request. Idempotent.
  virtual void leave() { drain(); }
  // After leave(): returns true if every request that comes from now on is the other process's.
  virtual bool has_left() const { return true; }
  // After leave(): returns true if the connection itself can go to the other process now, between two requests. Then moves the
  // bytes that were received but not used to `unread`, and the session ends.
  virtual bool pass_on(std::string& /*unread*/) { return false; }
  // The bytes of the memory account that wait for the peer, to send on or to read on, and that shed() would give back.
  virtual std::size_t held_by_peer() const { return 0; }
  // The memory is needed elsewhere: gives back what held_by_peer() counts, and ends.
  virtual void shed() {}
};

}  // namespace ofn::wire
