// HTTP requests → invocations: which function, what is answered without one, how many run, where they run.
//
//   HttpService service(routes, gate, workers, log, timeout, queue);
//   HttpService::OnLoop requests(service, environment);   // one per loop: the wire's Handler
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "function/routes.h"
#include "invocation/invocation.h"
#include "life/readiness.h"
#include "loop/inline_policy.h"
#include "loop/workers.h"
#include "middleware/middleware.h"
#include "serving/admission.h"
#include "serving/gate.h"
#include "serving/runner.h"
#include "wire/exchange.h"
#include "wire/refusal.h"

namespace ofn {

// What all loops share. Lifetime: outlives its parts on the loops. Threads: any.
class HttpService {
 public:
  class OnLoop;

  // `timeout`: of an invocation with its outputs, from the request's arrival. `queue`: how many calls may wait for a route with a concurrency of
  // its own that does not say it. `middleware`: null if there is none. All others outlive the service.
  HttpService(const Routes& routes, Gate& gate, Workers& workers, Log& log, Duration timeout,
              std::size_t queue, const Middleware* middleware = nullptr);

  // From now on readiness probes are answered 503, so that the platform sends no more requests. Requests are served as before.
  // Threads: any.
  void retire() { retired_ = true; }
  // From now on readiness probes ask these checks, too. They outlive the service's last loop. Call it before the loops run.
  void ask(Readiness& checks) { checks_ = checks.empty() ? nullptr : &checks; }
  // From now on every call runs on its loop's own thread, even one that waits: CallEnvironment::nested serves the loop meanwhile. Call it
  // before the loops run.
  void stay_on_loops() { runners_.stay_on_loops = true; }
  // From now on `placing` decides where calls run. It outlives the service. Call it before the loops run.
  void place(Placing& placing) { runners_.placing = &placing; }
  // Returns how many calls wait for their route, and not yet at the gate.
  std::size_t waiting() const;
  // As Gate::when_empty, for the gate and those of the routes.
  void when_empty(Loop& loop, std::function<void()> callback);

 private:
  // The limits of one route (<ofn/route.h>).
  struct Limits {
    std::unique_ptr<Gate> gate;  // null: it has no concurrency of its own
    Duration timeout;
    std::size_t max_body;
  };

  // Returns the most bytes of a body for a route with these limits.
  static std::size_t most_bytes(const Limits* limits) {
    return limits == nullptr ? std::numeric_limits<std::size_t>::max() : limits->max_body;
  }
  void when_empty(std::size_t route, Loop& loop, std::function<void()> callback);

  const Routes& routes_;
  Gate& gate_;
  std::vector<std::unique_ptr<Limits>> limits_;  // by the routes' order; null: the program's
  Readiness* checks_ = nullptr;                  // null: the program has none
  Runners runners_;
  Duration timeout_;
  const Middleware* middleware_;
  std::atomic<bool> retired_ = false;
};

// One loop's part. Answered here, without user code:
//   probes of kubelet (User-Agent: kube-probe/…) and of Knative (K-Network-Probe, K-Kubelet-Probe), whatever their method,
//     path or HTTP version: 200, or 503 once retired, or while a check of the author's says no, unless the probe is for
//     liveness (the last part of its path begins with "live"); health checks of load balancers (User-Agent: GoogleHC/…,
//     ELB-HealthChecker/…, Envoy/HC) the same, unless an author's route has their path
//   preflights, if the author registered OFN_CORS: 204 or 403
//   requests without a token that OFN_TOKENS asks for: 401, or 400 if the field is malformed
//   gRPC calls: UNIMPLEMENTED
//   a path that no route has: 404; another method than its routes': 405 with Allow
//   /robots.txt, /favicon.ico: 404 (functions-framework specification), unless an author's route has them
//     (each 404 and 405 is a line in the log of failures, at level info)
//   a body that is larger than its route takes: 413; one in pieces only if its client announces its size, otherwise its reads fail
//   more calls than run and wait, in all or of a route: 503 with Retry-After; 429 for events, as CloudEvents' HTTP binding wants
//
// Lifetime: destroyed when its loop runs no more and every exchange was answered or lost.
// Threads: the loop's.
// Cost: calls are pooled; the steady state allocates nothing.
class HttpService::OnLoop final : public wire::Handler {
 public:
  // Both outlive it.
  OnLoop(HttpService& service, const CallEnvironment& environment);
  ~OnLoop() override;

  void handle(wire::ExchangePtr exchange) override;
  std::optional<Response> refuse_call(const wire::Message& head) override;
  bool takes_pieces(const wire::Message& head) override;
  // Asks every function that runs to stop: the server is about to give up on it.
  void stop_calls();
  // For wire::HttpSessions: tells the observer of what was refused before it came here: a request that breaks a rule or a limit of HTTP,
  // or a gRPC call. `id` is the answer's.
  void on_refused(std::string_view id, const wire::Refused& refused) const;

 private:
  class Call;

  void answer_probe(wire::ExchangePtr exchange);
  void answer_waiting_probes();
  void answer_probe(wire::Exchange& exchange, const Readiness::State& state);
  bool stop_at_door(wire::Exchange& exchange, std::string_view path);
  bool reserve_body(wire::Exchange& exchange, std::size_t most);
  void add_cors(const wire::Message& request, Response& response) const;
  void answer_without_function(wire::Exchange& exchange, Response response, Refusal why);

  HttpService& service_;
  const CallEnvironment& environment_;
  std::vector<InlinePolicy> policies_;  // one a function, in the order of the routes' functions
  bool some_read_pieces_;               // one of them does
  RouteParams params_;                  // for takes_pieces()
  CallsOnLoop on_loop_;
  std::vector<std::unique_ptr<Call>> calls_;  // all that were ever made
  std::vector<Call*> free_;
  std::vector<wire::ExchangePtr> probes_;  // those that wait for the checks
  Timer probes_wait_;                      // until then
};

}  // namespace ofn
