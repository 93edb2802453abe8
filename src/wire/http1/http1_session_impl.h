// The class behind make_session(). http1_session.cc reads requests, http1_session_pieces.cc bodies that the handler takes in
// pieces; http1_session_answers.cc answers requests, http1_session_end.cc ends the connection.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/free_memory.h"
#include "wire/http1/chunk_parser.h"
#include "wire/http1/head_parser.h"
#include "wire/http1/http1_exchange.h"
#include "wire/http1/http1_session.h"
#include "wire/http1/kept.h"
#include "wire/http1/output.h"
#include "wire/http1/response_writer.h"

namespace ofn::wire::http1 {

class Http1Session final : public Session, private ExchangeOwner, private Ready {
 public:
  explicit Http1Session(const SessionContext& context)
      : context_(context),
        head_parser_(context.limits),
        chunk_parser_(context.limits),
        share_(context.account) {}
  ~Http1Session() override { part(); }

  void start(Transport& transport) override;
  void receive(std::string_view bytes) override;
  bool receive_from(Source& source) override;
  bool out_of_memory() override;
  void input_ended() override;
  void lost(const Error& error) override;
  bool wants_input() const override;
  std::size_t gather(std::span<std::string_view> buffers) override { return out_.gather(buffers); }
  bool may_gather() const override { return !out_.empty(); }
  void sent(std::size_t count) override;
  Ending ending() const override { return ending_; }
  void retire() override { retired_ = true; }
  void drain() override;
  bool idle() const override;
  void leave() override { leaving_ = true; }
  bool pass_on(std::string& unread) override;
  std::size_t held_by_peer() const override;
  void shed() override;

 private:
  // While at least this much waits for the client to read it, the session begins no further request.
  static constexpr std::size_t kMaxUnsent = std::size_t{64} * 1024;

  enum class State : std::uint8_t {
    kHead,       // reads a head, or waits for one
    kBody,       // reads a body
    kAnswering,  // the handler has the request
    kSwitching,  // 101 is being written; the next session follows
    kEnded,      // the last answer is queued
  };

  enum class After : std::uint8_t { kNextRequest, kClose };

  // ExchangeOwner
  void answer(Http1Exchange& exchange, Response&& response, std::span<const Field> extra) override;
  void begin_answer(const Response& head, std::span<const Field> extra) override;
  void write_body(std::string_view bytes) override;
  std::size_t unsent() const override { return out_.size(); }
  void finish_answer(Http1Exchange& exchange, std::span<const Field> trailers) override;
  void abort_answer(Http1Exchange& exchange) override;
  void want_piece(Http1Exchange& exchange) override;
  void piece_taken(Http1Exchange& exchange) override;
  void take_back(Http1Exchange& exchange) override;

