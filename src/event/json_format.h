// The JSON event format (CloudEvents 1.0, json-format.md): an event as one JSON object, and a batch
// as an array of them.
//
//   Result<CloudEvent> event = parse_json_event(R"({"specversion":"1.0","id":"1",…})");
//   Result<std::string> text = to_json(*event);
//
// `data` is kept as the sender wrote it, byte for byte: numbers lose no digit, members keep their
// order, and nothing is parsed twice.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/cloud_event.h>

#include "base/error.h"

namespace ofn::event {

// Errors: kInvalidArgument, saying where the text is not JSON, or which member is wrong, what was
// expected and what was found. A member that occurs twice is refused: readers disagree which
// counts. (Inside `data` it is the author's matter.)
// Spec: JSON format §2 (types), §3 (data and data_base64). A null member is absent.
Result<CloudEvent> parse_json_event(std::string_view text);

// An event's data from its raw members, of which there may be one: base64 undone; a string is taken as text
// unless the content type is JSON's or absent. nullopt if neither is there.
// Errors: kInvalidArgument. Spec: JSON format §3.1.
Result<std::optional<std::string>> data_bytes(std::optional<std::string_view> data,
                                              std::optional<std::string_view> data_base64,
                                              std::string_view content_type);

// A batch (JSON format §4). An error names the event's place, from 0.
Result<std::vector<CloudEvent>> parse_json_batch(std::string_view text);

// Returns true if this is one JSON object with a `specversion` member. Producers send structured events as plain
// application/json.
bool looks_like_event(std::string_view text);

// The event as a JSON object. Data of a JSON type is embedded as it is, other text as a string, the
// rest as data_base64.
// Errors: kInvalidArgument when the event breaks a rule of the specification.
Result<std::string> to_json(const CloudEvent& event);

}  // namespace ofn::event
