// The JSON form of a request: for http/json, and for `console` and `otlp/stdout`.
//
//   std::string line = to_otlp_json(Signal::kTraces, request);   // {"resourceSpans":[…]}
//
// Spec: opentelemetry-proto, docs/specification.md, "JSON Protobuf Encoding": names in lowerCamelCase, ids of traces and spans in
// lower-case hexadecimal, other bytes in base64, 64-bit integers as texts, enums as numbers.
#pragma once

#include <string>
#include <string_view>

#include "otlp/settings.h"

namespace ofn::otlp {

// `request` is one of request.h, in protobuf. Fields that this program never writes are left out. A message that is not valid ends
// where it stops to be so; the text is JSON all the same.
std::string to_otlp_json(Signal signal, std::string_view request);

}  // namespace ofn::otlp
