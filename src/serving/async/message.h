// A message that a sidecar delivered, as the function gets it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/cloud_event.h>
#include <ofn/field.h>

#include "dapr/app_codec.h"
#include "event/inner_event.h"
#include "invocation/inbound.h"

namespace ofn {

// The trace of the call that brought a message; of the message's own attributes the own ones count.
struct CallTrace {
  std::string traceparent;
  std::string tracestate;
  std::string baggage{};
};

// A message as the function gets it, owned: envelope and inner event removed, their attributes kept.
// Lifetime: inbound() borrows until the next take().
class Message {
 public:
  // `kind`: kTopicEvent or kBulkedEvent.
  void take(dapr::TopicEvent event, CallTrace trace, std::string_view made_id,
            CallKind kind = CallKind::kTopicEvent);
  void take(dapr::BindingEvent event, CallTrace trace);

  Inbound inbound(const Trigger& trigger, SteadyTime deadline) const;
  // Of a topic's event; "" for a binding's.
  std::string_view id() const noexcept { return id_; }

 private:
  void add_trace(CallTrace trace);
  void seal();

  std::string id_;
  std::string data_;  // of a binding, or of an inner event; else the envelope has it
  std::string content_type_;
  std::vector<Header> metadata_;
  std::vector<Field> fields_;  // views of metadata_
  std::vector<Header> inner_;  // what an inner event had as metadata
  std::vector<Field> inner_fields_;
  CallTrace trace_;
  std::optional<CloudEvent> event_;
  CallKind kind_{};
};

}  // namespace ofn
