// `pubsub.in-memory`: topics in this process's memory.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>

#include "base/log.h"
#include "localdapr/pubsub.h"
#include "loop/loop.h"

namespace ofn::localdapr {

// A message that is published to a topic without a subscription is lost. A subscription to a topic
// that ends in * gets the messages of every longer topic with the same beginning. A subscription
// gets one message after the other. If it does not take a message, it gets it again every 100 ms,
// ten times in all; then the message is lost, and the loss is logged.
//
// Differs from daprd: at most 10,000 messages of a topic wait for a subscriber; further ones are
// refused with kResourceExhausted.
// Lifetime: its loop outlives it.
class InMemoryPubsub final : public Pubsub {
 public:
  InMemoryPubsub(std::string name, Loop& loop, Log& log);
  ~InMemoryPubsub() override;

  std::string loses() const override;
  void publish(BusMessage message, dapr::PublishDone done) override;
  void subscribe(const std::string& topic, OnMessage on_message) override;
  void unsubscribe(const std::string& topic) override;
  bool hands_subscription_metadata() const override { return true; }
  Repeats repeats() const override { return Repeats::kApart; }

 private:
  struct Topic;

  std::string name_;
  Loop& loop_;
  Log& log_;
  std::map<std::string, std::shared_ptr<Topic>, std::less<>> topics_;
};

}  // namespace ofn::localdapr
