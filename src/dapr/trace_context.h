// The trace context of a call in the binary form, which Dapr's gRPC programs prefer.
//
//   // 29 bytes for grpc-trace-bin:
//   auto bytes = trace_bin("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
//   traceparent_of(*bytes);     // the text again
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ofn::dapr {

// Returns the binary form of a W3C traceparent: version 0, then trace id, span id and flags after
// the field numbers 0, 1 and 2. Returns nullopt for an invalid traceparent, which is then not
// passed on.
// Spec: https://www.w3.org/TR/trace-context/#traceparent-header (a version above 00 is read as 00
//   and may carry more behind the flags; version ff and ids of zeros are invalid).
std::optional<std::string> trace_bin(std::string_view traceparent);

// Does the reverse, for programs that send only the binary form. Returns nullopt if the bytes do
// not have that form, or if the context is invalid.
std::optional<std::string> traceparent_of(std::string_view trace_bin);

}  // namespace ofn::dapr
