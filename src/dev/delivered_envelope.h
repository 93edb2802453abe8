// The CloudEvent in which a sidecar wraps what was published to a topic.
//
//   auto event = envelope_of({.pubsub = "bus", .topic = "orders", .data = "{}"}, random, now);
#pragma once

#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"

namespace ofn::dev {

struct Published {
  std::string pubsub{};
  std::string topic{};
  // "application/cloudevents+json": the data is the event itself. Empty: JSON if it is JSON, else text, else bytes.
  std::string content_type{};
  std::string data{};
};

// Returns the event as JSON. Errors: kInvalidArgument: the data is said to be an event, or JSON, and is not.
Result<std::string> envelope_of(const Published& published, Random& random, SystemTime now);

}  // namespace ofn::dev
