// The inner event: the CloudEvent in which the frameworks of the family wrap what their functions send, so that a trace travels with it
// over any broker.
//
//   if (auto inner = unwrap_inner_event(payload)) take(inner->data, inner->metadata);
//   payload = wrap_inner_event({.id = id, .function = "pay"}, data, {{"sw8", trace}});
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

// What else such an event has.
struct InnerEventHead {
  std::string_view id{};
  std::string_view space{};     // the namespace; empty: there is none
  std::string_view function{};  // the name of the one that sends
};

// Returns the event as JSON: ASCII if the names are. Its type is `io.openfunction.function.NAMESPACE.NAME`, its source `NAMESPACE/NAME`,
// its data {"metadata":{…},"userData":"base64"}. Cost: one copy of the data.
std::string wrap_inner_event(const InnerEventHead& head, std::string_view data,
                             const std::vector<Header>& metadata);

// A payload that is a whole inner event: a CloudEvent of that type whose data is {"metadata":{…},
// "userData":"base64"}. nullopt: it is not, and is to be taken as it is. Cost: for other payloads,
// one look at the first byte, and at most a search for the type's text.
std::optional<InnerEvent> unwrap_inner_event(std::string_view payload);

// The data of an event whose envelope was of that type already.
std::optional<InnerEvent> unwrap_inner_data(std::string_view data);

}  // namespace ofn
