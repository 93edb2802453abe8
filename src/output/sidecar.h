// The port Sidecar: the calls to Dapr that the inner rooms make, as values. dapr/ implements it
// over gRPC, testing/fake_sidecar.h in memory.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/field.h>
#include <ofn/stores.h>

#include "base/clock.h"
#include "base/error.h"

namespace ofn {

// InvokeBinding (Dapr API: dapr.proto.runtime.v1.Dapr). Views are read before the call returns.
struct BindingCall {
  std::string_view component;
  std::string_view operation;
  std::string_view data;
  std::vector<Header> metadata;
};

// PublishEvent.
struct PublishCall {
  std::string_view component;
  std::string_view topic;
  std::string_view data;
  std::string_view content_type;
  std::vector<Header> metadata;
};

// The events of several PublishCalls that failed, although the call as a whole did not.
struct BulkPublished {
  struct Failure {
    std::size_t place = 0;  // of the call
    std::string error{};    // the sidecar's words
  };
  std::vector<Failure> failures{};
};

struct SidecarOptions {
  Deadline deadline;
  std::string_view traceparent;  // W3C Trace Context of the invocation; empty if there is none
  std::string_view tracestate;
  std::string_view baggage{};  // W3C Baggage
  // The same trace in another notation: names in lower case, printable values.
  std::span<const Field> notation{};
  std::string_view output{};   // the user's name for the output; empty: a call of a store
  std::string_view call_id{};  // of the call that sends; empty if it is unknown
};

// The sidecar's answer.
struct SidecarReply {
  std::string data;  // a binding's response; empty for a publish
  std::vector<Header> metadata;
};

// Says whether the request could have reached a handler. Only a request that certainly did not may
// be retried without the user's permission.
enum class Reach {
  kNever,  // no connection, REFUSED_STREAM, a stream above GOAWAY's last id
  kMaybe,
};

struct SidecarError {
  Error error;
  Reach reach = Reach::kMaybe;
};

using SidecarResult = std::expected<SidecarReply, SidecarError>;
using SidecarDone = std::move_only_function<void(SidecarResult)>;
using BulkResult = std::expected<BulkPublished, SidecarError>;
using BulkDone = std::move_only_function<void(BulkResult)>;

// Threads: one loop's; `done` runs on it, exactly once, never from inside the call that started it.
// Errors: kUnavailable with Reach::kNever if the sidecar cannot be reached; kDeadlineExceeded at
// the deadline; otherwise the sidecar's answer.
class Sidecar {
 public:
  virtual ~Sidecar() = default;
  virtual void invoke_binding(const BindingCall& call, const SidecarOptions& options,
                              SidecarDone done) = 0;
  virtual void publish(const PublishCall& call, const SidecarOptions& options,
                       SidecarDone done) = 0;
  // BulkPublishEventAlpha1. The calls, of which there is at least one, have the same component and
  // topic. Errors: also kUnimplemented from a sidecar that does not have this method.
  virtual void publish_all(std::span<const PublishCall> calls, const SidecarOptions& options,
                           BulkDone done) = 0;
};

using StoreResult = std::expected<StoreAnswer, SidecarError>;
using StoreDone = std::move_only_function<void(StoreResult)>;

// The port for a function's other calls to the sidecar: state, secrets, other apps. Threads and
// errors: as for Sidecar. The answer has the type that belongs to the call.
class Stores {
 public:
  virtual ~Stores() = default;
  virtual void ask(const StoreCall& call, const SidecarOptions& options, StoreDone done) = 0;
};

// Both ports, for what stands in front of them.
struct SidecarPorts {
  Sidecar& sidecar;
  Stores& stores;
};

}  // namespace ofn
