// The parts of a topic's event that a sidecar delivers outside its protobuf form: the metadata in
// the call's fields, and the event as JSON over HTTP.
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

// Returns the broker's metadata of a message (a Kafka key, an offset). daprd sends it as fields of
// the call, so all fields count except those of the protocols, the trace and the token. Names come
// in upper or lower case.
std::vector<Header> message_metadata(std::span<const Field> fields);

// Decodes an event from one JSON object. Over HTTP, a sidecar passes on the text that a client
// published; over gRPC, it has parsed the text by Go's JSON rules. This function follows these
// rules, so that the same text has the same meaning: an attribute may have any name, and be a text,
// a number in the sender's digits, or a boolean; other values are left out. `specversion` may be
// missing. If a member occurs twice, the last one counts. data_base64 has precedence over data.
// Invalid Unicode becomes U+FFFD. The depth is not limited. A string in `data` is text unless the
// content type is JSON.
// Errors: kInvalidArgument if the text is not JSON, is not an object, or has an invalid
// data_base64. A retry would give the same error.
Result<TopicEvent> decode_json_event(std::string_view text);

}  // namespace ofn::dapr
