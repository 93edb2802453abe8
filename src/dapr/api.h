// The calls that a sidecar serves: the interface behind server.h, as values.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/field.h>
#include <ofn/stores.h>

#include "base/clock.h"
#include "base/error.h"
#include "dapr/bulk_codec.h"
#include "dapr/codec.h"
#include "output/sidecar.h"

namespace ofn::dapr {

// The parts of a call besides its message. They are empty if the call does not have them.
struct ApiCall {
  Deadline deadline{};
  std::string traceparent{};
  std::string tracestate{};
  std::string baggage{};
};

template <class T>
using ApiDone = std::move_only_function<void(Result<T>)>;
using BindingDone = ApiDone<SidecarReply>;
using PublishDone = ApiDone<void>;
using BulkPublishDone = ApiDone<std::vector<BulkPublishFailure>>;

// Even a failed binding may return metadata, such as a status code. The error's context has it with
// this prefix, and so have the fields of the gRPC response.
inline constexpr std::string_view kReplyMetadata = "metadata.";
Error::Context as_context(const std::vector<Header>& metadata);

// Threads: called on the connections' loops. `done` runs exactly once, on any thread, perhaps
// before the call returns. Errors: the error's code and message become the client's gRPC status.
class DaprApi {
 public:
  virtual ~DaprApi() = default;
  virtual void invoke_binding(BindingRequest request, ApiCall call, BindingDone done) = 0;
  virtual void publish(PublishRequest request, ApiCall call, PublishDone done) = 0;
  virtual void publish_all(BulkPublishRequest request, ApiCall call, BulkPublishDone done) = 0;
  virtual SidecarInfo describe() const = 0;

  virtual void get_state(GetState request, ApiCall call, ApiDone<StateValue> done) = 0;
  virtual void get_bulk_state(GetBulkState request, ApiCall call,
                              ApiDone<std::vector<StateValue>> done) = 0;
  virtual void save_state(StateItems request, ApiCall call, ApiDone<void> done) = 0;
  virtual void delete_state(DeleteState request, ApiCall call, ApiDone<void> done) = 0;
  virtual void delete_bulk_state(StateItems request, ApiCall call, ApiDone<void> done) = 0;
  virtual void transact_state(StateTransaction request, ApiCall call, ApiDone<void> done) = 0;
  virtual void get_secret(GetSecret request, ApiCall call, ApiDone<Secret> done) = 0;
  virtual void get_bulk_secret(GetBulkSecret request, ApiCall call,
                               ApiDone<std::vector<Secret>> done) = 0;
  virtual void invoke_service(InvokeService request, ApiCall call, ApiDone<InvokeReply> done) = 0;
};

}  // namespace ofn::dapr
