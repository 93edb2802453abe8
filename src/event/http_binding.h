// CloudEvents over HTTP (CloudEvents 1.0, bindings/http-protocol-binding.md), read and written as
// values. Events of version 0.3 are read as well, and become 1.0 events.
//
//   Result<Received> in = parse_http(request.headers(), request.body());
//   Result<Response> out = to_http(in->events.front(), in->mode);
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/cloud_event.h>
#include <ofn/field.h>
#include <ofn/response.h>

#include "base/error.h"

namespace ofn::event {

// The ways in which an HTTP message carries events (binding §3).
enum class Mode {
  kBinary,      // attributes in ce- fields, data is the body
  kStructured,  // one JSON object
  kBatch,       // a JSON array of events
};

struct Received {
  Mode mode = Mode::kBinary;
  std::vector<CloudEvent> events;  // exactly one unless the mode is kBatch
};

// The content type's prefix, in any case, decides the mode. Without such a prefix, ce- fields mean
// binary mode, and a JSON object with a `specversion` is a structured event that was sent as
// application/json. The fields traceparent and tracestate become extensions if the event has no
// traceparent.
// Errors: kInvalidArgument with the attribute, what was expected and what was found (400);
// kNotFound if the message is not a CloudEvent in any mode (400); kUnimplemented for an event
// format other than JSON (415).
Result<Received> parse_http(std::span<const Field> fields, std::string_view body);

// Puts the request's trace into an event without its own trace, because an intermediary may have
// added the trace only as HTTP fields. Values that cannot be attributes are left out: a lost trace
// is better than a lost event. Spec: extensions/distributed-tracing.md.
void continue_trace(CloudEvent& event, std::span<const Field> fields);

// Returns the event as a response's fields and body; kBatch makes a batch of one event. Errors:
// kInvalidArgument if the event breaks a rule of the specification.
Result<Response> to_http(const CloudEvent& event, Mode mode);

// Decodes a ce- field's value into the attribute's value: double quotes first, then one round of
// percent-decoding (binding §3.1.3.2). Official SDKs (Go's) send values without encoding, so text
// that is neither a quoted string nor an escape is kept unchanged: "100% done". Errors:
// kInvalidArgument if the result is not UTF-8.
Result<std::string> decode_value(std::string_view value);

// Does the reverse: percent-encodes blanks, '"', '%' and all characters outside U+0021…U+007E.
std::string encode_value(std::string_view value);

}  // namespace ofn::event
