// The part of libmosquitto's binary interface in use, stated here so that building needs no headers of
// it. The library is opened when the first component needs it: a program without MQTT neither loads nor
// requires it.
#pragma once

#include <string_view>

#include "base/error.h"

struct mosquitto;  // NOLINT(readability-identifier-naming): the library's own

namespace ofn::localdapr {

// Spec: https://mosquitto.org/api/files/mosquitto-h.html, of 2.0; the names say which function.
struct MosquittoLibrary {
  using Handle = ::mosquitto;
  struct Message {  // struct mosquitto_message
    int id;
    char* topic;
    void* payload;
    int payload_size;
    int qos;
    bool retain;
  };
  // Results of calls (MOSQ_ERR_…); those below zero are no errors.
  static constexpr int kSystem = 14;     // errno says more
  static constexpr int kAddress = 15;    // a name was not found
  static constexpr int kRefused = 0x80;  // a granted QoS that is none

  int (*lib_init)();
  Handle* (*create)(const char* id, bool clean_session, void* self);
  void (*destroy)(Handle* handle);
  int (*threaded_set)(Handle* handle, bool threaded);
  int (*username_pw_set)(Handle* handle, const char* user, const char* password);
  int (*tls_set)(Handle* handle, const char* ca_file, const char* ca_folder,
                 const char* certificate_file, const char* key_file,
                 int (*password)(char*, int, int, void*));
  int (*connect_async)(Handle* handle, const char* host, int port, int keepalive);
  int (*disconnect)(Handle* handle);
  int (*publish)(Handle* handle, int* id, const char* topic, int size, const void* payload, int qos,
                 bool retain);
  int (*subscribe)(Handle* handle, int* id, const char* topic, int qos);
  int (*socket)(Handle* handle);
  bool (*want_write)(Handle* handle);
  int (*loop_read)(Handle* handle, int packets);
  int (*loop_write)(Handle* handle, int packets);
  int (*loop_misc)(Handle* handle);
  void (*on_connect)(Handle* handle, void (*then)(Handle*, void*, int));
  void (*on_publish)(Handle* handle, void (*then)(Handle*, void*, int));
  void (*on_message)(Handle* handle, void (*then)(Handle*, void*, const Message*));
  void (*on_subscribe)(Handle* handle, void (*then)(Handle*, void*, int, int, const int*));
  const char* (*strerror)(int result);
  const char* (*connack_string)(int code);
};

// Errors: kFailedPrecondition when it is not installed, naming the package. `type` is the component's.
Result<MosquittoLibrary> open_mosquitto(std::string_view type);

}  // namespace ofn::localdapr
