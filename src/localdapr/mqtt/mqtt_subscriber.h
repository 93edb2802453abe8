// Receives from an MQTT broker, one message after the other, each acknowledged when it was processed.
//
//   subscriber.subscribe("orders/+", [](const MqttMessage& message, Acknowledge done) { … done(true); });
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/log.h"
#include "localdapr/mqtt/mqtt_link.h"
#include "localdapr/pubsub.h"
#include "loop/loop.h"

namespace ofn::localdapr {

// A message that was not taken comes again after a pause, and holds back those behind it: the broker
// learns of neither. So what the app has not processed when this ends, or is killed, the broker
// delivers again, unless the session is a clean one.
// Threads: its loop's. Lifetime: the loop and the log outlive it.
class MqttSubscriber final : private MqttLink::Events {
 public:
  using Handler = std::function<void(const MqttMessage& message, Acknowledge done)>;

  MqttSubscriber(std::unique_ptr<MqttLink> link, int qos, Loop& loop, Log& log);
  MqttSubscriber(const MqttSubscriber&) = delete;
  MqttSubscriber& operator=(const MqttSubscriber&) = delete;
  ~MqttSubscriber();

  // A topic may hold wildcards, and $share/GROUP/ in front. At most one handler for each.
  void subscribe(const std::string& topic, Handler handler);
  // The broker keeps the subscription. Without any the connection ends, after what is under way.
  void unsubscribe(const std::string& topic);

 private:
  void on_up() override;
  void on_down() override;
  void on_message(MqttMessage message) override;
  void on_confirmed(int /*id*/) override {}
  const Handler* handler_of(std::string_view topic) const;
  void deliver();
  void answered(std::uint64_t delivery, bool taken);
  void close_when_idle();

  const int qos_;
  Loop& loop_;
  Log& log_;
  Timer again_;
  std::map<std::string, Handler, std::less<>> handlers_;
  std::deque<MqttMessage> held_;  // the first one is being delivered
  std::uint64_t delivery_ = 0;    // the last one begun: answers to earlier ones are too late
  Duration pause_;
  bool up_ = false;
  std::shared_ptr<MqttSubscriber*> alive_ = std::make_shared<MqttSubscriber*>(this);
  std::unique_ptr<MqttLink> link_;  // the first to go
};

}  // namespace ofn::localdapr
