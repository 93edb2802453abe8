// MqttLink by libmosquitto. The loop watches the library's socket.
//
//   auto library = open_mosquitto("bindings.mqtt3");
//   auto link = make_mosquitto_link(*library, {.broker = broker, .client_id = "queue"}, run, loop, log);
//
// libmosquitto acknowledges messages itself: it queues a PUBACK after its message callback, and
// version 2.0 has no option to leave that to the caller. But after mosquitto_threaded_set it
// believes that other threads do the writing, and writes only when it is told to. So from the
// arrival of a message until its acknowledgement, this class neither writes to the connection nor
// reads from it. Therefore a connection that receives is used for nothing else and sends no pings;
// TCP's keepalive notices a broker that is gone.
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

// Lifetime: `loop` and `log` outlive the link and the tasks that it gave to `run`.
// Threads: the loop's; `run` looks up names.
// Errors: a user, password or certificates that the library refuses.
Result<std::unique_ptr<MqttLink>> make_mosquitto_link(const MosquittoLibrary& library,
                                                      MosquittoLinkOptions options, Executor run,
                                                      Loop& loop, Log& log);

}  // namespace ofn::localdapr
