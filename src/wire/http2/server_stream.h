// One stream of a server's HTTP/2 connection: the Exchange that a handler sees.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <ofn/field.h>
#include <ofn/response.h>

#include "base/clock.h"
#include "loop/loop.h"
#include "wire/answer_state.h"
#include "wire/exchange.h"
#include "wire/http2/field_block.h"
#include "wire/incoming_body.h"
#include "wire/limits.h"
#include "wire/memory_account.h"

namespace ofn::wire::http2 {

class ServerStream;

// What becomes of a request whose head is complete.
struct HeadVerdict {
  enum class Kind : std::uint8_t { kGood, kMalformed, kRefused };
  static constexpr HeadVerdict good() { return {}; }
  static constexpr HeadVerdict malformed() { return {.kind = Kind::kMalformed}; }
  static constexpr HeadVerdict refused(int status) {
    return {.kind = Kind::kRefused, .status = status};
  }
  Kind kind = Kind::kGood;
  int status = 0;  // of the answer to a refused request
};

// What a stream asks of its session.
class StreamOwner {
 public:
  // The handler has taken `bytes` bytes of a body in pieces.
  virtual void piece_taken(ServerStream& stream, std::size_t bytes) = 0;
  // The handler of a body in pieces needs more than has arrived.
  virtual void want_piece(ServerStream& stream) = 0;
  // The answer is in stream.response() and stream.trailers(); `extra` is valid during the call.
  virtual void send_answer(ServerStream& stream, std::span<const Field> extra) = 0;
  // More of an answer in pieces, or its end, is there.
  virtual void send_more(ServerStream& stream) = 0;
  // The handler has released it unanswered, or half answered.
  virtual void give_up(ServerStream& stream) = 0;
  // It is closed and released, so that it can be reused. `reserved` is what it had of the memory for large bodies.
  virtual void take_back(ServerStream& stream, std::size_t reserved) = 0;

 protected:
  ~StreamOwner() = default;
};

// Lifetime: its session makes it. It belongs to the session until the stream is closed, and to the
//   handler that holds the exchange. The last of the two gives it back to the session, or destroys it
//   if the session is gone.
// Threads: the loop's; see Exchange.
class ServerStream final : public Exchange {
 public:
  ServerStream(StreamOwner& owner, Loop& loop, MemoryAccount* account)
      : owner_(&owner), loop_(&loop), share_(account) {}
  ServerStream(const ServerStream&) = delete;
  ServerStream& operator=(const ServerStream&) = delete;

  // Exchange
  const Message& request() const override { return message_; }
  bool hold(std::size_t bytes) override { return share_.grow_by(bytes); }
  void on_piece(std::function<void()> on_piece) override { incoming.on_piece(std::move(on_piece)); }
  BodyProgress take_piece(std::string& piece) override;
  void want_piece() override {
    if (state_.open && owner_ != nullptr) owner_->want_piece(*this);
  }
  std::span<const Field> body_trailers() const override { return body_trailers_; }
  void respond(Response&& response, std::span<const Field> extra,
               std::span<const Field> trailers) override;
  void begin(Response head, std::span<const Field> extra, std::function<void()> on_room) override;
  void write(std::string_view bytes) override;
  std::size_t unsent() const override { return answer_body().size() - notes.sent; }
  void finish(std::span<const Field> trailers) override;
  void abort() override;
  bool abandoned() const override { return answer_.abandoned(); }
  void on_abandoned(std::function<void()> callback) override {
    answer_.on_abandoned(std::move(callback));
  }
  Loop& loop() override { return *loop_; }

  // The session's side, in the order of a stream's life.

