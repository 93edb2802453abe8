// The messages of topics: makes daprd's CloudEvent envelope for published data, and opens it into
// the parts that a subscriber gets.
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

// Returns the bytes for the bus: an envelope in JSON, or with rawPayload the published data
// unchanged.
// Errors, with daprd's messages: kInvalidArgument for a rawPayload that is not a boolean, and for
// an event that the app made itself (application/cloudevents+json) and that is not a JSON object.
Result<std::string> make_envelope(const dapr::PublishRequest& request, const dapr::ApiCall& call,
                                  std::string_view app_id, SystemTime now, Random& random);

// One message, in the forms for apps over gRPC and over HTTP.
struct TopicMessage {
  dapr::TopicEvent event;  // over gRPC
  std::string envelope;    // over HTTP: the CloudEvent in JSON
  std::string traceparent;
  bool expired = false;
  // The metadata from the message's bus, and the component's name as `pubsubName`; sent beside the
  // event.
  std::vector<Header> metadata{};
  // The reason why the event's data cannot be read; empty if it can. Apps over HTTP do not need it.
  std::string_view unreadable{};
  // True if the event has data of a type that Dapr does not pass on over gRPC.
  bool loses_data = false;
};

// A message from a bus.
struct Received {
  std::string_view bytes;
  std::string_view topic;
  std::vector<Header> metadata{};
};

// Returns nullopt if the bytes are not a CloudEvent and the subscription has no rawPayload.
// `event.path` stays empty. Spec: daprd's handling of data by its type: text is passed on
// unchanged, JSON is encoded again, base64 is decoded, and all other data is dropped.
std::optional<TopicMessage> open_envelope(Received received, const dapr::Subscription& subscription,
                                          SystemTime now, Random& random);

// Returns the metadata rawPayload as daprd reads it; nullopt if it is not a boolean.
std::optional<bool> raw_payload(const std::vector<Header>& metadata);

}  // namespace ofn::localdapr
