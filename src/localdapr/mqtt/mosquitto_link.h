// MqttLink by libmosquitto; the loop watches the library's socket.
//
//   auto library = open_mosquitto("bindings.mqtt3");
//   auto link = make_mosquitto_link(*library, {.broker = broker, .client_id = "queue"}, run, loop, log);
//
// libmosquitto acknowledges by itself: it queues a PUBACK beside its message callback, and no option of
// 2.0 leaves that to the caller. But it writes only when told to, once it believes that threads of ours
// drive it (mosquitto_threaded_set): so from a message on nothing is written to that connection, and
// nothing read, until the message is acknowledged. Hence a connection that receives does nothing else,
// and sends no pings: that the broker still exists is TCP's to find out.
#pragma once

#include <memory>
#include <string>

#include "base/log.h"
#include "localdapr/executor.h"
#include "localdapr/mqtt/mosquitto_library.h"
#include "localdapr/mqtt/mqtt_link.h"
#include "loop/loop.h"

namespace ofn::localdapr {

struct MosquittoLinkOptions {
  MqttBroker broker;
  std::string client_id;
  MqttRole role = MqttRole::kSends;
};

// Lifetime: `loop` and `log` outlive the link, and what it gave `run`.
// Threads: the loop's; names are looked up by `run`.
// Errors: user, password or certificates that the library does not take.
Result<std::unique_ptr<MqttLink>> make_mosquitto_link(const MosquittoLibrary& library,
                                                      MosquittoLinkOptions options, Executor run,
                                                      Loop& loop, Log& log);

}  // namespace ofn::localdapr
