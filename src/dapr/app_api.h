// What an app does when its sidecar calls it: the interface behind app_server.h and app_http.h, as
// values.
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

// One delivery: what came with it beside its message, and the way back.
//
// Lifetime: of whom it was given to; it may outlive its connection: answers go nowhere then.
//   Destroyed unanswered it fails: a delivery is never acknowledged by accident.
// Threads: the loop's on which it came.
class AppCall {
 public:
  virtual ~AppCall() = default;

  virtual Deadline deadline() const = 0;
  // Of the call itself, "" where it has none. An event may bring its own, which then is the one to
  // go on with.
  virtual std::string traceparent() const = 0;
  virtual std::string tracestate() const = 0;
  // `callback` runs once, if the caller goes away or the deadline passes before the answer.
  virtual void on_cancelled(std::function<void()> callback) = 0;

  // One of the three, once.
  virtual void acknowledge(TopicStatus status = TopicStatus::kSuccess) = 0;
  virtual void acknowledge(const std::vector<BulkStatus>& statuses) = 0;
  // The sidecar delivers again, as far as it does for this input. Over gRPC the code and message are
  // the status; UNIMPLEMENTED becomes UNKNOWN, because a sidecar drops what is answered so.
  virtual void fail(const Error& error) = 0;
};
using AppCallPtr = std::unique_ptr<AppCall>;

// Threads: called on the loop of the connection, from the loop itself.
class AppApi {
 public:
  virtual ~AppApi() = default;
  // Asked once by a sidecar that has just found the app.
  virtual const std::vector<Subscription>& subscriptions() const = 0;
  virtual const std::vector<std::string>& input_bindings() const = 0;
  // A sidecar asks which input bindings it shall start.
  virtual void on_asked_for_bindings() {}
  virtual void on_topic_event(TopicEvent event, AppCallPtr call) = 0;
  virtual void on_bulk_event(BulkEvent event, AppCallPtr call) = 0;
  virtual void on_binding_event(BindingEvent event, AppCallPtr call) = 0;
  // A delivery that nobody can read: over gRPC its call has failed; over HTTP the event is dropped.
  virtual void on_unreadable(const Error& error) = 0;
  // False: on its way out, nothing more should be sent here.
  virtual bool ready() const = 0;
};

}  // namespace ofn::dapr
