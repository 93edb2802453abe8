// The port to an MQTT broker: one client of it, which reconnects automatically. mosquitto_link.h
// implements it; tests use their own.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace ofn::localdapr {

// A value. A broker allows only one connection at a time for each client id.
struct MqttBroker {
  enum class Transport { kPlain, kTls };
  Transport transport = Transport::kPlain;
  std::string host;
  int port = 0;
  std::string user{};
  std::string password{};
  std::string ca{};  // PEM, like the next two; if empty, the system's certificates
  std::string client_certificate{};
  std::string client_key{};
  bool clean_session = false;  // the broker forgets the client when its connection ends
};

struct MqttMessage {
  std::string topic;
  std::string payload;
  bool retained = false;
};

struct MqttPublication {
  std::string topic;
  std::string payload;
  int qos = 1;
  bool retain = false;
};

// Threads: its loop's. Events come from the loop, never from inside a call.
class MqttLink {
 public:
  class Events {
   public:
    // The client is connected, for the first time or again. The broker may have forgotten
    // subscriptions.
    virtual void on_up() = 0;
    // Messages that are not acknowledged will come again.
    virtual void on_down() = 0;
    // The link receives and sends nothing more until all received messages are acknowledged.
    virtual void on_message(MqttMessage message) = 0;
    // The broker has the message. For QoS 0, the message has been sent.
    virtual void on_confirmed(int id) = 0;

   protected:
    ~Events() = default;
  };

  virtual ~MqttLink() = default;
  // Connects, and reconnects whenever the connection is lost, until close(). Does nothing if it is
  // open.
  virtual void open(Events& events) = 0;
  // Messages that are not acknowledged stay unacknowledged.
  virtual void close() = 0;
  virtual void subscribe(const std::string& topic, int qos) = 0;
  // Returns a number for on_confirmed. Call it only while connected. A message of QoS 1 or 2
  // survives a lost connection. Errors, with the library's message: a topic or a size that MQTT
  // does not allow.
  virtual Result<int> send(const MqttPublication& publication) = 0;
  virtual void acknowledge() = 0;
};

enum class MqttRole { kSends, kReceives };
// Errors: the broker's certificates cannot be used.
using MakeMqttLink =
    std::function<Result<std::unique_ptr<MqttLink>>(std::string client_id, MqttRole role)>;

}  // namespace ofn::localdapr