  void run_ready() override;
  void resume();
  std::string_view consume(std::string_view input);
  std::string_view read_head(std::string_view input);
  std::string_view read_body(std::string_view input);
  std::string_view begin_body(std::string_view rest);
  // `rest`: what is behind the request.
  void hand_over(std::string_view rest);
  // `rest`: the bytes behind the request.
  void hand_to_handler(std::string_view rest);
  // A body that the handler takes in pieces (http1_session_pieces.cc).
  std::string_view hand_over_head(std::string_view rest);
  // Returns true while more of that body is expected.
  bool receives_pieces() const { return asked_ != nullptr && asked_->incoming.is_open(); }
  // Returns true while the client is to send some of it, and not this program to do something.
  bool waits_for_piece() const {
    return receives_pieces() && asked_->body.bytes.empty() && !asked_->incoming.owes_continue();
  }
  bool wants_pieces() const;
  std::size_t room_for_piece(Http1Exchange& exchange, std::size_t wanted);
  std::string_view read_pieces(Http1Exchange& exchange, std::string_view input);
  bool receive_piece_from(Source& source);
  void fail_body(BodyProgress why);
  void send_continue();
  void notify_piece() const {
    if (asked_ != nullptr) asked_->incoming.notify();
  }
  // Returns true if the client still sends a body whose answer begins: then the next request cannot be found.
  bool is_body_unfinished() const { return asked_ != nullptr && !asked_->incoming.is_complete(); }
  bool upgrade(Http1Exchange& exchange);
  ResponseContext context_of(std::span<const Field> extra, After after);
  void answered(Http1Exchange& exchange, After after);
  // Returns true if no further request follows the answer that begins now. Then the answer must say so: a client that was not told may
  // have sent a request that this connection does not read any more (RFC 9112 §9.6).
  bool is_last_answer() const {
    return !head_.keep_alive || ((retired_ || draining_ || input_ended_) && !has_begun_next());
  }
  // Returns true if some of the next request has been read. The empty line that may precede a request is no part of it.
  bool has_begun_next() const {
    return !is_body_unfinished() && !std::string_view("\r\n").starts_with(unread());
  }
  // What follows an answer in pieces, if the request's body is complete when the answer is.
  After after_pieces() const {
    return !head_.keep_alive || body_end_ == BodyEnd::kClose ? After::kClose : After::kNextRequest;
  }
  void refuse(const Reject& reject, std::string_view method);
  // Makes room in a buffer of the request that is being read, if need be at the cost of slow clients. Returns
  // false if there is no room; then the request was refused.
  bool make_room(std::string& buffer, std::size_t size, std::size_t most);
  void count_buffers();
  void count_held();
  void end(Ending ending);
  void settle();
  void on_timer();
  void part();

  std::string_view ahead() const { return std::string_view(ahead_).substr(ahead_used_); }
  bool has_ahead() const { return ahead_used_ < ahead_.size(); }
  // What has been read and not parsed. While consume() runs, that is not in ahead().
  std::string_view unread() const { return rest_.empty() ? ahead() : rest_; }
  // One read may have brought more than kMaxAhead.
  void clear_ahead() {
    ahead_.clear();
    ahead_used_ = 0;
    if (ahead_.capacity() > kKept) free_memory(ahead_);
  }
  bool may_read_request() const {
    return (state_ == State::kHead || state_ == State::kBody) && !out_.has_body() &&
           out_.size() < kMaxUnsent && !(leaving_ && between_requests());
  }
  bool between_requests() const { return state_ == State::kHead && !head_parser_.begun(); }

  const SessionContext& context_;
  Transport* transport_ = nullptr;
  Loop* loop_ = nullptr;            // the transport's
  std::optional<TimeLimit> timer_;  // the present state's time limit
  HeadParser head_parser_;
  ChunkParser chunk_parser_;
  Head head_;
  std::uint64_t body_left_ = 0;  // of Framing::kLength
  Output out_;
  MemoryShare share_;  // of the account, for out_ and ahead_
  std::string ahead_;  // received, not parsed yet
  std::size_t ahead_used_ = 0;
  std::string_view rest_;  // while the handler gets a request from consume(): the bytes behind it
  bool handing_over_ = false;  // the handler gets a request
  SteadyTime head_due_;
  std::unique_ptr<Http1Exchange> reading_;  // of the request that is being read
  std::unique_ptr<Http1Exchange> spare_;
  Http1Exchange* asked_ = nullptr;     // the handler has it and has not answered
  Http1Exchange* answered_ = nullptr;  // the handler has answered it and not given it back yet
  std::unique_ptr<Session> next_;
  State state_ = State::kHead;
  Ending ending_ = Ending::kOpen;
  BodyEnd body_end_ = BodyEnd::kLength;  // of an answer in pieces
  bool drops_body_ = false;              // of it: the method or the status allows no body
  bool input_ended_ = false;
  bool retired_ = false;
  bool draining_ = false;
  bool leaving_ = false;
};

}  // namespace ofn::wire::http1
