// One request of an HTTP/1.1 connection and its answer. Private to http1_session.cc.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wire/answer_state.h"
#include "wire/exchange.h"
#include "wire/http1/chunk_parser.h"
#include "wire/http1/head_parser.h"
#include "wire/incoming_body.h"
#include "wire/memory_account.h"

namespace ofn::wire::http1 {

class Http1Exchange;

// What an exchange asks of its session.
class ExchangeOwner {
 public:
  virtual void answer(Http1Exchange& exchange, Response&& response,
                      std::span<const Field> extra) = 0;
  // An answer in pieces.
  virtual void begin_answer(const Response& head, std::span<const Field> extra) = 0;
  virtual void write_body(std::string_view bytes) = 0;
  virtual std::size_t unsent() const = 0;
  virtual void finish_answer(Http1Exchange& exchange, std::span<const Field> trailers) = 0;
  // It ends the connection, and the exchange is the handler's alone.
  virtual void abort_answer(Http1Exchange& exchange) = 0;
  // The handler of a body in pieces needs more than has arrived.
  virtual void want_piece(Http1Exchange& exchange) = 0;
  // It has taken what had arrived.
  virtual void piece_taken(Http1Exchange& exchange) = 0;
  // The handler has given back the exchange, answered or not. It belongs to the owner again.
  virtual void take_back(Http1Exchange& exchange) = 0;

 protected:
  ~ExchangeOwner() = default;
};

// Lifetime: belongs to the session while a request is read, to the handler from Handler::handle to
//   release(), then to the session again. detach() parts them for good: the handler's release()
//   destroys it then.
class Http1Exchange final : public Exchange {
 public:
  Http1Exchange(ExchangeOwner& owner, Loop& loop, std::string_view peer, MemoryAccount* account)
      : share(account), owner_(&owner), loop_(loop), peer_(peer) {}

  // The request's memory, filled by the session.
  std::string head_bytes;
  std::string target;   // only if the target cannot be a view into the head
  std::string cookies;  // of several Cookie fields
  Body body;
  MemoryShare share;  // of the account, for head, body and trailers
  std::vector<Field> fields;

  IncomingBody incoming;  // of a body in pieces: how much of it has come to `body`

  // Call this when the head is complete: request() then shows it.
  void seal(const Head& head);
  // Call this when the body is complete: request() then shows it, too.
  void seal_body();
  // Instead of seal_body(): the handler takes the body in pieces.
  void begin_pieces(const Head& head);
  // Forgets the request and keeps the memory, if it is of usual size.
  void reset();
  // The client has gone away before the answer.
  void abandon() { answer_.abandon(); }
  // The client has closed its direction, and is probably gone. An answer is sent all the same.
  void warn() { answer_.warn(); }
  // The session is gone, or serves another request already.
  void detach() { owner_ = nullptr; }
  // The client has read some of an answer in pieces.
  void notify_room() const { answer_.notify_room(); }

  // Exchange
  const Message& request() const override { return message_; }
  bool hold(std::size_t bytes) override { return share.grow_by(bytes); }
  void on_piece(std::function<void()> on_piece) override { incoming.on_piece(std::move(on_piece)); }
  BodyProgress take_piece(std::string& piece) override;
  void want_piece() override {
    if (owner_ != nullptr) owner_->want_piece(*this);
  }
  std::span<const Field> body_trailers() const override { return body.trailers; }
  void respond(Response&& response, std::span<const Field> extra,
               std::span<const Field> trailers) override;
  bool has_begun_answer() const { return answer_.begun(); }
  void begin(Response head, std::span<const Field> extra, std::function<void()> on_room) override;
  void write(std::string_view bytes) override;
  std::size_t unsent() const override { return owner_ == nullptr ? 0 : owner_->unsent(); }
  void finish(std::span<const Field> trailers) override;
  void abort() override;
  bool abandoned() const override { return answer_.abandoned(); }
  void on_abandoned(std::function<void()> callback) override {
    answer_.on_abandoned(std::move(callback));
  }
  Loop& loop() override { return loop_; }

 private:
  void release() override;
  void join_several_cookies();

  ExchangeOwner* owner_;
  Loop& loop_;
  std::string peer_;
  Message message_;
  AnswerState answer_;
};

}  // namespace ofn::wire::http1