  void open(std::int32_t id, std::string_view peer, SteadyTime now);
  // Adds a field of the head or, after begin_trailers(), of the trailers. Fields beyond a limit are
  // counted and dropped. Returns false if so much is beyond it that this is an attack.
  bool add_field(std::string_view name, std::string_view value, const Limits& limits);
  void begin_trailers() { state_.in_trailers = true; }
  // Call this if a field is too large to be read.
  void note_too_large() {
    (state_.in_trailers ? state_.trailers_too_large : state_.head_too_large) = true;
  }
  // Call this when the head is complete.
  HeadVerdict check_head(const Limits& limits);
  // After check_head(): the Content-Length, if the client sent one.
  std::optional<std::size_t> content_length() const { return state_.content_length; }
  bool expects_continue() const { return state_.expects_continue; }
  bool is_grpc_call() const { return state_.grpc && message_.method == "POST"; }
  bool is_head_request() const { return message_.method == "HEAD"; }
  std::string& body() { return body_; }
  MemoryShare& share() { return share_; }
  // The memory of the request's fields, which its session counts.
  std::size_t head_capacity() const { return head_.capacity() + trailer_block_.capacity(); }
  // The memory of bodies that waits for the client to send the rest, or to read the answer.
  std::size_t held_by_peer() const {
    return state_.shared && !waits_for_piece() && !answer_.begun() ? 0 : share_.taken();
  }
  // Frees the request's fields, because they are no longer needed.
  void drop_head();
  // Returns true if its request is incomplete, or its answer not read.
  bool waits_for_peer() const {
    return state_.open && (!state_.shared || waits_for_piece() || answer_.begun());
  }
  // Returns true if its body is in pieces and the client is to send the next one.
  bool waits_for_piece() const {
    return incoming.is_open() && body_.empty() && !incoming.owes_continue();
  }
  // The same while the handler still wants it.
  bool wants_piece_of_peer() const {
    return waits_for_piece() && !(answer_.begun() && body_complete());
  }
  // Frees the head and the bodies that no handler sees, because the session is about to end.
  void shed();
  bool trailers_too_large() const { return state_.trailers_too_large; }
  // Returns true if a trailer frames or routes the message, which makes the message malformed.
  bool has_bad_trailer() const { return state_.bad_trailer; }
  // The head's or the trailers' size as HPACK's lists count them.
  std::size_t block_size() const {
    return state_.in_trailers ? state_.trailer_bytes : state_.head_bytes;
  }
  // The answer that refuses the request: an HTTP status, or a gRPC status for a gRPC client.
  Response refusal(int status, std::string_view reason) const;
  // Call this when the request is complete. From now on the stream also belongs to the holder of the result.
  ExchangePtr give_to_handler();
  // The same when the head is complete: the handler takes the body in pieces.
  ExchangePtr give_head_to_handler();
  // The last piece is in body(): the trailers, if there are any, are complete.
  void end_pieces();
  // The client has closed its direction of the connection, and is probably gone. An answer is sent
  // all the same.
  void warn();
  // The stream is closed, by the client or by the session.
  void close();
  // The session ends before the stream: an answer of its holder reaches no client. Close an open
  // stream next.
  void orphan() { owner_ = nullptr; }

  std::int32_t id() const { return id_; }
  bool answered() const { return answer_.begun(); }
  const Response& response() const { return response_; }
  // The part of the answer's body that is here: all of it, unless it comes in pieces.
  std::string_view answer_body() const {
    return answer_.in_pieces() ? std::string_view(pieces_) : std::string_view(response_.body());
  }
  bool in_pieces() const { return answer_.in_pieces(); }
  // Returns true if nothing will be added to answer_body().
  bool body_complete() const { return !answer_.in_pieces() || answer_.complete(); }
  // The peer has taken some of it.
  void notify_room() const { answer_.notify_room(); }
  std::span<const Field> trailers() const { return answer_trailers_.fields(); }
  bool is_open() const { return state_.open; }

  // The session's notes about it.
  struct Notes {
    SteadyTime last_progress;       // of the body, in either direction
    std::size_t sent = 0;           // how much of answer_body()
    std::size_t reserved = 0;       // of the connection's memory for large bodies
    bool waits_for_memory = false;  // its body is stopped until there is memory for it
    bool receiving = false;         // a request's body is expected
    bool in_pieces = false;         // the handler takes it in pieces
    bool discarding = false;        // what the peer still sends is not wanted
    bool taken = false;             // some of the answer's body has left
    bool complete = false;          // all of the answer has
    bool accounted = false;         // it was not the peer who spoilt it, or that is counted
  };
  Notes notes;
  IncomingBody incoming;         // of a body in pieces: how much of it has come to body()
  std::size_t index = 0;         // in the session's list
  std::size_t counted_head = 0;  // what its session has counted of head_capacity()

 private:
  void release() override;
  void let_go();
  HeadVerdict check_target(const Limits& limits) const;
  void name_host(std::size_t pseudo);

  // What begins anew with each request.
  struct State {
    std::optional<std::size_t> content_length;
    std::size_t head_bytes = 0;
    std::size_t trailer_bytes = 0;
    bool in_trailers = false;
    bool head_too_large = false;
    bool trailers_too_large = false;
    bool bad_trailer = false;
    bool grpc = false;  // by its content type
    bool expects_continue = false;
    bool open = false;
    bool shared = false;
  };

  bool sends_pieces() const;

  StreamOwner* owner_;
  Loop* loop_;
  std::int32_t id_ = 0;
  State state_;
  FieldBlock head_;
  FieldBlock trailer_block_;
  FieldBlock answer_trailers_;
  std::string body_;
  MemoryShare share_;  // of the account, for the bodies of request and answer
  Message message_;
  Response response_;
  std::string pieces_;
  std::span<const Field> body_trailers_;  // of a body in pieces
  AnswerState answer_;
};

}  // namespace ofn::wire::http2
