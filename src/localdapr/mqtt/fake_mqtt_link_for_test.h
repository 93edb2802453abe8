// An MqttLink for tests: records the calls, and lets the test play the broker.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "localdapr/mqtt/mqtt_link.h"

namespace ofn::localdapr {

// The broker's side, and the recorded calls. Outlives the link.
struct FakeBrokerForTest {
  MqttLink::Events* events = nullptr;  // of an open link
  bool up = false;
  int opened = 0;
  int closed = 0;
  int acknowledged = 0;
  int last_id = 0;
  std::string refuses{};  // a topic that MQTT does not allow
  std::vector<MqttPublication> sent{};
  std::vector<std::string> subscribed{};

  void come_up() {
    up = true;
    events->on_up();
  }
  void go_down() {
    up = false;
    events->on_down();
  }
};

class FakeMqttLinkForTest final : public MqttLink {
 public:
  explicit FakeMqttLinkForTest(FakeBrokerForTest& broker) : broker_(broker) {}

  void open(Events& events) override {
    if (std::exchange(broker_.events, &events) == nullptr) ++broker_.opened;
  }
  void close() override {
    if (std::exchange(broker_.events, nullptr) != nullptr) ++broker_.closed;
    broker_.up = false;
  }
  void subscribe(const std::string& topic, int qos) override {
    broker_.subscribed.push_back(topic + " " + std::to_string(qos));
  }
  Result<int> send(const MqttPublication& publication) override {
    if (publication.topic == broker_.refuses) return fail(Code::kInvalidArgument, "Invalid");
    broker_.sent.push_back(publication);
    return ++broker_.last_id;
  }
  void acknowledge() override { ++broker_.acknowledged; }

 private:
  FakeBrokerForTest& broker_;
};

}  // namespace ofn::localdapr
