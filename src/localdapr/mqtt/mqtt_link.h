// The port to an MQTT broker: one client of it, which connects again by itself. The real one is
// mosquitto_link.h; tests bring their own.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace ofn::localdapr {

// A value. At the broker, one client of an id has a connection at a time.
struct MqttBroker {
  enum class Transport { kPlain, kTls };
  Transport transport = Transport::kPlain;
  std::string host;
  int port = 0;
  std::string user{};
  std::string password{};
  std::string ca{};  // PEM, as the next two; if empty, the system's
  std::string client_certificate{};
  std::string client_key{};
  bool clean_session = false;  // the broker forgets the client with its connection
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

// Threads: its loop's; events come from the loop, never from inside a call.
class MqttLink {
 public:
  class Events {
   public:
    // Connected, for the first time or again. The broker may have forgotten subscriptions.
    virtual void on_up() = 0;
    // Messages that came and were not acknowledged come again.
    virtual void on_down() = 0;
    // Nothing more comes, and nothing is sent, until as many were acknowledged as came.
    virtual void on_message(MqttMessage message) = 0;
    // The broker has the message; one of QoS 0 is on its way.
    virtual void on_confirmed(int id) = 0;

   protected:
    ~Events() = default;
  };

  virtual ~MqttLink() = default;
  // Connects, and again whenever the connection is lost, until close(). Open already: nothing happens.
  virtual void open(Events& events) = 0;
  // Messages that were not acknowledged stay so.
  virtual void close() = 0;
  virtual void subscribe(const std::string& topic, int qos) = 0;
  // A number for on_confirmed. While it is up only; what has QoS 1 or 2 outlasts a lost connection.
  // Errors: a topic or a size that MQTT does not have, in the library's words.
  virtual Result<int> send(const MqttPublication& publication) = 0;
  virtual void acknowledge() = 0;
};

enum class MqttRole { kSends, kReceives };
// Errors: the broker's certificates cannot be used.
using MakeMqttLink =
    std::function<Result<std::unique_ptr<MqttLink>>(std::string client_id, MqttRole role)>;

}  // namespace ofn::localdapr
