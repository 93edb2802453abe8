// A topic's event as a sidecar delivers it, beside its protobuf form: what the call's own fields tell of the
// message, and the event as JSON over HTTP.
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
// those that the protocols have for themselves, the trace and the token. Names come in any case.
std::vector<Header> message_metadata(std::span<const Field> fields);

// The event that one JSON object says. A sidecar passes on what somebody published, and over gRPC it has read it
// before us, as Go reads JSON. The same text means the same here: attributes of any name and text, numbers in the
// sender's own digits, booleans; what is no scalar is left out, and so may `specversion` be; of a member that
// occurs twice the last counts; data_base64 comes before data; what is no Unicode is U+FFFD; any depth. Of
// `data` strings are taken as text unless the content type is JSON's.
// Errors: kInvalidArgument, and no retry mends them: not JSON, no object, or data_base64 that is none.
Result<TopicEvent> decode_json_event(std::string_view text);

}  // namespace ofn::dapr
