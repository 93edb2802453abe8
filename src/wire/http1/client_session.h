// The client's end of an HTTP/1.1 connection: one request at a time, each with one whole answer.
//
//   auto session = std::make_unique<http1::ClientSession>(limits);
//   ClientSession& client = *session;
//   connection.start(std::move(session), on_gone);
//   client.send({.authority = "host", .target = "/x"}, body, [&](const auto& outcome) {
//     if (!outcome) complain(outcome.error().error.text());
//   });
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/field.h>

#include "base/error.h"
#include "loop/loop.h"
#include "wire/http1/answer_head.h"
#include "wire/http1/chunk_parser.h"
#include "wire/limits.h"
#include "wire/session.h"

namespace ofn::wire::http1 {

// Views are valid during send() only.
struct ClientRequest {
  std::string_view method = "POST";
  std::string_view authority = {};     // the value of Host
  std::string_view target = {};        // origin-form
  std::span<const Field> fields = {};  // its own; Host and Content-Length are added
};

// Views are valid during the callback.
struct ClientReply {
  int status = 0;
  std::span<const Field> fields = {};
  std::string_view body = {};
  bool is_cut = false;  // the body was longer than Limits::body_bytes: this is its beginning
};

struct ClientFailure {
  Error error;
  // Not a byte of an answer came. On a connection that served a request before, the server has probably closed it meanwhile.
  bool unanswered = false;
};

using ClientOutcome = std::expected<ClientReply, ClientFailure>;
using ClientDone = std::move_only_function<void(const ClientOutcome&)>;

// Limits: of an answer, head_bytes, head_fields and body_bytes. There is no time limit here: the owner cancels.
// Lifetime: the connection's; `limits` outlives it. The callback runs from the loop, never from inside a function of this class but
//   the destructor. It may neither send nor destroy the session.
// Threads: the loop's.
// Spec: RFC 9112. Nothing is mended: what two readers could understand differently is a failure, and the connection ends.
class ClientSession final : public Session, private Ready {
 public:
  explicit ClientSession(const Limits& limits);
  ~ClientSession() override;

  // Call it only while accepts(). `body` stays valid until `done` runs or cancel() returns. `done` runs once, unless cancelled.
  void send(const ClientRequest& request, std::string_view body, ClientDone done);
  // Gives up the request, if there is one, and resets the connection. The callback does not run.
  void cancel();
  // True if there is no request under way and the connection goes on.
  bool accepts() const { return state_ == State::kIdle && ending_ == Ending::kOpen && started(); }
  // True if a request was answered on this connection.
  bool has_served() const { return has_served_; }

  // Session
  void start(Transport& transport) override { transport_ = &transport; }
  void receive(std::string_view bytes) override;
  void input_ended() override;
  void lost(const Error& error) override;
  bool wants_input() const override { return ending_ == Ending::kOpen; }
  std::size_t gather(std::span<std::string_view> buffers) override;
  void sent(std::size_t count) override;
  Ending ending() const override { return ending_; }
  void drain() override;
  bool idle() const override { return state_ == State::kIdle; }

 private:
  enum class State : std::uint8_t {
    kIdle,
    kHead,       // the head of an answer is awaited, or a part of it was read
    kBody,       // its body
    kDelivered,  // the outcome is there, and `done` has not run yet
  };

  bool started() const { return transport_ != nullptr; }
  void run_ready() override;
  // They return how many of the bytes they used.
  std::size_t take_head(std::string_view bytes);
  std::size_t take_body(std::string_view bytes);
  std::size_t take_chunks(std::string_view bytes);
  void begin_body();
  void complete();
  void cut();
  void fail_with(Code code, const std::string& message);
  void end(Ending ending);

  const Limits& limits_;
  Transport* transport_ = nullptr;
  std::string head_;       // of the request
  std::string_view body_;  // of the request
  std::size_t sent_ = 0;   // of both
  ClientDone done_;
  std::string input_;  // the answer's head
  AnswerHeadParser parser_;
  ChunkParser chunks_;
  AnswerHead answer_;
  std::vector<Field> fields_;
  Body answer_body_;
  std::optional<ClientFailure> failure_;
  int interim_ = 0;  // answers with status 1xx before this one
  State state_ = State::kIdle;
  Ending ending_ = Ending::kOpen;
  bool is_cut_ = false;
  bool has_served_ = false;
  bool draining_ = false;
};

}  // namespace ofn::wire::http1
