// The JSON event format (CloudEvents 1.0, json-format.md): an event as one JSON object, and a batch
// as an array of them.
//
//   Result<CloudEvent> event = parse_json_event(R"({"specversion":"1.0","id":"1",…})");
//   Result<std::string> text = to_json(*event);
//
// `data` stays byte for byte as the sender wrote it: numbers lose no digit, members keep their
// order, and nothing is parsed twice.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/cloud_event.h>

#include "base/error.h"

namespace ofn::event {

// Errors: kInvalidArgument with the place where the text is not JSON, or with the wrong member,
// what was expected and what was found. A duplicate member is refused, because readers disagree
// about which one counts. (Inside `data`, duplicates are left to the author.)
// Spec: JSON format §2 (types), §3 (data and data_base64). A null member counts as missing.
Result<CloudEvent> parse_json_event(std::string_view text);

// Returns an event's data from its raw members, of which only one may be present. Base64 is
// decoded. A string is taken as text if there is a content type other than JSON's; otherwise it
// stays JSON text. Returns nullopt if both are missing. Errors: kInvalidArgument. Spec: JSON format
// §3.1.
Result<std::optional<std::string>> data_bytes(std::optional<std::string_view> data,
                                              std::optional<std::string_view> data_base64,
                                              std::string_view content_type);

// Reads a batch (JSON format §4). An error contains the event's index, from 0.
Result<std::vector<CloudEvent>> parse_json_batch(std::string_view text);

// Returns true if this is one JSON object with a member `specversion`. Some producers send
// structured events as plain application/json.
bool looks_like_event(std::string_view text);

// Returns the event as a JSON object. Data of a JSON type is embedded unchanged, other text is a
// string, and all other data is data_base64. Errors: kInvalidArgument if the event breaks a rule of
// the specification.
Result<std::string> to_json(const CloudEvent& event);

}  // namespace ofn::event
