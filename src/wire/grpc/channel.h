// Unary gRPC calls, the client's end: one target, one loop, one HTTP/2 connection at a time.
//
//   grpc::Channel channel(loop, grpc::connector_to(loop, endpoint, limits), {.authority = "host"});
//   channel.call("/pkg.Service/Method", bytes, {.deadline = Deadline::in(5s, clock)},
//                [&](const grpc::CallResult& result) {
//                  if (result.status.ok()) return use(result.message);
//                  if (result.reach == Reach::kNever) call_again();
//                });
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
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
#include "wire/grpc/codec.h"
#include "wire/grpc/link.h"
#include "wire/grpc/status.h"
#include "wire/http2/client_session.h"

namespace ofn::wire::grpc {

using http2::Reach;

struct ChannelOptions {
  std::string authority = "localhost";
  std::string user_agent = "grpc-cpp-ofn";
  std::size_t max_message = kDefaultMaxMessage;  // received; more: RESOURCE_EXHAUSTED
  Duration connect_timeout = std::chrono::seconds(5);
  // Between attempts: the first wait, then 1.6 times more each, with a fifth of jitter
  // (grpc/doc/connection-backoff.md; its own values begin at 1 s, which is long for a sidecar that
  // starts beside us).
  Duration first_backoff = std::chrono::milliseconds(100);
  Duration max_backoff = std::chrono::seconds(5);
  Duration keepalive_interval = std::chrono::seconds(20);  // see http2::ClientOptions
  Duration keepalive_timeout = std::chrono::seconds(10);
  std::int32_t first_stream = 1;     // tests begin near the end of the numbers
  MemoryAccount* account = nullptr;  // see http2::ClientOptions
  // Runs when the connection takes no more calls, from inside a session: it must not call the channel.
  std::function<void()> connection_lost = {};
};

// What a call does while there is no connection (grpc/doc/wait-for-ready.md).
enum class WhenUnready {
  kFail,  // UNAVAILABLE, once an attempt to connect has failed
  kWait,  // until the deadline
};

struct CallOptions {
  Deadline deadline = Deadline::never();
  WhenUnready when_unready = WhenUnready::kFail;
  // Names in lower case; values of `-bin` names are bytes. Read during call().
  std::span<const Field> metadata = {};
  // How the request is compressed already, as grpc-encoding says it: "gzip". Empty: not at all.
  std::string_view encoding = {};
};

// Views are valid during the callback.
struct CallResult {
  Status status;
  std::string_view message = {};
  std::span<const Field> initial_metadata = {};  // as they came: `-bin` values are base64
  std::span<const Field> trailing_metadata = {};
  // Could a handler have seen the call?
  Reach reach = Reach::kMaybe;
};

using CallDone = std::move_only_function<void(const CallResult&)>;

enum class CallId : std::uint64_t {};

// Lifetime: its loop outlives it. Destroyed after `closed` of close() has run, or when the loop
//   runs no more; calls that are left get no callback then.
// Threads: the loop's.
// Errors: everything that can go wrong is a Status; see CallResult::reach for whether to repeat.
//   A call that provably reached nobody because its connection went away is sent again on the next
//   one, within its deadline.
// Cost: connects with the first call, and again only when a call wants it. A call's memory is kept
//   for the next.
class Channel final : private Ready {
 public:
  Channel(Loop& loop, Connector connector, ChannelOptions options);
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel() override;

  // `done` runs once from the loop, never from inside call(), unless the call is cancelled. It may
  // start and cancel calls.
  CallId call(std::string_view path, std::string_view request, const CallOptions& options,
              CallDone done);
  // The callback does not run, the peer is told. Returns whether a handler could have seen it.
  // Unknown or finished: nothing happens (kMaybe).
  Reach cancel(CallId id);

  // Fails what is in flight with CANCELLED, and ends the connection; no call may follow. `closed`
  // runs from the loop when nothing is left.
  void close(std::function<void()> closed);

  bool connected() const { return session_ != nullptr; }
  std::size_t in_flight() const { return in_flight_; }

 private:
  struct Call;
  struct Attached;  // a link, and the session on it

  void run_ready() override;
  Call& acquire();
  Call* find(CallId id);
  void recycle(Call& call);
  // Fills in what is to be sent; what is wrong with the metadata.
  std::optional<Status> prepare(Call& call, std::string_view path, std::string_view request,
                                const CallOptions& options) const;
  void enqueue(Call& call);
  void send(Call& call);
  void on_outcome(Call& call, const http2::ClientOutcome& outcome);
  void on_reply(Call& call, const http2::ClientReply& reply);
  void on_deadline(Call& call);
  void finish(Call& call, const CallResult& result);
  void fail_later(Call& call, Status status, Reach reach = Reach::kNever);
  Reach detach(Call& call);

  void connect();
  void on_link(Result<std::unique_ptr<Link>> link);
  void on_session_change(Attached& attached);
  void on_link_gone(Attached& attached);
  void attempt_failed(const Error& error);
  void back_off();
  void fail_unready();

  Loop& loop_;
  Connector connector_;
  ChannelOptions options_;
  std::vector<std::unique_ptr<Call>> calls_;
  std::vector<Call*> free_;
  std::deque<Call*> queue_;    // wait for a connection
  std::vector<Call*> failed_;  // to be told from the loop
  std::vector<Field> fields_;  // of the call that is being sent
  std::size_t in_flight_ = 0;
  std::unique_ptr<Dialing> dialing_;
  std::vector<std::unique_ptr<Attached>> links_;  // the current one, and older ones that finish
  http2::ClientSession* session_ = nullptr;       // that takes calls
  Timer backoff_;
  bool backing_off_ = false;
  int failures_ = 0;
  std::string last_error_;
  bool closing_ = false;
  std::function<void()> closed_;
};

}  // namespace ofn::wire::grpc
