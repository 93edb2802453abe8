// The ports Sidecar and Stores over gRPC: makes a function's outputs and store calls as calls of
// Dapr's API.
//
//   DaprClient client(loop, wire::grpc::connector_to(loop, endpoint, limits),
//                     {.api_token = token});
//   client.invoke_binding({.component = "files", .operation = "create", .data = bytes},
//                         {.deadline = Deadline::in(5s, clock)},
//                         [](SidecarResult result) { … });
#pragma once

#include <expected>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "dapr/codec.h"
#include "output/sidecar.h"
#include "wire/grpc/channel.h"

namespace ofn::dapr {

struct ClientOptions {
  std::string api_token;  // DAPR_API_TOKEN, sent as `dapr-api-token`; may be empty
  wire::grpc::ChannelOptions channel;
};

// Each loop has one. It connects at its first call.
//
// Each call carries the deadline as grpc-timeout, the token, and the trace context in two forms:
// traceparent with tracestate and baggage, and grpc-trace-bin. An invalid trace context is left out, and its baggage with it.
// Lifetime: as for Channel: its loop outlives it, and it ends after close()'s callback. Threads:
// the loop's.
// Errors: the sidecar's own code and message; kInvalidArgument for text that Dapr cannot carry;
// kInternal for an answer that cannot be decoded.
class DaprClient final : public Sidecar, public Stores {
 public:
  DaprClient(Loop& loop, wire::grpc::Connector connector, ClientOptions options);

  void invoke_binding(const BindingCall& call, const SidecarOptions& options,
                      SidecarDone done) override;
  void publish(const PublishCall& call, const SidecarOptions& options, SidecarDone done) override;
  void publish_all(std::span<const PublishCall> calls, const SidecarOptions& options,
                   BulkDone done) override;
  void ask(const StoreCall& call, const SidecarOptions& options, StoreDone done) override;

  // Ends the running calls with kCancelled. No call may follow. `closed` runs from the loop.
  void close(std::function<void()> closed) { channel_.close(std::move(closed)); }

 private:
  template <class Answer>
  using Done = std::move_only_function<void(std::expected<Answer, SidecarError>)>;
  template <class Answer>
  void call(std::string_view path, Result<std::string> request, const SidecarOptions& options,
            Result<Answer> (*decode)(std::string_view bytes), Done<Answer> done);

  Loop& loop_;
  std::string api_token_;
  wire::grpc::Channel channel_;
};

using ProbeDone = std::move_only_function<void(Result<SidecarInfo>)>;

// Checks whether a program speaks Dapr, by a request for its metadata within `deadline`, on a
// separate connection. `done` runs once from the loop, after that connection has been closed.
// Errors: kUnavailable, kDeadlineExceeded: no program answers; others: the program does not speak
// Dapr, or does not accept this token.
// Lifetime: the loop must run until `done` has run.
void probe(Loop& loop, wire::grpc::Connector connector, ClientOptions options, Deadline deadline,
           ProbeDone done);

}  // namespace ofn::dapr
