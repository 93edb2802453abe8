// The used part of libmosquitto's binary interface. It is declared here so that the build needs no
// headers of libmosquitto. The library is opened when the first component needs it, so a program
// without MQTT neither loads nor requires it.
#pragma once

#include <string_view>

#include "base/error.h"

struct mosquitto;  // NOLINT(readability-identifier-naming): the library's name

namespace ofn::localdapr {

// Spec: https://mosquitto.org/api/files/mosquitto-h.html, version 2.0. The members are named after
// the library's functions.
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
  // Results of calls (MOSQ_ERR_…). Results below zero are not errors.
  static constexpr int kSystem = 14;     // errno has the details
  static constexpr int kAddress = 15;    // the name was not found
  static constexpr int kRefused = 0x80;  // in place of a granted QoS

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

// Errors: kFailedPrecondition if it is not installed; the message names the package. `type` is the
// component's type.
Result<MosquittoLibrary> open_mosquitto(std::string_view type);

}  // namespace ofn::localdapr
