// The trace context of a call in the form in which Dapr's gRPC peers read it first.
//
//   trace_bin("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
//                                                              → 29 bytes for grpc-trace-bin
//   traceparent_of(those 29 bytes)                             → the text again
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ofn::dapr {

// The binary form of a W3C traceparent: version 0, then trace id, span id and flags behind the
// field numbers 0, 1 and 2. nullopt: not a valid traceparent, so none is passed on.
// Spec: https://www.w3.org/TR/trace-context/#traceparent-header (a version above 00 is read as 00
//   and may carry more behind the flags; version ff and ids of zeros are invalid).
std::optional<std::string> trace_bin(std::string_view traceparent);

// The reverse, for peers that send only the binary form. nullopt: not that form, or an invalid
// context.
std::optional<std::string> traceparent_of(std::string_view trace_bin);

}  // namespace ofn::dapr
