// The port of a `pubsub.*` component. One implementation a file.
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
  // The topic to which the message was published; that of a subscription may hold wildcards.
  std::string topic;
  std::string data;
  std::vector<Header> metadata{};
};

// Told whether the message was taken. One that was not comes again, by the rules of the component. Runs once.
using Acknowledge = std::move_only_function<void(bool taken)>;
// Takes a message of a subscription, and may keep it until it has acknowledged it.
using OnMessage = std::function<void(const BusMessage& message, Acknowledge done)>;

enum class TopicUse : std::uint8_t { kPublish, kSubscribe };

// Threads: its loop's; `done` also runs there.
class Pubsub {
 public:
  // The fate of a message that was not taken.
  enum class Repeats : std::uint8_t {
    kApart,    // it comes again, or is given up: no other message waits for it for ever
    kInFront,  // it comes again until it is taken, and the messages behind it wait
  };

  virtual ~Pubsub() = default;
  // Errors: in daprd's words, without the words that daprd puts in front of every error.
  virtual void publish(BusMessage message, dapr::PublishDone done) = 0;
  // At most one subscription for a topic. Errors are logged: a bus that is away now may come back.
  virtual void subscribe(const std::string& topic, OnMessage on_message) = 0;
  virtual void unsubscribe(const std::string& topic) = 0;
  virtual Repeats repeats() const = 0;
  // Checks that a topic of that name can be used this way. Called before publish() and subscribe().
  // Errors: kInvalidArgument, naming what the bus does not have.
  virtual Result<void> check_topic(std::string_view topic, TopicUse use) const {
    (void)topic, (void)use;
    return {};
  }
  // Returns true if messages come with the metadata of their subscription instead of that of their publication.
  virtual bool hands_subscription_metadata() const { return false; }
};

}  // namespace ofn::localdapr
