// The messages of topics: daprd's CloudEvent envelope around the data that was published, and the parts of it
// that a subscriber gets.
//
//   Result<std::string> bytes = make_envelope(request, call, "app", now, random);   // published
//   std::optional<TopicMessage> message = open_envelope({*bytes, topic}, subscription, now, random);
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "dapr/api.h"
#include "dapr/app_codec.h"
#include "dapr/codec.h"

namespace ofn::localdapr {

// The bytes for the bus: an envelope in JSON, or with rawPayload what was published as it is.
// Errors, in daprd's words: kInvalidArgument for a rawPayload that is no boolean, and for an event of
//   its own (application/cloudevents+json) that is no JSON object.
Result<std::string> make_envelope(const dapr::PublishRequest& request, const dapr::ApiCall& call,
                                  std::string_view app_id, SystemTime now, Random& random);

// One message as its two kinds of app get it.
struct TopicMessage {
  dapr::TopicEvent event;  // over gRPC
  std::string envelope;    // over HTTP: the CloudEvent in JSON
  std::string traceparent;
  bool expired = false;
  // The message's own, as its bus brought it, and the component's name as `pubsubName`: beside the event.
  std::vector<Header> metadata{};
  // Why the event's data cannot be taken out of it; empty if it can. HTTP does not need that.
  std::string_view unreadable{};
  // The event has data, but of a type that Dapr does not hand on over gRPC.
  bool loses_data = false;
};

// A message as a bus brings it.
struct Received {
  std::string_view bytes;
  std::string_view topic;
  std::vector<Header> metadata{};
};

// nullopt if the bytes are no CloudEvent and the subscription has no rawPayload. `event.path` is left
// empty.
// Spec: what becomes of data by its type is daprd's: text as it is, JSON encoded again, base64
//   decoded, anything else nothing.
std::optional<TopicMessage> open_envelope(Received received, const dapr::Subscription& subscription,
                                          SystemTime now, Random& random);

// Metadata rawPayload as daprd reads it; nullopt if it is no boolean.
std::optional<bool> raw_payload(const std::vector<Header>& metadata);

}  // namespace ofn::localdapr
