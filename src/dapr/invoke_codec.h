// Messages of Dapr's service invocation and of its jobs' events, both ends; see codec.h. An app calls
// InvokeService of its sidecar; the other app's sidecar calls OnInvoke of that app.
//
//   Result<std::string> bytes = encode(InvokeService{.app_id = "cart", .method = "orders/7"});
//   Result<InvokeService> call = decode_on_invoke(asked);
#pragma once

#include <string>
#include <string_view>

#include <ofn/stores.h>

#include "base/error.h"

namespace ofn::dapr {

inline constexpr std::string_view kInvokeService = "/dapr.proto.runtime.v1.Dapr/InvokeService";
inline constexpr std::string_view kOnInvoke = "/dapr.proto.runtime.v1.AppCallback/OnInvoke";
inline constexpr std::string_view kOnJobEvent =
    "/dapr.proto.runtime.v1.AppCallbackAlpha/OnJobEventAlpha1";

// A job that is due.
struct JobEvent {
  std::string name{};
  // Bytes as they were scheduled; JSON if it was scheduled over daprd's HTTP API, whose data is a
  // google.protobuf.Value on the wire.
  std::string data{};
};

// InvokeService. Errors of encode(): kInvalidArgument for a text that is not UTF-8, which the
// message names, and for a verb that Dapr does not have; errors of decode_…(): kInternal.
Result<std::string> encode(const InvokeService& call);
Result<InvokeService> decode_invoke_service(std::string_view bytes);
// A content type that is not UTF-8 is left out.
std::string encode(const InvokeReply& reply);
Result<InvokeReply> decode_invoke_reply(std::string_view bytes);

// The app's end. The app id of the call is empty. Errors: kInternal, with the message that a gRPC
// server would use; kInvalidArgument for a verb that Dapr does not have.
Result<InvokeService> decode_on_invoke(std::string_view bytes);
Result<JobEvent> decode_job_event(std::string_view bytes);
// The value of grpc-status-details-bin by which Dapr says what an app answered over HTTP.
// Spec: dapr/pkg/messaging/v1/util.go, ErrorFromHTTPResponseCode.
std::string encode_status_details(Code code, std::string_view message, int http_status,
                                  std::string_view http_body);

// The sidecar's end. Errors: those of encode() above.
Result<std::string> encode_on_invoke(const InvokeService& call);
Result<std::string> encode(const JobEvent& event);

}  // namespace ofn::dapr
