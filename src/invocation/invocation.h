// ONE CALL: a request's or a delivery's way through the function and the outputs to its answer, as
// values.
//
//   on the loop        invocation.begin(function, parts);      parts borrow from the wire's message
//                   or invocation.begin(function, inbound);    likewise, from a Dapr delivery
//   on any thread      invocation.run();                       the author's code runs here, only here
//   on the loop        invocation.finish(times);               outputs, then Caller::answer()
//                      → Caller::go_on()                       a coroutine waited: run() and finish()
//                                                              are due once more
//                      → Caller::answer(answer)                once, at any time after begin(), unless
//                                                              the function wrote to the caller's sink
//                      → Caller::ended()                       once, last: nothing is under way
//
// At the deadline the caller is answered 504 even while run() is still busy on another thread; what
// it returns later is dropped. Memory that was borrowed from, and whatever slot the call takes,
// is therefore held until ended(), not until answer().
//
// The two threads have a class each: Work has all that run() reads and writes, CallAnswer the caller's answer and its deadline.
// This class puts both together, and uses Work only while it does not run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <ofn/field.h>
#include <ofn/request.h>
#include <ofn/response.h>

#include "base/call_fields.h"
#include "base/request_id.h"
#include "function/function.h"
#include "invocation/call_answer.h"
#include "invocation/call_environment.h"
#include "invocation/call_spans.h"
#include "invocation/caller.h"
#include "invocation/context_host.h"
#include "invocation/inbound.h"
#include "invocation/observer.h"
#include "invocation/reader_host.h"
#include "invocation/stream_host.h"
#include "invocation/task_host.h"
#include "invocation/work.h"
#include "os/calls_in_flight.h"
#include "output/outputs.h"

namespace ofn {

// What a request has beside its parts. Lifetime: borrowed until ended().
struct RequestOptions {
  std::string* body = nullptr;  // where `parts.body` lies, if the function may take it from there
  BodySink* sink = nullptr;  // where an answer in pieces goes; null: it is held, and answered whole
  BodySource* source =
      nullptr;  // where a body in pieces comes from; null: `parts.body` is all of it
  std::optional<std::uint64_t> length{};  // of a body in pieces, as announced
  // The most bytes that a compressed body may become, if that is less than CallEnvironment::max_held.
  std::size_t max_decompressed = std::numeric_limits<std::size_t>::max();
  std::string_view route{};  // for the observer
};
// Lifetime: reusable, for one call after the other: a pool of them serves without allocating.
//   Destroyed only while nothing is under way.
// Errors: none leaves it; each becomes an answer:
//   the function threw, or its response cannot be sent   500, crash
//   the function threw a BadInput                        400 with its text, error
//   it returned an Out that is an error                  its code, error
//   not the event it takes; not POST                     400 or 415; 405
//   the function did not return by the deadline          504
//   outputs refused; not reached; not confirmed in time  502; 503 with Retry-After; 504
// Cost: with an HTTP function and no outputs, only what the function's own response allocates.
class Invocation {
 public:
  // Both outlive it.
  Invocation(const CallEnvironment& environment, Caller& caller);
  Invocation(const Invocation&) = delete;
  Invocation& operator=(const Invocation&) = delete;
  ~Invocation();

