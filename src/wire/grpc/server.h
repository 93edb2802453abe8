// Unary gRPC calls, the server's end: a Handler that finds the method and speaks the protocol.
//
//   grpc::Server server({});
//   server.add("/pkg.Service/Method", [](std::unique_ptr<grpc::ServerCall> call) {
//     call->respond({}, reply_to(call->request()));      // now, or later: keep the call
//   });
//
// A port that serves HTTP and gRPC asks is_grpc_content_type() and hands the exchange here.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ofn/field.h>

#include "base/clock.h"
#include "loop/loop.h"
#include "wire/exchange.h"
#include "wire/grpc/codec.h"
#include "wire/grpc/status.h"

namespace ofn::wire::grpc {

class ServerCall;

// Runs on the loop of the connection, never from inside a session.
using Method = std::function<void(std::unique_ptr<ServerCall>)>;

// One call. Its views live as long as it does.
// Lifetime: the method's, which answers it and lets it go; destroying it unanswered answers
//   INTERNAL. It may outlive its connection: answering does nothing then.
// Threads: the loop's; request() may be read by any one thread.
class ServerCall final : private Ready {
 public:
  ~ServerCall() override;

  std::string_view path() const { return exchange_->request().target; }
  std::string_view request() const { return message_; }
  // All fields of the request, the protocol's own too.
  std::span<const Field> metadata() const { return exchange_->request().fields; }
  // The first value of a name; nullopt: absent.
  std::optional<std::string_view> metadata(std::string_view name) const;
  // Of a `-bin` name, decoded: all values. nullopt: absent or malformed.
  std::optional<std::vector<std::string>> binary_metadata(std::string_view name) const;
  std::string_view peer() const { return exchange_->request().peer; }
  Deadline deadline() const { return deadline_; }
  // As Exchange::hold(), until the call has gone.
  bool hold(std::size_t bytes) { return exchange_->hold(bytes); }
  Loop& loop() const { return exchange_->loop(); }

  // At most once. The bytes are not sent when the status is not OK. `trailing`: metadata behind the
  // answer; names are in lower case, values of `-bin` names are bytes; what is no valid metadata is
  // left out.
  // `initial`: the same in front of the answer, also of one that is not OK.
  void respond(const Status& status, std::string_view message, std::span<const Field> trailing = {},
               std::span<const Field> initial = {});

  // The caller went away, or the deadline passed (and was answered): an answer would reach nobody.
  bool cancelled() const { return cancelled_; }
  // Runs once, if that happens before respond(). At most one is kept. It may destroy the call.
  void on_cancelled(std::function<void()> callback);

 private:
  friend class Server;
  ServerCall(ExchangePtr exchange, const Method& method, std::size_t max_message);

  void run_ready() override;
  void watch();
  void cancel();

  ExchangePtr exchange_;
  const Method& method_;
  std::size_t max_message_;
  std::string inflated_;  // of a message that came compressed
  std::string_view message_;
  Deadline deadline_;
  std::optional<TimeLimit> timer_;
  std::function<void()> on_cancelled_;
  bool answered_ = false;
  bool cancelled_ = false;
};

struct ServerOptions {
  std::size_t max_message = kDefaultMaxMessage;  // either way; more: RESOURCE_EXHAUSTED
};

// Lifetime: outlives its calls. Threads: add() before the loops run; then any number of loops share
//   it, it does not change any more.
// Memory: a compressed message counts in the exchange's account once it is decompressed. Meanwhile each loop keeps one such
//   message of up to max_message bytes that is not counted.
// Errors (before a method runs): not HTTP/2 505 · not POST 405 · not gRPC 415 · unknown method (as soon as the head is
//   here), or a message compressed in an unknown way UNIMPLEMENTED · malformed grpc-timeout or frame INTERNAL · too large
//   RESOURCE_EXHAUSTED · no memory left for a compressed message UNAVAILABLE · no time left DEADLINE_EXCEEDED.
class Server final : public Handler {
 public:
  explicit Server(const ServerOptions& options) : options_(options) {}

  void add(std::string path, Method method);
  // The words with which an unknown method is UNIMPLEMENTED; without: "unknown method PATH".
  void otherwise(std::function<std::string(std::string_view path)> words) {
    words_ = std::move(words);
  }
  bool has(std::string_view path) const { return methods_.contains(path); }
  void handle(ExchangePtr exchange) override;
  std::optional<Response> refuse_call(const Message& head) override;

 private:
  ServerOptions options_;
  std::map<std::string, Method, std::less<>> methods_;
  std::function<std::string(std::string_view path)> words_;
};

// What a call is answered that nobody here takes: UNIMPLEMENTED, without a body.
Response unimplemented(std::string_view words);

}  // namespace ofn::wire::grpc
