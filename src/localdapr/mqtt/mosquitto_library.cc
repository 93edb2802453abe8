#include "localdapr/mqtt/mosquitto_library.h"

#include <string>

#include "os/module.h"

namespace ofn::localdapr {
Result<MosquittoLibrary> open_mosquitto(std::string_view type) {
  const auto module = os::Module::open({"libmosquitto.so.1", "libmosquitto.so"});
  if (!module) {
    return fail(Code::kFailedPrecondition,
                std::string(type) +
                    " needs libmosquitto, which is not installed (Debian and Ubuntu: apt-get "
                    "install libmosquitto1): " +
                    module.error().message());
  }
  MosquittoLibrary library{};
  if (!module->bind("mosquitto_lib_init", library.lib_init) ||
      !module->bind("mosquitto_new", library.create) ||
      !module->bind("mosquitto_destroy", library.destroy) ||
      !module->bind("mosquitto_threaded_set", library.threaded_set) ||
      !module->bind("mosquitto_username_pw_set", library.username_pw_set) ||
      !module->bind("mosquitto_tls_set", library.tls_set) ||
      !module->bind("mosquitto_connect_async", library.connect_async) ||
      !module->bind("mosquitto_disconnect", library.disconnect) ||
      !module->bind("mosquitto_publish", library.publish) ||
      !module->bind("mosquitto_subscribe", library.subscribe) ||
      !module->bind("mosquitto_socket", library.socket) ||
      !module->bind("mosquitto_want_write", library.want_write) ||
      !module->bind("mosquitto_loop_read", library.loop_read) ||
      !module->bind("mosquitto_loop_write", library.loop_write) ||
      !module->bind("mosquitto_loop_misc", library.loop_misc) ||
      !module->bind("mosquitto_connect_callback_set", library.on_connect) ||
      !module->bind("mosquitto_publish_callback_set", library.on_publish) ||
      !module->bind("mosquitto_message_callback_set", library.on_message) ||
      !module->bind("mosquitto_subscribe_callback_set", library.on_subscribe) ||
      !module->bind("mosquitto_strerror", library.strerror) ||
      !module->bind("mosquitto_connack_string", library.connack_string) ||
      library.lib_init() != 0) {
    return fail(Code::kFailedPrecondition,
                "the installed libmosquitto cannot be used by " + std::string(type));
  }
  return library;
}

}  // namespace ofn::localdapr
