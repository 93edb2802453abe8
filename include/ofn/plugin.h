// Hooks around a function: the author's classes, which run before and after each call in the order
// that the function's context gives (prePlugins and postPlugins, or preHooks and postHooks).
//
//   struct Timing : ofn::Plugin {
//     using Clock = std::chrono::steady_clock;
//     void pre(ofn::Context&, ofn::CallData&) override { began_ = Clock::now(); }
//     void post(ofn::Context&, ofn::CallResult&) override { tell(Clock::now() - began_); }
//     Clock::time_point began_;
//   };
//   OFN_PLUGIN(Timing, "timing", "1.0.0")
//
// A plugin is in the function's own program, or in a separate .so that --plugin names. It runs only
// if the context names it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <ofn/abi.h>
#include <ofn/cloud_event.h>
#include <ofn/context.h>
#include <ofn/register.h>
#include <ofn/response.h>

namespace ofn {

// The data for the function. Pre-hooks may read and replace it, or answer instead of the function.
class CallData {
 public:
  explicit CallData(Bytes bytes) noexcept : bytes_(bytes) {}
  CallData(const CallData&) = delete;
  CallData& operator=(const CallData&) = delete;
  ~CallData() = default;

  // The HTTP body, the event's data, or the input's data.
  Bytes bytes() const noexcept { return bytes_; }
  // Gives these bytes to the next hooks and to the function instead.
  void replace(std::string bytes) {
    owned_ = std::move(bytes);
    bytes_ = *owned_;
  }
  bool replaced() const noexcept { return owned_.has_value(); }

  // Answers instead of the function. When the hook has returned, the call ends: later pre-hooks and the function do not run, post-hooks do,
  // and nothing is sent to outputs. A status of 400 or more is a failure of the call (`error`). A delivery of Dapr is
  // acknowledged if the status is below 400. The response follows the rules of Response.
  void answer(Response response) { answer_ = std::move(response); }
  // The answer, if the hook has given one.
  Response* answered() noexcept { return answer_ ? &*answer_ : nullptr; }

 private:
  Bytes bytes_;
  std::optional<std::string> owned_;
  std::optional<Response> answer_;
};

// The function's result. Post-hooks may read and change it; outputs and client get the changed
// result. If a hook sets the response's status to 400 or more, a success becomes a failure. A
// failure stays a failure.
class CallResult {
 public:
  CallResult(std::string_view status, std::string_view error, Response* response,
             CloudEvent* event) noexcept
      : status_(status), error_(error), response_(response), event_(event) {}

  // "success", "error" (the function or a required hook failed), "crash" (the function threw).
  std::string_view status() const noexcept { return status_; }
  bool ok() const noexcept { return status_ == "success"; }
  // The text of a crash. Do not send it to clients, because it may describe internals of the
  // program.
  std::string_view error() const noexcept { return error_; }

  // The response of an http, typed or openfunction function (an Out is already converted to a
  // response); of a function of any form the answer to a failure, or of a hook. A hook may change it: a failure keeps its
  // status() whatever the response says. Null if a function of events has succeeded, and if the client has already received pieces of the
  // answer.
  Response* response() const noexcept { return response_; }
  // The event that a cloudevent function returned; null if it returned none.
  CloudEvent* event() const noexcept { return event_; }

  // The response's body or the event's data; empty if there is neither.
  Bytes data() const noexcept {
    if (response_ != nullptr) return response_->body();
    return event_ != nullptr && event_->data() ? Bytes(*event_->data()) : Bytes();
  }
  // Replaces the data, if there is any.
  void data(std::string bytes) {
    if (response_ != nullptr) {
      response_->body(std::move(bytes));
    } else if (event_ != nullptr) {
      event_->data(std::move(bytes));
    }
  }

 private:
  std::string_view status_;
  std::string_view error_;
  Response* response_;
  CloudEvent* event_;
};

// One plugin. Each call of a function has its own instance, which pre() and post() share, so its
// members are the call's state.
//
// Threads: the hooks of one call run one after the other on the thread of its function, on which
// they may block. Other calls have other instances.
// Order: all pre-hooks, the function, all post-hooks. Post-hooks also run if the function or a hook
// has failed, even those of plugins without a pre-hook.
// Errors: a hook that throws an ofn::HttpError or an ofn::BadInput (<ofn/errors.h>) answers the call with it, as
// CallData::answer() does; in a post-hook that answer replaces the function's. A hook that throws anything else has failed. The failure is
// logged, and the call continues as if the hook did not exist. If the plugin was registered by OFN_REQUIRED_PLUGIN, the call
// fails: an error handler answers it, or the response is 500; nothing is sent, and if a pre-hook failed, the function is not
// called.
class Plugin {
 public:
  Plugin() = default;
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;
  virtual ~Plugin() = default;

  virtual void pre(Context& /*context*/, CallData& /*data*/) {}
  virtual void post(Context& /*context*/, CallResult& /*result*/) {}
};

// Returns this call's instance of the plugin of that name if it is a P; otherwise null. Hooks and
// the function use it to share data. Cost: linear in the number of plugins.
template <class P>
P* Context::plugin(std::string_view name) const noexcept {
  for (const abi::ActivePlugin& each : facts_->plugins) {
    if (each.name == name) return dynamic_cast<P*>(each.plugin);
  }
  return nullptr;
}

namespace internal {

template <class P>
constexpr abi::PluginRegistration plugin_registration(const char* name, const char* version,
                                                      bool required, const char* file,
                                                      std::uint32_t line) {
  static_assert(std::is_base_of_v<Plugin, P> && std::is_default_constructible_v<P>,
                "ofn: a plugin is a class that derives from ofn::Plugin and needs no arguments");
  return {.name = name,
          .version = version,
          .required = required,
          .create = []() -> Plugin* { return new P(); },
          .destroy = [](Plugin* plugin) { delete plugin; },
          .file = file,
          .line = line};
}

}  // namespace internal
}  // namespace ofn

// NOLINTBEGIN(cppcoreguidelines-macro-usage)

// Registers a plugin: OFN_PLUGIN(Class, "name", "version"), at namespace scope, once in a program.
// The name is the one in the context.
#define OFN_PLUGIN(type, name, version) OFN_INTERNAL_PLUGIN(__COUNTER__, type, name, version, false)
// Registers a plugin without which a call must not succeed.
#define OFN_REQUIRED_PLUGIN(type, name, version) \
  OFN_INTERNAL_PLUGIN(__COUNTER__, type, name, version, true)

#define OFN_INTERNAL_PLUGIN(number, type, name, version, required)                               \
  namespace {                                                                                    \
  constexpr ::ofn::abi::PluginRegistration OFN_INTERNAL_JOIN(ofn_plugin_, number) =              \
      ::ofn::internal::plugin_registration<type>(name, version, required, __FILE__, __LINE__);   \
  OFN_INTERNAL_KEPT("ofn_plugins")                                                               \
  constexpr const ::ofn::abi::PluginRegistration* OFN_INTERNAL_JOIN(ofn_plugin_entry_, number) = \
      &OFN_INTERNAL_JOIN(ofn_plugin_, number);                                                   \
  }

// NOLINTEND(cppcoreguidelines-macro-usage)
