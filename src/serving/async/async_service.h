// What a sidecar delivers → invocations of one function: bindings and topics, acknowledged when the
// function, its hooks and its outputs are done, and not otherwise.
//
//   AsyncService service(subscriptions, function, gate, workers, log, timeout, queue);
//   AsyncService::OnLoop deliveries(service, environment);   // one per loop: what dapr::AppServer calls
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "dapr/app_api.h"
#include "function/function.h"
#include "invocation/invocation.h"
#include "life/readiness.h"
#include "serving/admission.h"
#include "serving/async/failures.h"
#include "serving/async/subscriptions.h"
#include "serving/gate.h"
#include "serving/runner.h"

namespace ofn {

// What all loops share. Lifetime: outlives its parts on the loops. Threads: any.
class AsyncService {
 public:
  class OnLoop;

  // `timeout`: of an invocation with its outputs, from the delivery's arrival; a deadline of the
  // sidecar's own that is sooner counts. `queue`: how many deliveries may wait for one input's
  // order. The function has no delivery_problem(). All others outlive the service.
  AsyncService(Subscriptions subscriptions, const Function& function, Gate& gate, Workers& workers,
               Log& log, Duration timeout, std::size_t queue);

  // From now on health checks say that the program is not ready, so that the sidecar stops delivering. Deliveries are taken as
  // before. Threads: any.
  void retire() { retired_ = true; }
  // From now on health checks say what these checks found last. They outlive the service. Call it before the loops run.
  void ask(Readiness& checks) { checks_ = checks.empty() ? nullptr : &checks; }
  // From now on deliveries are refused, and the sidecar keeps them: the program stops.
  // Threads: any.
  void drain() { draining_ = true; }

  // As HttpService::stay_on_loops().
  void stay_on_loops() { runners_.stay_on_loops = true; }
  // As HttpService::place().
  void place(Placing& placing) { runners_.placing = &placing; }

  // Has a sidecar asked for the list of input bindings, or delivered what one brings? Threads: any.
  bool heard_of_bindings() const { return heard_of_bindings_; }

 private:
  // Beside the context's trigger: what deliveries of one input share.
  struct Input {
    InputRules rules;
    std::unique_ptr<Gate> order;         // of those that come one at a time; null for the others
    std::unique_ptr<Failures> failures;  // null where nothing is dropped
  };
  Input* input_of(const InputRules* rules);

  const Subscriptions subscriptions_;
  const Function& function_;
  Gate& gate_;
  Runners runners_;
  const Duration timeout_;
  std::vector<Input> inputs_;
  Readiness* checks_ = nullptr;  // null: the program has none
  std::atomic<bool> retired_ = false;
  std::atomic<bool> draining_ = false;
  std::atomic<bool> heard_of_bindings_ = false;
};

// One loop's part.
//
// Answers: success when the invocation succeeded · a drop when the author asked for it, or an event
//   failed maxFailures times · everything else is an error, so that it comes again:
//   no trigger wants it NOT_FOUND · too many at a time RESOURCE_EXHAUSTED · stopping, or an output's
//   sidecar is not reached UNAVAILABLE · too late DEADLINE_EXCEEDED · the function says it is to
//   blame (4xx) FAILED_PRECONDITION · it failed, crashed, or an output refused INTERNAL
// A bulk is answered entry by entry, unless all of them failed: that is an error again.
//
// Lifetime: destroyed when its loop runs no more and every call was answered. Threads: the loop's.
// Cost: deliveries are pooled.
class AsyncService::OnLoop final : public dapr::AppApi {
 public:
  // Both outlive it.
  OnLoop(AsyncService& service, const CallEnvironment& environment);
  ~OnLoop() override;

  const std::vector<dapr::Subscription>& subscriptions() const override {
    return service_.subscriptions_.topics();
  }
  const std::vector<std::string>& input_bindings() const override {
    return service_.subscriptions_.bindings();
  }
  void on_asked_for_bindings() override { service_.heard_of_bindings_ = true; }
  void on_topic_event(dapr::TopicEvent event, dapr::AppCallPtr call) override;
  void on_bulk_event(dapr::BulkEvent event, dapr::AppCallPtr call) override;
  void on_binding_event(dapr::BindingEvent event, dapr::AppCallPtr call) override;
  void on_unreadable(const Error& error) override;
  bool ready() const override;

  // Asks every function that runs to stop: the server is about to give up on it.
  void stop_calls();

 private:
  class Delivery;
  class Bulk;

  Delivery& acquire();
  // Returns the input of a delivery; null if the delivery was refused.
  template <class Event>
  Input* admit(const InputRules* rules, const Event& event, CallKind kind, dapr::AppCall& call);
  void observe_refusal(CallKind kind, int status) const;

  AsyncService& service_;
  const CallEnvironment& environment_;
  CallsOnLoop on_loop_;
  InlinePolicy policy_;                                // of the one function
  std::vector<std::unique_ptr<Delivery>> deliveries_;  // all that were ever made
  std::vector<Delivery*> free_;
};

}  // namespace ofn
