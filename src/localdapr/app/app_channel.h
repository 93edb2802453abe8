// The way to the app beside the sidecar: what it wants, and what it is handed. One implementation a
// protocol.
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
    kRefused,      // it may come again
    kDropped,      // it must not
    kUnreachable,  // the app has not seen it: nothing listens on its port
  };
  Verdict verdict = Verdict::kTaken;
  std::string why{};                // of what was not taken, for the log; never a payload
  dapr::BindingEventReply reply{};  // of a binding's event that was taken
};

// Threads: its loop's; callbacks run from the loop, once, never from inside the call.
class AppChannel {
 public:
  template <class T>
  using Listed = std::move_only_function<void(Result<T>)>;
  using Answered = std::move_only_function<void(AppAnswer)>;

  virtual ~AppChannel() = default;
  // Asks the app which topics it wants. An app that has no such list wants nothing. Errors: kUnavailable only, if
  // nothing listens on its port (yet), or if the app has not answered.
  virtual void list_subscriptions(Listed<std::vector<dapr::Subscription>> done) = 0;
  // Asks the app which of the offered input bindings it wants.
  virtual void list_inputs(const std::vector<std::string>& offered,
                           Listed<std::vector<std::string>> done) = 0;
  // Returns true if the app gets a topic's CloudEvent as it stands; otherwise its parts are taken out of it first.
  virtual bool hands_envelopes() const = 0;
  virtual void deliver(const dapr::BindingEvent& event, Answered done) = 0;
  virtual void deliver(const TopicMessage& message, Answered done) = 0;
};

}  // namespace ofn::localdapr
