// CloudEvents over HTTP (CloudEvents 1.0, bindings/http-protocol-binding.md), both ways, as values.
// Events of version 0.3 are read as well, and become events of 1.0.
//
//   Result<Received> in = parse_http(request.headers(), request.body());
//   Result<Response> out = to_http(event, in->mode);
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
  kBatch,       // a JSON array of them
};

struct Received {
  Mode mode = Mode::kBinary;
  std::vector<CloudEvent> events;  // exactly one unless the mode is kBatch
};

// The mode is told by the content type's prefix, any case; without it, ce- fields mean binary mode,
// and a JSON object with a `specversion` a structured event whose sender said application/json. The
// fields traceparent and tracestate become extensions of an event that has no traceparent.
// Errors: kInvalidArgument, naming the attribute, what was expected and what was found (400);
//   kNotFound when the message is no CloudEvent in any mode (400);
//   kUnimplemented for an event format other than JSON (415).
Result<Received> parse_http(std::span<const Field> fields, std::string_view body);

// Puts the trace that a request belongs to into an event that does not say its own: an intermediary
// may have told it in HTTP's words only. What cannot be an attribute is left out: a trace that is cut
// is no reason to lose an event. Spec: extensions/distributed-tracing.md.
void continue_trace(CloudEvent& event, std::span<const Field> fields);

// The event as an answer's fields and body; kBatch makes a batch of one.
// Errors: kInvalidArgument when the event breaks a rule of the specification.
Result<Response> to_http(const CloudEvent& event, Mode mode);

// A ce- field's value as the attribute's: double quotes undone, then one round of percent-decoding
// (binding §3.1.3.2). Official SDKs (Go's) send values without encoding them, so what is no quoted string and
// no escape stands for itself: "100% done". Errors: kInvalidArgument when the result is not UTF-8.
Result<std::string> decode_value(std::string_view value);

// The reverse: blank, '"', '%' and everything outside U+0021…U+007E percent-encoded.
std::string encode_value(std::string_view value);

}  // namespace ofn::event
