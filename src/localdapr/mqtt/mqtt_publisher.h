// Publishes to an MQTT broker, and reports when the broker has a message.
//
//   publisher.publish({.topic = "t", .payload = "data"}, deadline, [](Result<void> sent) { … });
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "dapr/api.h"
#include "localdapr/mqtt/mqtt_link.h"
#include "loop/loop.h"

namespace ofn::localdapr {

// Messages wait for the broker, for a limited time and up to a limited number. They are sent again
// if the connection was lost before the broker confirmed them. A message that is reported as too
// late may still arrive.
// Threads: its loop's. Lifetime: the loop outlives it. If it is destroyed, pending messages are
// never answered.
class MqttPublisher final : private MqttLink::Events {
 public:
  struct Options {
    Duration patience;        // for the broker, including the connection
    std::string never_up;     // the error if there was no connection yet
    std::string unconfirmed;  // the error if there was one
  };

  MqttPublisher(std::unique_ptr<MqttLink> link, Options options, Loop& loop);
  MqttPublisher(const MqttPublisher&) = delete;
  MqttPublisher& operator=(const MqttPublisher&) = delete;
  ~MqttPublisher();

  // Errors: kInternal with the messages of Options; kResourceExhausted if too many messages wait.
  void publish(MqttPublication publication, Deadline deadline, dapr::PublishDone done);

 private:
  struct Pending {
    MqttPublication publication;
    SteadyTime due;
    dapr::PublishDone done;  // null if already answered
  };

  void on_up() override;
  void on_down() override;
  void on_message(MqttMessage message) override;
  void on_confirmed(int id) override;
  void send_waiting();
  void expire();

  Options options_;
  Loop& loop_;
  Timer timer_;  // for the first message that is due
  SteadyTime next_due_ = SteadyTime::max();
  std::deque<Pending> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::map<int, Pending> sent_;  // without their payload
  bool up_ = false;
  bool was_up_ = false;
  std::unique_ptr<MqttLink> link_;  // must be destroyed first
};

}  // namespace ofn::localdapr
