// The client's end of an HTTP/2 connection, over nghttp2: many requests at once, each with one
// whole answer.
//
//   auto session = std::make_unique<http2::ClientSession>(options, when_accepts_changes);
//   ClientSession& client = *session;
//   connection.start(std::move(session), on_gone);
//   client.send({.authority = "host", .path = "/x"}, body, [&](const auto& outcome) {
//     if (!outcome && outcome.error().reach == Reach::kNever) send_again();
//   });
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/field.h>

#include "base/clock.h"
#include "base/error.h"
#include "loop/loop.h"
#include "wire/http2/block_pool.h"
#include "wire/http2/frame_budget.h"
#include "wire/memory_account.h"
#include "wire/session.h"

struct nghttp2_session_callbacks;

namespace ofn::wire::http2 {

enum class StreamEnd : std::uint8_t;

class Engine;

// Could the peer have acted on a request that failed? Only what never reached it is safe to repeat.
enum class Reach {
  kNever,  // not sent whole, refused (REFUSED_STREAM), or above the last stream of the peer's GOAWAY
  kMaybe,
};

struct ClientOptions {
  // Of every request, names in lower case. HPACK's table keeps them, so that each costs a byte; what
  // a request brings itself stays out of it (RFC 7541 §6.2.3), where it would only push these out.
  std::vector<Header> common_fields = {};
  // Of an answer. 4 MiB is what gRPC peers take by default.
  std::size_t max_body = std::size_t{4} * 1024 * 1024;
  std::size_t max_head = std::size_t{64} * 1024;  // fields of an answer, and its trailers
  // Nothing was heard for this long although an answer is due: ask by PING whether the peer lives.
  // Each further silence is waited for four times as long, because gRPC servers count pings
  // (proposal A8, "too_many_pings").
  Duration keepalive_interval = std::chrono::seconds(20);
  Duration keepalive_timeout = std::chrono::seconds(10);  // then it does not
  std::int32_t first_stream = 1;                          // tests begin near the end of the numbers
  // What answers are kept in, until their callback has returned; it outlives the session. Null: without a limit.
  MemoryAccount* account = nullptr;
};

// All views are valid during send() only.
struct ClientRequest {
  std::string_view method = "POST";
  std::string_view scheme = "http";
  std::string_view authority = {};
  std::string_view path = {};
  std::span<const Field> fields = {};  // its own, names in lower case
};

// Views are valid during the callback.
struct ClientReply {
  int status = 0;
  std::span<const Field> fields = {};
  std::span<const Field> trailers = {};
  std::string_view body = {};
};

struct ClientFailure {
  Error error;
  Reach reach;
  std::optional<std::uint32_t> reset = {};  // the code with which the stream alone was closed
};

using ClientOutcome = std::expected<ClientReply, ClientFailure>;
using ClientDone = std::move_only_function<void(const ClientOutcome&)>;

enum class RequestTicket : std::uint64_t {};

// Lifetime: the connection's. Callbacks run from the loop, never from inside a function of this
//   class but the destructor, which fails what is left. They may send and cancel, but not destroy
//   the session.
// Threads: the loop's.
// Spec: RFC 9113. Requests beyond the peer's SETTINGS_MAX_CONCURRENT_STREAMS wait their turn.
class ClientSession final : public Session, private Ready {
 public:
  // `on_change` runs from the loop when accepts() has become false.
  ClientSession(const ClientOptions& options, std::function<void()> on_change);
  ~ClientSession() override;

  // `body` stays valid until `done` runs or cancel() returns. `done` runs once, unless cancelled.
  RequestTicket send(const ClientRequest& request, std::string_view body, ClientDone done);
  // The callback does not run. Unknown or finished ids: nothing happens (kMaybe).
  Reach cancel(RequestTicket id);
  // False for good once the peer said GOAWAY, the stream numbers come to their end, or the
  // connection ended: a new connection is needed. What is in flight still gets its answers.
  bool accepts() const;
  // Requests without an outcome.
  std::size_t in_flight() const { return in_flight_; }

  // Session
  void start(Transport& transport) override;
  void receive(std::string_view bytes) override;
  void input_ended() override;
  void lost(const Error& error) override;
  bool wants_input() const override { return ending_ == Ending::kOpen; }
  std::size_t gather(std::span<std::string_view> buffers) override;
  void sent(std::size_t count) override;
  Ending ending() const override { return ending_; }
  void drain() override;
  bool idle() const override { return undelivered_ == 0; }

 private:
  struct Call;
  struct Scratch;  // of nghttp2's types

  static nghttp2_session_callbacks* callbacks();
  void run_ready() override;
  Call& acquire();
  Call* find(std::int32_t stream);
  Call* find(RequestTicket id);
  void on_frame(std::uint8_t type, std::uint8_t flags, std::int32_t stream);
  void on_farewell();
  void on_head(Call& call, StreamEnd end);
  void on_data(Call& call, std::string_view bytes);
  void refuse_for_memory(Call& call);
  void on_closed(Call& call, std::uint32_t code);
  void finish(Call& call, std::optional<ClientFailure> failure);
  void deliver(Call& call);
  void recycle(Call& call);
  void fail_all(const Error& error);
  Reach reach_of(const Call& call) const;
  void stop_accepting();
  void leave_when_done();
  void heard();
  void look_at(SteadyTime due);
  void on_time();
  SteadyTime now() const;

  ClientOptions options_;
  std::function<void()> on_change_;
  Transport* transport_ = nullptr;
  std::vector<std::unique_ptr<Call>> calls_;
  std::vector<Call*> free_;
  std::vector<Call*> finished_;  // to be delivered
  std::unique_ptr<Scratch> scratch_;
  std::size_t in_flight_ = 0;    // without an outcome
  std::size_t undelivered_ = 0;  // the callback has not run
  FrameScanner scanner_{0};
  std::optional<FrameBudget> budget_;
  std::optional<TimeLimit> timer_;
  SteadyTime next_look_ = SteadyTime::max();
  SteadyTime silent_since_ = SteadyTime::max();  // an answer is due since
  SteadyTime pinged_at_ = SteadyTime::max();
  Duration patience_;
  Ending ending_ = Ending::kOpen;
  bool accepting_ = true;
  bool change_due_ = false;
  bool leaving_ = false;
  BlockPool blocks_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace ofn::wire::http2
