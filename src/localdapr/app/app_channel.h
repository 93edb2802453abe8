// The sidecar's connection to the app: asks what the app wants, and delivers to it. There is one
// implementation for each protocol.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "dapr/app_codec.h"
#include "localdapr/app/envelope.h"

namespace ofn::localdapr {

struct AppAnswer {
  enum class Verdict : std::uint8_t {
    kTaken,
    kRefused,      // the app may get it again
    kDropped,      // the app must not get it again
    kUnreachable,  // nothing listens on the app's port, so the app has not seen it
  };
  Verdict verdict = Verdict::kTaken;
  std::string why{};                // the reason, if it was not taken; for the log, without payload
  dapr::BindingEventReply reply{};  // the app's reply to a binding's event
};

// Threads: its loop's. Callbacks run from the loop, once, never from inside the call.
class AppChannel {
 public:
  template <class T>
  using Listed = std::move_only_function<void(Result<T>)>;
  using Answered = std::move_only_function<void(AppAnswer)>;

  virtual ~AppChannel() = default;
  // Asks the app to which topics it subscribes. An app without such a list subscribes to none.
  // Errors: only kUnavailable, if nothing listens on its port yet, or if the app has not answered.
  virtual void list_subscriptions(Listed<std::vector<dapr::Subscription>> done) = 0;
  // Asks the app which of the offered input bindings it uses.
  virtual void list_inputs(const std::vector<std::string>& offered,
                           Listed<std::vector<std::string>> done) = 0;
  // Returns true if the app gets a topic's CloudEvent unchanged; if false, it gets the event's
  // parts.
  virtual bool hands_envelopes() const = 0;
  virtual void deliver(const dapr::BindingEvent& event, Answered done) = 0;
  virtual void deliver(const TopicMessage& message, Answered done) = 0;
};

}  // namespace ofn::localdapr
