// Sends to an MQTT broker, and says when the broker has what was sent.
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

// Publishes messages. They wait for the broker, for a while and up to a limit, and are sent again if the
// connection was lost before the broker confirmed them. A message that is reported as too late may still arrive.
// Threads: its loop's. Lifetime: the loop outlives it; what is under way when it ends is not answered.
class MqttPublisher final : private MqttLink::Events {
 public:
  struct Options {
    Duration patience;        // for the broker, the connection included
    std::string never_up;     // what is said when there was no connection yet
    std::string unconfirmed;  // …and when there was
  };

  MqttPublisher(std::unique_ptr<MqttLink> link, Options options, Loop& loop);
  MqttPublisher(const MqttPublisher&) = delete;
  MqttPublisher& operator=(const MqttPublisher&) = delete;
  ~MqttPublisher();

  // Errors: kInternal in the words given; kResourceExhausted when too much waits.
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
  Timer timer_;  // of the first that is due
  SteadyTime next_due_ = SteadyTime::max();
  std::deque<Pending> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::map<int, Pending> sent_;  // without their payload
  bool up_ = false;
  bool was_up_ = false;
  std::unique_ptr<MqttLink> link_;  // the first to go
};

}  // namespace ofn::localdapr
