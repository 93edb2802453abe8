// What a Dapr input delivered, as an invocation takes it up.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <ofn/cloud_event.h>
#include <ofn/field.h>

#include "base/clock.h"
#include "context/function_context.h"

namespace ofn {

// What brought a call.
enum class CallKind : std::uint8_t {
  kRequest,
  kBinding,      // a Dapr input binding
  kTopicEvent,   // one event of a Dapr topic
  kBulkedEvent,  // one event of several that a sidecar delivered together
};

// Borrows until Caller::ended(). Members that may be left out have an initializer.
struct Inbound {
  const Trigger& input;             // the one of the context by which it came
  std::string_view data{};          // for the function: verbatim, envelope and inner event removed
  std::string_view content_type{};  // of the data; empty: nobody said
  // The delivery's own: a binding's metadata, a topic's extensions; traceparent and tracestate
  // included where they came.
  std::span<const Field> metadata{};
  // The part of `metadata` that came in an inner event, by which the sender's framework passes its trace on (event/inner_event.h).
  std::span<const Field> inner{};
  const CloudEvent* event = nullptr;  // a topic's envelope; null for a binding
  // The trace of the call that brought it, which is not the event's own; empty: there is none.
  std::string_view traceparent{};
  std::string_view tracestate{};
  std::string_view baggage{};
  std::string_view id{};  // for log lines; made by the invocation when empty
  SteadyTime deadline = SteadyTime::max();
  CallKind kind = CallKind::kTopicEvent;  // for the observer
};

}  // namespace ofn
