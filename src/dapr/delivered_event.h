// A topic's event as a sidecar delivers it, beside its protobuf form: the metadata in the call's fields, and the event as JSON
// over HTTP.
//
//   Result<TopicEvent> event = decode_json_event(request.body);
//   event->metadata = message_metadata(request.fields);
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include <ofn/field.h>

#include "base/error.h"
#include "dapr/app_codec.h"

namespace ofn::dapr {

// The broker's metadata of a message (a Kafka key, an offset), which daprd sends as fields of the call: all but
// the protocols' own fields, the trace and the token. Names come in upper or lower case.
std::vector<Header> message_metadata(std::span<const Field> fields);

// Decodes an event from one JSON object. A sidecar passes on what a client published; over gRPC it has read it before, as Go reads
// JSON. So the same text means the same here: an attribute may have any name, and be a text, a number in the sender's digits, or a
// boolean; other values are left out. `specversion` may be missing. If a member occurs twice, the last one counts. data_base64
// comes before data. Invalid Unicode becomes U+FFFD. The depth is not limited. A string in `data` is text unless the content
// type is JSON.
// Errors: kInvalidArgument, which no retry can cure: not JSON, not an object, or an invalid data_base64.
Result<TopicEvent> decode_json_event(std::string_view text);

}  // namespace ofn::dapr
