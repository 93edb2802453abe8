// The interface of the calls that an app serves for its sidecar, as values; app_server.h and
// app_http.h call it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "dapr/app_codec.h"

namespace ofn::dapr {

// One delivery: its parts besides the message, and the functions that answer it.
//
// Lifetime: its holder's. It may outlive its connection; then the answer is dropped. If it is
// destroyed without an answer, the delivery fails, so that no delivery is acknowledged by accident.
// Threads: the loop's of its connection.
class AppCall {
 public:
  virtual ~AppCall() = default;

  virtual Deadline deadline() const = 0;
  // Returns the trace of the call, or "" if it has none. An event's own trace has precedence.
  virtual std::string traceparent() const = 0;
  virtual std::string tracestate() const = 0;
  virtual std::string baggage() const = 0;
  // Runs `callback` once, if the sidecar disconnects or the deadline passes before the answer.
  virtual void on_cancelled(std::function<void()> callback) = 0;

  // Call one of these three, once.
  virtual void acknowledge(TopicStatus status = TopicStatus::kSuccess) = 0;
  virtual void acknowledge(const std::vector<BulkStatus>& statuses) = 0;
  // The sidecar may deliver again, depending on the input. Over gRPC, code and message become the
  // status. UNIMPLEMENTED becomes UNKNOWN, because a sidecar drops a delivery that gets
  // UNIMPLEMENTED.
  virtual void fail(const Error& error) = 0;
};
using AppCallPtr = std::unique_ptr<AppCall>;

// Threads: called on the loop of the connection.
class AppApi {
 public:
  virtual ~AppApi() = default;
  // A sidecar calls this once, when it has found the app.
  virtual const std::vector<Subscription>& subscriptions() const = 0;
  virtual const std::vector<std::string>& input_bindings() const = 0;
  // A sidecar calls this to learn which input bindings it should start.
  virtual void on_asked_for_bindings() {}
  virtual void on_topic_event(TopicEvent event, AppCallPtr call) = 0;
  virtual void on_bulk_event(BulkEvent event, AppCallPtr call) = 0;
  virtual void on_binding_event(BindingEvent event, AppCallPtr call) = 0;
  // Called if a delivery cannot be decoded. Over gRPC its call fails; over HTTP the event is
  // dropped.
  virtual void on_unreadable(const Error& error) = 0;
  // Returns false if the app is stopping. The sidecar should then send nothing more.
  virtual bool ready() const = 0;
};

}  // namespace ofn::dapr
