// The event in which sibling frameworks wrap what their functions send, to carry their tracing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/field.h>

namespace ofn {

struct InnerEvent {
  std::string data;              // what the function sent
  std::vector<Header> metadata;  // what its framework added
};

// A CloudEvent of a type that begins with this is one.
inline constexpr std::string_view kInnerEventType = "io.openfunction.function.";

// A payload that is a whole inner event: a CloudEvent of that type whose data is {"metadata":{…},
// "userData":"base64"}. nullopt: it is not, and is to be taken as it is. Cost: for other payloads,
// one look at the first byte, and at most a search for the type's text.
std::optional<InnerEvent> unwrap_inner_event(std::string_view payload);

// The data of an event whose envelope was of that type already.
std::optional<InnerEvent> unwrap_inner_data(std::string_view data);

}  // namespace ofn
