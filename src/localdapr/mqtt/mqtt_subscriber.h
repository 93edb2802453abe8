// Receives from an MQTT broker one message after the other, and acknowledges each one when it has
// been processed.
//
//   subscriber.subscribe("orders/+", [](const MqttMessage& message, Acknowledge done) { … done(Taken::kYes); });
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/while_alive.h"
#include "localdapr/mqtt/mqtt_link.h"
#include "localdapr/pubsub.h"
#include "loop/loop.h"

namespace ofn::localdapr {

// If the handler does not take a message, it gets it again after a pause, and later messages wait.
// The broker does not notice this. So if this object ends or the process is killed, the broker
// delivers the unprocessed messages again, unless the session is a clean one.
// Threads: its loop's. Lifetime: the loop and the log outlive it.
class MqttSubscriber final : private MqttLink::Events {
 public:
  using Handler = std::function<void(const MqttMessage& message, Acknowledge done)>;

  MqttSubscriber(std::unique_ptr<MqttLink> link, int qos, Loop& loop, Log& log);
  MqttSubscriber(const MqttSubscriber&) = delete;
  MqttSubscriber& operator=(const MqttSubscriber&) = delete;
  ~MqttSubscriber() = default;

  // A topic may contain wildcards, and $share/GROUP/ at the beginning. There is at most one handler
  // for each topic.
  void subscribe(const std::string& topic, Handler handler);
  // The broker keeps the subscription. When there is no subscription left, the connection ends
  // after the running deliveries.
  void unsubscribe(const std::string& topic);

 private:
  void on_up() override;
  void on_down() override;
  void on_message(MqttMessage message) override;
  void on_confirmed(int /*id*/) override {}
  const Handler* handler_of(std::string_view topic) const;
  void deliver();
  void answered(std::uint64_t delivery, Taken taken);
  void close_when_idle();

  const int qos_;
  Loop& loop_;
  Log& log_;
  Timer again_;
  std::map<std::string, Handler, std::less<>> handlers_;
  std::deque<MqttMessage> held_;  // the first one is being delivered
  std::uint64_t delivery_ = 0;    // of the latest delivery; answers to earlier ones are ignored
  Duration pause_;
  bool up_ = false;
  std::unique_ptr<MqttLink> link_;  // goes before what its events use
  WhileAlive while_alive_;
};

}  // namespace ofn::localdapr
