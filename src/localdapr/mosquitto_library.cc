#include "localdapr/mosquitto_library.h"

#include <string>

#include "loader/module.h"

namespace ofn::localdapr {
namespace {

template <class Function>
bool bind(const Module& module, const char* name, Function*& function) {
  function = module.function<Function>(name);
  return function != nullptr;
}

}  // namespace

Result<MosquittoLibrary> open_mosquitto(std::string_view type) {
  const auto module = Module::open({"libmosquitto.so.1", "libmosquitto.so"});
  if (!module) {
    return fail(Code::kFailedPrecondition,
                std::string(type) +
                    " needs libmosquitto, which is not installed (Debian and Ubuntu: apt-get "
                    "install libmosquitto1): " +
                    module.error().message());
  }
  MosquittoLibrary library{};
  if (!bind(*module, "mosquitto_lib_init", library.lib_init) ||
      !bind(*module, "mosquitto_new", library.create) ||
      !bind(*module, "mosquitto_destroy", library.destroy) ||
      !bind(*module, "mosquitto_threaded_set", library.threaded_set) ||
      !bind(*module, "mosquitto_username_pw_set", library.username_pw_set) ||
      !bind(*module, "mosquitto_tls_set", library.tls_set) ||
      !bind(*module, "mosquitto_connect_async", library.connect_async) ||
      !bind(*module, "mosquitto_disconnect", library.disconnect) ||
      !bind(*module, "mosquitto_publish", library.publish) ||
      !bind(*module, "mosquitto_subscribe", library.subscribe) ||
      !bind(*module, "mosquitto_socket", library.socket) ||
      !bind(*module, "mosquitto_want_write", library.want_write) ||
      !bind(*module, "mosquitto_loop_read", library.loop_read) ||
      !bind(*module, "mosquitto_loop_write", library.loop_write) ||
      !bind(*module, "mosquitto_loop_misc", library.loop_misc) ||
      !bind(*module, "mosquitto_connect_callback_set", library.on_connect) ||
      !bind(*module, "mosquitto_publish_callback_set", library.on_publish) ||
      !bind(*module, "mosquitto_message_callback_set", library.on_message) ||
      !bind(*module, "mosquitto_subscribe_callback_set", library.on_subscribe) ||
      !bind(*module, "mosquitto_strerror", library.strerror) ||
      !bind(*module, "mosquitto_connack_string", library.connack_string) ||
      library.lib_init() != 0) {
    return fail(Code::kFailedPrecondition,
                "the installed libmosquitto cannot be used by " + std::string(type));
  }
  return library;
}

}  // namespace ofn::localdapr