  // Takes up a request. The function is referred to, and `parts` borrow, until ended(). An empty id
  // is made here; the stop token is set here. Threads: the loop's.
  void begin(const Function& function, Request::Parts&& parts, const RequestOptions& options = {});
  void begin(const Function&& function, Request::Parts&& parts,
             const RequestOptions& options = {}) = delete;
  // Takes up a delivery for a function that has no delivery_problem(). An openfunction gets the
  // data, a cloudevent function the envelope (or, of a binding, an event made of the delivery), an
  // http or typed function a POST of the data to the input's name. Borrows likewise. Threads: the loop's.
  void begin(const Function& function, const Inbound& inbound);
  void begin(const Function&& function, const Inbound& inbound) = delete;
  // Runs the function, or the next piece of its coroutine. Threads: any between begin() or go_on() and finish(), once. If the
  // call may wait for its loop (may_block()), then the loop's only if another thread can take the loop over.
  void run();
  // The size of the answer that run() has left for finish(), in bytes. Threads: that of run(), after it.
  std::size_t answer_bytes() const noexcept { return work_.result().response.body().size(); }
  // Sends to the outputs, then answers; both may come later than it returns. If a coroutine waits, it goes on later instead.
  // `times` are those of the run() before it. Threads: the loop's.
  void finish(const RunTimes& times = {});
  // Instead of run() and finish(): answers without the function, unless the deadline has done so.
  // Threads: the loop's.
  void refuse(Response response, Refusal why);
  // Asks the function to stop: its caller went away, or the server gives up waiting. The call goes
  // on until the function returns. What the author hung on the stop token runs by Caller::run_aside: it
  // may wait for a lock that the function holds while that waits for the loop. Threads: the loop's.
  void request_stop();
  // The caller is gone: what is written reaches nobody. Threads: the loop's.
  void caller_left();
  // For the observer, in Caller::answer(): the sidecar is told not to send the event again. Threads: the loop's.
  void note_dropped() { record_.outcome.dropped = true; }

  // Returns true between two pieces of a coroutine: it is to be gone on with whatever has become of its caller.
  // Threads: the loop's.
  bool is_midway() const noexcept { return work_.is_midway(); }

  // Of the current call; valid between begin() and ended().
  const CallIds& ids() const noexcept { return ids_; }
  std::string_view request_id() const noexcept { return ids_.request; }
  // The answer was given and the function still runs. Returns true if the observer tells of it. Threads: the loop's.
  bool tells_still_running() const {
    return environment_.observer != nullptr &&
           environment_.observer->tells_still_running(ids_.request);
  }
  bool answered() const noexcept { return answer_.is_given(); }
  bool may_block() const noexcept { return environment_.may_block(*function_); }

 private:
  enum class State : std::uint8_t { kIdle, kRunning, kDelivering };

  // The values of the fields that each call needs, found in one pass; views into the fields.
  struct HeadFields {
    static HeadFields of(std::span<const Field> fields);

    std::string_view request_id;
    std::string_view execution_id;
    std::string_view traceparent;
    std::string_view tracestate;
  };

  void take_ids(std::string_view given, const HeadFields& fields);
  void take_up(const Function& function, const Trigger* input, const HeadFields& fields,
               SteadyTime deadline, BodySink* sink);
  HttpPortOptions passed_on() const;
  ReaderHost& reader();
  void observe_start();
  void observe_run(const RunTimes& times);
  void observe_answer();
  void answer(Response&& response, Verdict verdict,
              CallAnswer::Retry retry = CallAnswer::Retry::kMayCome);
  void end_pieces(Verdict verdict, CallAnswer::Pieces pieces);
  void deliver();
  void delivered(const DeliveryReport& report);
  void on_late();
  void end();

  const CallEnvironment& environment_;
  Caller& caller_;
  os::CallMark mark_;
  StopState stop_;

  DeliveryOptions delivery_;  // what every send of this call carries

  // Shared with the function's thread, each under its own rules.
  ContextHost context_;
  StreamHost stream_;
  TaskHost tasks_;
  // Made for the first call that reads a body in pieces, so that a pool of many calls stays small.
  std::unique_ptr<ReaderHost> reader_;
  CallSpans spans_;

  Work work_;
  CallAnswer answer_;

  State state_ = State::kIdle;
  const Function* function_ = nullptr;
  RequestId made_id_;
  CallIds ids_;
  // For the observer; untouched without one.
  TraceContext trace_;
  CallRecord record_;
  SteadyTime delivering_since_{};
};

}  // namespace ofn
