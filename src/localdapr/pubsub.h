// The port of a `pubsub.*` component. Each implementation has its own file.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ofn/field.h>

#include "base/error.h"
#include "dapr/api.h"

namespace ofn::localdapr {

// One message of a bus.
struct BusMessage {
  // The topic to which the message was published. A subscription's topic may contain wildcards.
  std::string topic;
  std::string data;
  std::vector<Header> metadata{};
};

enum class Taken : std::uint8_t { kNo, kYes };

// Called once, and told whether the message was taken. Otherwise it comes again, by the rules of the
// component.
using Acknowledge = std::move_only_function<void(Taken taken)>;
// Takes a message of a subscription. It may keep the message until it has acknowledged it.
using OnMessage = std::function<void(const BusMessage& message, Acknowledge done)>;

enum class TopicUse : std::uint8_t { kPublish, kSubscribe };

// Threads: its loop's; `done` also runs there.
class Pubsub {
 public:
  // How the bus repeats a message that was not taken.
  enum class Repeats : std::uint8_t {
    kApart,    // it comes again or is given up; no other message waits for it for ever
    kInFront,  // it comes again until it is taken, and later messages wait
  };

  virtual ~Pubsub() = default;
  // Returns what is lost when this object ends: "3 messages that waited in it"; empty if nothing is.
  virtual std::string loses() const { return {}; }
  // Errors: daprd's messages, without daprd's prefix for all errors.
  virtual void publish(BusMessage message, dapr::PublishDone done) = 0;
  // There is at most one subscription for each topic. Errors are logged, because an unreachable bus
  // may come back.
  virtual void subscribe(const std::string& topic, OnMessage on_message) = 0;
  virtual void unsubscribe(const std::string& topic) = 0;
  virtual Repeats repeats() const = 0;
  // Checks that a topic of that name can be used this way. It is called before publish() and
  // subscribe(). Errors: kInvalidArgument with the feature that the bus does not have.
  virtual Result<void> check_topic(std::string_view /*topic*/, TopicUse /*use*/) const {
    return {};
  }
  // Returns true if messages come with their subscription's metadata instead of their
  // publication's.
  virtual bool hands_subscription_metadata() const { return false; }
};

}  // namespace ofn::localdapr
