// What a `pubsub.*` component does. One implementation a file.
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
  // It was published to, where the bus tells: a subscription's may hold wildcards.
  std::string topic;
  std::string data;
  std::vector<Header> metadata{};
};

// Was the message taken? What was not comes again, as the component's rules have it. Runs once.
using Acknowledge = std::move_only_function<void(bool taken)>;
// What a subscription does with a message, which it may keep until it has acknowledged it.
using OnMessage = std::function<void(const BusMessage& message, Acknowledge done)>;

enum class TopicUse : std::uint8_t { kPublish, kSubscribe };

// Threads: its loop's; `done` runs there, too.
class Pubsub {
 public:
  // What becomes of a message that was not taken.
  enum class Repeats : std::uint8_t {
    kApart,    // it comes again, or is given up: no other waits for it for ever
    kInFront,  // it comes again until it is taken, and those behind it wait
  };

  virtual ~Pubsub() = default;
  // Errors: in daprd's words, without what it puts in front.
  virtual void publish(BusMessage message, dapr::PublishDone done) = 0;
  // At most one for a topic. Errors are logged: a bus that is away now may come back.
  virtual void subscribe(const std::string& topic, OnMessage on_message) = 0;
  virtual void unsubscribe(const std::string& topic) = 0;
  virtual Repeats repeats() const = 0;
  // Can a topic of that name be published to, or subscribed to? Called before publish() and subscribe().
  // Errors: kInvalidArgument, naming what the bus does not have.
  virtual Result<void> check_topic(std::string_view topic, TopicUse use) const {
    (void)topic, (void)use;
    return {};
  }
  // Do messages come with the metadata of their subscription, and not with that of their publication?
  virtual bool hands_subscription_metadata() const { return false; }
};

}  // namespace ofn::localdapr
