// What a collector's answer means: accepted, refused, or to be sent again.
//
//   done(read_http({.status = 503, .retry_after = "5"}));   // Verdict::kRetry, after 5 s
//
// Spec: opentelemetry-proto, docs/specification.md: "OTLP/gRPC Response", "OTLP/HTTP Response".
#pragma once

#include <string_view>

#include "otlp/destination.h"
#include "wire/grpc/status.h"

namespace ofn::otlp {

// An answer over HTTP. Values of fields are empty if the answer lacks the field.
struct HttpAnswer {
  int status = 0;
  std::string_view content_type = {};
  std::string_view retry_after = {};
  std::string_view body = {};  // perhaps cut
};

// 429, 502, 503 and 504 may be sent again. An answer 2xx is believed only if it is one of OTLP, or empty: a server that knows nothing
// of OTLP often answers 200.
Answer read_http(const HttpAnswer& answer);

// CANCELLED, DEADLINE_EXCEEDED, ABORTED, OUT_OF_RANGE, UNAVAILABLE and DATA_LOSS may be sent again, RESOURCE_EXHAUSTED only with
// google.rpc.RetryInfo. `message` is the answer's own, of status OK.
Answer read_grpc(const wire::grpc::Status& status, std::string_view message);

}  // namespace ofn::otlp
