// The port Observer: it is told of each call's start and of the whole call at its end, and may set the trace context that
// the call's outputs carry.
//
//   class Counter final : public Observer {
//     void ended(const CallRecord& record) override { ++calls_[record.outcome.status / 100]; }
//     std::array<int, 6> calls_{};
//   };
//
//  A CallEnvironment points to it.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include <ofn/field.h>

#include "base/clock.h"
#include "function/function.h"
#include "invocation/conventions.h"
#include "invocation/inbound.h"
#include "invocation/run.h"
#include "invocation/trace_context.h"
#include "output/delivery.h"

namespace ofn {

struct RecordedSpans;  // invocation/call_spans.h

// Lifetime: everything is borrowed until Observer::ended() has returned.
struct CallStart {
  const Function* function = nullptr;  // null: no function is called, see Refusal
  std::string_view id{};  // as in the log, and in the answer's X-Request-Id; empty if there is none
  std::string_view execution_id{};  // one that came with the call; empty: the id counts
  std::string_view
      route{};  // the route's pattern, such as "/users/{id}"; of a delivery its input's name; empty: unknown
  std::string_view method{};  // of a request
  // A request has its target as received: "/a?b". The target may contain secrets. It lies in the message of the wire::Exchange.
  std::string_view target{};
  // A request's header, or a delivery's metadata. Both may contain secrets.
  std::span<const Field> fields{};
  HttpMethod known_method = HttpMethod::kOther;  // what `method` is
  HttpVersion version = HttpVersion::kNone;
  CallKind kind = CallKind::kRequest;
  SteadyTime arrived{};               // when the whole request, or the whole delivery, was there
  const Inbound* delivery = nullptr;  // null: a request brought the call
};

// Why the function did not run.
enum class Refusal : std::uint8_t {
  kNone,       // it ran
  kProbe,      // a probe of the platform, or a health check; answered by the framework
  kHandshake,  // the question that precedes webhooks, or a preflight of CORS; answered by the framework
  kNoRoute,      // no route has the path, or no trigger wants the delivery: 404
  kWrongMethod,  // 405
  kNoToken,      // it has not the token that it needs: 401, 400
  kStopping,     // the program ends, and takes no more deliveries: 503
  kTooMany,      // all slots and places in the queue are taken, or there is no memory: 503, 429
  kTooLate,      // its deadline passed before its turn: 504
  kCallerLeft,   // nobody waited for it any more
  kUnreadable,   // it is not what the function takes, such as no event: 400, 405, 415
  kBroken,       // the request breaks a rule or a limit of HTTP: 4xx, 503
};
// Returns true if a function was going to be called, so that an observer was told of the start.
constexpr bool reaches_function(Refusal refusal) noexcept {
  return refusal != Refusal::kProbe && refusal != Refusal::kHandshake &&
         refusal != Refusal::kNoRoute && refusal != Refusal::kWrongMethod &&
         refusal != Refusal::kNoToken && refusal != Refusal::kBroken;
}

// The thread that ran the function, or the last piece of a coroutine.
enum class Placement : std::uint8_t { kNowhere, kLoop, kWorker };

// One run of the function, or of a piece of its coroutine.
struct RunTimes {
  SteadyTime began{};
  Duration took{};
  Placement on = Placement::kNowhere;
};

// How a call has ended, in so few bytes that two outcomes are compared as one number.
struct CallOutcome {
  // Of the answer; of a delivery what an HTTP caller would have got; 0: nothing was answered.
  std::uint16_t status = 0;
  Verdict verdict = Verdict::kSuccess;
  Refusal refusal = Refusal::kNone;
  Placement ran_on = Placement::kNowhere;
  bool timed_out = false;    // its deadline passed before the function, or its outputs, had ended
  bool dropped = false;      // of a delivery: the sidecar was told not to send the event again
  std::uint8_t filling = 0;  // always 0

  std::uint64_t number() const noexcept { return std::bit_cast<std::uint64_t>(*this); }
};
static_assert(std::has_unique_object_representations_v<CallOutcome>);

// A call from its start to its end. Lifetime: references are valid during Observer::ended().
struct CallRecord {
  CallStart start{};
  CallOutcome outcome{};
  Duration answered{};                      // from the arrival to the answer, or to its last piece
  Duration waited{};                        // from the arrival to the function's first instruction
  Duration ran{};                           // the function, all pieces of its coroutine together
  Duration delivered{};                     // the outputs, of what it returned
  std::size_t bytes_in = 0;                 // the body, or the delivery's data
  std::size_t bytes_out = 0;                // the answer's body
  std::span<const OutputResult> outputs{};  // of what it returned, each with its duration
  const TraceContext* trace = nullptr;
  // What the function threw, or why its answer cannot be sent; of a batch the first; null: nothing
  const Crash* crash = nullptr;
  // What the author's code recorded; null: nothing.
  const RecordedSpans* spans = nullptr;
};

// One for each loop, so that counters need no atomics. Each function does nothing unless it is overridden.
// Threads: its loop's, between the loop's other work: an observer that takes long delays requests.
// Cost: without an observer, a comparison with null a call. With one, two clock reads a call at most.
class Observer {
 public:
  virtual ~Observer() = default;
  // A function is going to be called. Not told of what reaches no function: a probe, a path without a route, a request that
  // breaks HTTP.
  virtual void began(const CallStart& /*start*/, TraceContext& /*trace*/) {}
  // Nothing of the call is under way any more, but its wire::Exchange is still held. Told of everything that was answered, after
  // the answer, whether or not it reached a function.
  virtual void ended(const CallRecord& /*record*/) {}
  // Returns true if the observer tells the developer of CallRecord::crash. Then the log does not. Threads: any.
  virtual bool tells_crashes() const { return false; }
  // A time limit has answered this call, and its function still runs. Returns true if the observer tells the developer, unless the
  // function returns soon. Then the log does not.
  virtual bool tells_still_running(std::string_view /*id*/) { return false; }
};

}  // namespace ofn
