// The port Sidecar over gRPC: sends a function's outputs as calls of Dapr's API.
//
//   dapr::DaprClient client(loop, grpc::connector_to(loop, endpoint, limits), {.api_token = token});
//   client.invoke_binding({.component = "files", .operation = "create", .data = bytes},
//                         {.deadline = Deadline::in(5s, clock)},
//                         [](SidecarResult result) { … });
#pragma once

#include <expected>
#include <functional>
#include <string>
#include <string_view>

#include "dapr/codec.h"
#include "output/sidecar.h"
#include "wire/grpc/channel.h"

namespace ofn::dapr {

struct ClientOptions {
  std::string api_token;  // DAPR_API_TOKEN: sent as `dapr-api-token`; empty: none
  wire::grpc::ChannelOptions channel;
};

// Each loop has one. It connects with its first call.
//
// Sent with each call: the deadline as grpc-timeout, the token, and the trace context twice, as
//   traceparent with tracestate and as grpc-trace-bin. An invalid trace context is left out.
// Lifetime: as Channel: its loop outlives it, and it ends after close()'s callback.
// Threads: the loop's.
// Errors: the sidecar's code and message as they came; kInvalidArgument for text that Dapr cannot
//   carry, and kInternal for an answer that cannot be decoded.
class DaprClient final : public Sidecar, public Stores {
 public:
  DaprClient(Loop& loop, wire::grpc::Connector connector, ClientOptions options);

  void invoke_binding(const BindingCall& call, const SidecarOptions& options,
                      SidecarDone done) override;
  void publish(const PublishCall& call, const SidecarOptions& options, SidecarDone done) override;
  void ask(const StoreCall& call, const SidecarOptions& options, StoreDone done) override;

  // Ends the calls in flight with kCancelled; no call may follow. `closed` runs from the loop.
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

// Asks whether a program there speaks Dapr: asks for its metadata, within `deadline`, on a connection
// of its own. `done` runs once from the loop, when that connection is closed again.
// Errors: kUnavailable, kDeadlineExceeded: no program answers; others: the program does not speak
//   Dapr, or does not accept this token.
// Lifetime: the loop runs until `done` has run.
void probe(Loop& loop, wire::grpc::Connector connector, ClientOptions options, Deadline deadline,
           ProbeDone done);

}  // namespace ofn::dapr
