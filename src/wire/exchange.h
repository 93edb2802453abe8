// One request and its one answer, whatever the HTTP version: what the wire hands to serving.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <ofn/field.h>
#include <ofn/response.h>

#include "loop/loop.h"

namespace ofn::wire {

enum class Version { kHttp10, kHttp11, kHttp2 };

// May an answer of that status have a body (RFC 9110 §15.3.5, §15.3.6, §15.4.5)?
constexpr bool allows_body(int status) { return status != 204 && status != 205 && status != 304; }

// A whole request. All views point into memory that the exchange owns.
struct Message {
  std::string_view method;
  // Origin-form as received ("/a?b"), or "*"; absolute-form is reduced to origin-form.
  std::string_view target;
  std::string_view scheme;     // "http"
  std::string_view authority;  // Host, or :authority
  std::span<const Field> fields;
  std::span<const Field> trailers;
  std::string_view body;
  std::string* body_bytes = nullptr;  // where the body lies: whoever answers may take it
  // The body comes in pieces while the handler has the request: `body` and `trailers` are empty. See Exchange::take_piece().
  bool in_pieces = false;
  std::string_view peer;
  // Of a request with `in_pieces`: what the client announced.
  std::optional<std::uint64_t> content_length{};
  Version version = Version::kHttp11;
};

// How far a body in pieces has come. The last ones say why it will never be complete.
enum class BodyProgress : std::uint8_t {
  kMore,       // more of it will come
  kComplete,   // all of it has come
  kLeft,       // the client has left, or has stopped sending
  kSlow,       // the client has sent nothing for Limits::body_timeout while there was room for more
  kMalformed,  // what the client sends is no body
  kNoMemory,   // the memory account has no room for the next piece
};

// The most bytes of a body in pieces that wait for the handler, and so the largest piece.
inline constexpr std::size_t kPieceBytes = std::size_t{64} * 1024;

// Lifetime: owned by whoever answers, through ExchangePtr. It outlives its connection when it must:
//   answering then does nothing. Releasing it unanswered aborts the exchange (HTTP/1.1: the
//   connection; HTTP/2: the stream).
// Threads: the loop's. What request() refers to may be read, and the body taken, by any one thread as
//   long as the exchange is held.
class Exchange {
 public:
  virtual const Message& request() const = 0;
  // Counts `bytes` in the memory account that the handler keeps beside the request, because of what the peer has sent: its
  // decompressed body, for example. They count until the exchange is released. Returns false, and counts nothing, if that much is
  // not left. On the loop's thread only.
  virtual bool hold(std::size_t bytes) = 0;
  // The body of a request with `in_pieces`. What arrives waits until the handler takes it. While kPieceBytes of it wait, the client is
  // not read (HTTP/1.1), or its window stays closed (HTTP/2).
  // `on_piece` runs on the loop, also inside the wire's own functions, whenever there may be more to take or the body has ended,
  // in either way. Taking is allowed there; answering and releasing are not. At most one is kept.
  virtual void on_piece(std::function<void()> /*on_piece*/) {}
  // Puts what has arrived into `piece`, which is empty and whose memory the exchange takes for what comes next. The result belongs
  // to the bytes behind the piece: kComplete says that none follow.
  virtual BodyProgress take_piece(std::string& /*piece*/) { return BodyProgress::kComplete; }
  // Call this if the handler needs bytes that have not arrived: a client may wait for it (100 Continue).
  virtual void want_piece() {}
  // The body's trailers, after kComplete. As request(), they may be read by any one thread as long as the exchange is held.
  virtual std::span<const Field> body_trailers() const { return {}; }
  // Sends the answer; called at most once. `extra` fields are sent behind the response's own and
  // are read before respond() returns. `trailers` (HTTP/2 only; gRPC's status) end the stream; an
  // HTTP/1.1 exchange ignores them. The response has passed response_problem()
  // (function/response_check.h), and may be left with any value.
  virtual void respond(Response&& response, std::span<const Field> extra = {},
                       std::span<const Field> trailers = {}) = 0;
  // Instead of respond(), an answer in pieces: its head (a body of its own is not sent), then any
  // number of write(), then finish() or abort(). An answer that is aborted, or released unfinished, is
  // broken off where the peer can see it: HTTP/1.1 resets the connection, HTTP/2 the stream. What the request's method or the status leaves
  // no room for is dropped. `on_room` runs on the loop, also inside the wire's own functions,
  // whenever unsent() has become less. Trailers are not sent over HTTP/1.0.
  virtual void begin(Response head, std::span<const Field> extra,
                     std::function<void()> on_room) = 0;
  virtual void write(std::string_view bytes) = 0;  // copied; nothing is refused
  virtual std::size_t unsent() const = 0;          // bytes of the body that wait for the peer
  virtual void finish(std::span<const Field> trailers) = 0;
  virtual void abort() = 0;
  // The peer went away (connection lost, or stream reset): an answer would reach nobody.
  virtual bool abandoned() const = 0;
  // `callback` runs once on the loop if the exchange is abandoned before its answer is complete. At
  // most one is kept. It also runs when the peer closes its sending direction of the connection
  // meanwhile: most such peers are gone, so it is time to stop working for them; but some only say
  // that they have no more requests, so abandoned() stays false and an answer is still sent. Who wants
  // to hear of a loss that follows gives a callback again, also from inside the first.
  virtual void on_abandoned(std::function<void()> callback) = 0;
  // The loop of the connection.
  virtual Loop& loop() = 0;

 protected:
  virtual ~Exchange() = default;

 private:
  friend struct ExchangeRelease;
  // Gives the exchange back: it may be reused for the connection's next request.
  virtual void release() = 0;
};

struct ExchangeRelease {
  void operator()(Exchange* exchange) const { exchange->release(); }
};
using ExchangePtr = std::unique_ptr<Exchange, ExchangeRelease>;

// Where requests go. Called from inside a session, on the loop's thread: it must not run user code
// there, but queue it.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual void handle(ExchangePtr exchange) = 0;
  // Asked about a request with a body as soon as its head is here. Returns true if handle() shall get the request at once, and its body in
  // pieces (Message::in_pieces). Limits::body_bytes does not apply to such a body.
  virtual bool takes_pieces(const Message& /*head*/) { return false; }
  // Asked about a gRPC call over HTTP/2 as soon as its head is here, because its caller may leave the stream open for as
  // long as it likes: the answer if nobody takes such a call. nullopt: the call goes to handle() when it is whole.
  virtual std::optional<Response> refuse_call(const Message& /*head*/) { return std::nullopt; }
};

}  // namespace ofn::wire
