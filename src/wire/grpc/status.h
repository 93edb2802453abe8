// How a gRPC call ended: a status, and how it travels in HTTP/2.
//
//   Status status{Code::kNotFound, "no such thing"};           // grpc-status: 5
//   const Field field{"grpc-message", percent_encode(status.message)};
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace ofn::wire::grpc {

// A value.
struct Status {
  Code code = Code::kOk;
  std::string message = {};  // UTF-8, for people
  std::string details = {};  // grpc-status-details-bin, decoded: a google.rpc.Status, or empty

  bool ok() const { return code == Code::kOk; }
  static Status from(const Error& error) { return {.code = error.code(), .message = error.text()}; }
  friend bool operator==(const Status&, const Status&) = default;
};

// The value of grpc-status. What is no number of a canonical code is kUnknown.
Code parse_code(std::string_view text);

// When an answer has no grpc-status: what its HTTP status means.
// Spec: grpc/doc/http-grpc-status-mapping.md.
//
//   400 INTERNAL · 401 UNAUTHENTICATED · 403 PERMISSION_DENIED · 404 UNIMPLEMENTED
//   429, 502, 503, 504 UNAVAILABLE · every other, 200 too: UNKNOWN
Code code_of_http_status(int status);

// When the stream was reset: what the code of RST_STREAM means.
// Spec: grpc/doc/PROTOCOL-HTTP2.md, "HTTP2 Transport Mapping", Errors.
//
//   REFUSED_STREAM UNAVAILABLE · CANCEL CANCELLED · ENHANCE_YOUR_CALM RESOURCE_EXHAUSTED
//   INADEQUATE_SECURITY PERMISSION_DENIED · STREAM_CLOSED and unknown ones UNKNOWN
//   every other: INTERNAL
Code code_of_reset(std::uint32_t http2_error);

// grpc-message: printable ASCII but for '%' stays (Spec: PROTOCOL-HTTP2.md, Status-Message).
std::string percent_encode(std::string_view text);
// Never fails: what is no escape is taken as it stands.
std::string percent_decode(std::string_view text);

}  // namespace ofn::wire::grpc
