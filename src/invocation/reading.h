// How what arrived becomes calls of the function, and how what the calls leave becomes the answer: one class for each way of
// reading (Reads, function/function.h). Work runs them; all have the same functions:
//
//   if (auto early = reading.receive(arrival, environment)) return answer(*early);
//   for (std::size_t i = 0; i < reading.calls(); ++i) {
//     reading.set(i, arrival, call);
//     …
//     reading.take(ran, arrival, environment, result);
//   }
//   if (auto problem = reading.conclude(environment, result)) return crash(*problem);
//   reading.forward(environment, result);   // if it is still a success
//
// Lifetime: reusable; what it is given outlives clear(). Threads: one at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ofn/abi.h>
#include <ofn/cloud_event.h>
#include <ofn/event.h>
#include <ofn/response.h>

#include "base/error.h"
#include "base/log.h"
#include "event/http_binding.h"
#include "invocation/arrival.h"
#include "invocation/call_environment.h"
#include "invocation/run.h"
#include "output/payload.h"

namespace ofn {

// What a call's runs have left for its caller and for the outputs.
struct WorkResult {
  Verdict verdict = Verdict::kSuccess;
  bool drop = false;  // the author's word on a failed delivery: it shall not come again
  bool is_read =
      true;  // false: what arrived is not what the function takes, so that it was not called
  Response response{};
  bool sends = true;                     // false: middleware has made another answer
  std::vector<Payload> payloads{};       // borrow from the response, or from the reading
  std::unique_ptr<const Crash> crash{};  // the first one, if an observer wants it
  // What the client gets instead of `response`, which the outputs get; null: the same.
  std::unique_ptr<Response> changed{};

  // Puts a failure in the place of everything so far, unless that is a crash: of a batch, a crash covers what follows.
  void fail(Response answer, Verdict why) {
    if (verdict == Verdict::kCrash) return;
    response = std::move(answer);
    verdict = why;
    payloads.clear();
  }
};

// An answer that needs no call of the function.
struct EarlyAnswer {
  Response response{};
  Verdict verdict = Verdict::kError;
  Level level = Level::kDebug;
  std::string reason{};  // for the log; empty: nothing is logged
};

// One call for each request. A delivery to an openfunction has no request: it gets the data.
class RequestReading {
 public:
  std::optional<EarlyAnswer> receive(const Arrival& /*arrival*/,
                                     const CallEnvironment& /*environment*/) {
    return std::nullopt;
  }
  std::size_t calls() const { return 1; }
  void set(std::size_t /*index*/, Arrival& arrival, abi::Call& call) {
    call.request = call.own_request = arrival.request();
    call.incoming = arrival.incoming();
  }
  void take(RunResult& ran, const Arrival& arrival, const CallEnvironment& environment,
            WorkResult& result);
  std::optional<Error> conclude(const CallEnvironment& /*environment*/, WorkResult& /*result*/) {
    return std::nullopt;
  }
  // Makes what the outputs get, of the response as it is then.
  void forward(const CallEnvironment& environment, WorkResult& result) const;

 private:
  bool forwards_ = false;
};

// One call for each CloudEvent. Its answer is the event that the function returned, or empty.
class CloudEventReading {
 public:
  std::optional<EarlyAnswer> receive(const Arrival& arrival, const CallEnvironment& environment);
  std::size_t calls() const { return calls_; }
  void set(std::size_t index, Arrival& arrival, abi::Call& call);
  void take(RunResult& ran, const Arrival& arrival, const CallEnvironment& environment,
            WorkResult& result);
  std::optional<Error> conclude(const CallEnvironment& environment, WorkResult& result);
  void forward(const CallEnvironment& /*environment*/, WorkResult& /*result*/) const {}
  void clear();

 private:
  std::size_t calls_ = 0;
  std::vector<CloudEvent> events_;  // empty: the delivery has its event
  event::Mode mode_{};
  std::vector<CloudEvent> replies_;
};

// One call for each background event. Its answer is empty.
class BackgroundEventReading {
 public:
  std::optional<EarlyAnswer> receive(const Arrival& arrival, const CallEnvironment& environment);
  std::size_t calls() const { return events_.size(); }
  void set(std::size_t index, Arrival& /*arrival*/, abi::Call& call) {
    call.background = &events_[index];
  }
  void take(RunResult& ran, const Arrival& arrival, const CallEnvironment& environment,
            WorkResult& result);
  std::optional<Error> conclude(const CallEnvironment& environment, WorkResult& result);
  void forward(const CallEnvironment& /*environment*/, WorkResult& /*result*/) const {}
  void clear() { events_.clear(); }

 private:
  std::vector<BackgroundEvent> events_;
};

}  // namespace ofn
