// ONE CALL: a request's or a delivery's way through the function and the outputs to its answer, as
// values.
//
//   on the loop        invocation.begin(function, parts);      parts borrow from the wire's message
//                   or invocation.begin(function, inbound);    likewise, from a Dapr delivery
//   on any thread      invocation.run();                       the author's code runs here, only here
//   on the loop        invocation.finish();                    outputs, then Caller::answer()
//                      → Caller::go_on()                       a coroutine waited: run() and finish()
//                                                              are due once more
//                      → Caller::answer(answer)                once, at any time after begin(), unless
//                                                              the function wrote to the caller's sink
//                      → Caller::ended()                       once, last: nothing is under way
//
// At the deadline the caller is answered 504 even while run() is still busy on another thread; what
// it returns later is dropped. Memory that was borrowed from, and whatever slot the call takes,
// is therefore held until ended(), not until answer().
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/cloud_event.h>
#include <ofn/field.h>
#include <ofn/request.h>
#include <ofn/response.h>

#include "base/log.h"
#include "base/request_id.h"
#include "context/function_context.h"
#include "event/http_binding.h"
#include "function/function.h"
#include "invocation/answers.h"
#include "invocation/context_host.h"
#include "invocation/function_call.h"
#include "invocation/inbound.h"
#include "invocation/invoker.h"
#include "invocation/run.h"
#include "invocation/stream_host.h"
#include "invocation/task_host.h"
#include "loop/loop.h"
#include "os/calls_in_flight.h"
#include "output/outputs.h"

namespace ofn {

// Where an invocation's answer goes. Threads: the loop's.
class Caller {
 public:
  struct Answer {
    Response response;  // to an HTTP caller; of a delivery its status and body say what went wrong
    // To send behind the response's own (X-OpenFunction-Status, X-Request-Id, …); read before
    // answer() returns.
    std::span<const Field> extra;
    Verdict verdict;
    bool drop = false;  // the author's word on a failed delivery: it shall not come again
  };
  // The one answer.
  virtual void answer(Answer answer) = 0;
  // The function has something to go on with: run() and finish() are due once more.
  virtual void go_on() = 0;
  // Runs `task`, which may run what the author hung on the stop token: where that may block, once the
  // function was begun. It refers to nothing of the invocation, and may run after ended().
  virtual void run_aside(Task task) = 0;
  // Nothing of the invocation is under way any more: it may be begun again, or destroyed.
  virtual void ended() = 0;

 protected:
  ~Caller() = default;
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
  Invocation(const Invoker& invoker, Caller& caller);
  Invocation(const Invocation&) = delete;
  Invocation& operator=(const Invocation&) = delete;
  ~Invocation();

  // Takes up a request. The function is referred to, and `parts` borrow, until ended(). An empty id
  // is made here; the stop token is set here. `body` is where `parts.body` lies, if the function may take
  // it from there. `sink`, until ended(), is where a function's answer in pieces goes; null: it is held,
  // and answered whole. Threads: the loop's.
  void begin(const Function& function, Request::Parts parts, std::string* body = nullptr,
             BodySink* sink = nullptr);
  void begin(const Function&& function, Request::Parts parts, std::string* body = nullptr,
             BodySink* sink = nullptr) = delete;
  // Takes up a delivery for a function that has no delivery_problem(). An openfunction gets the
  // data, a cloudevent function the envelope (or, of a binding, an event made of the delivery), an
  // http or typed function a POST of the data to the input's name. Borrows likewise. Threads: the loop's.
  void begin(const Function& function, const Inbound& inbound);
  void begin(const Function&& function, const Inbound& inbound) = delete;
  // Runs the function, or the next piece of its coroutine. Threads: any between begin() or go_on()
  // and finish(), once; the loop's, where the call may block (may_block()), only if it can be left: the
  // loop must be free to serve it.
  void run();
  // The size of the answer that run() has left for finish(), in bytes. Threads: that of run(), after it.
  std::size_t answer_bytes() const noexcept { return response_.body().size(); }
  // Sends to the outputs, then answers; both may come later than it returns. Where a coroutine waits,
  // it goes on later instead. Threads: the loop's.
  void finish();
  // Instead of run() and finish(): answers without the function, unless the deadline has done so.
  // Threads: the loop's.
  void refuse(Response response);
  // Asks the function to stop: its caller went away, or the server gives up waiting. The call goes
  // on until the function returns. What the author hung on the stop token runs by Caller::run_aside: it
  // may wait for a lock that the function holds while that waits for the loop. Threads: the loop's.
  void request_stop();
  // The caller is gone: what is written reaches nobody. Threads: the loop's.
  void caller_left() { stream_.close(); }

  // A coroutine's run, between two pieces: it is to be gone on with whatever has become of its caller.
  // Threads: the loop's.
  bool is_midway() const noexcept { return call_.has_value(); }

  // Of the current call; valid between begin() and ended().
  std::string_view request_id() const noexcept { return id_; }
  bool answered() const noexcept { return answered_; }
  bool may_block() const noexcept { return invoker_.may_block(*function_); }

 private:
  enum class State : std::uint8_t { kIdle, kRunning, kDelivering };

  void take_up(const Function& function, std::string_view id, std::span<const Field> fields,
               SteadyTime deadline, BodySink* sink);

  // Run by run(), wherever it runs.
  void run_calls();
  bool receive();
  bool receive_events();
  bool receive_background_events();
  bool start_next();
  abi::ContextFacts facts() const;
  void take_run();
  void take(Ran& ran);
  void conclude();
  void reply_in(event::Mode mode);
  void fail_with(Response answer, Verdict verdict);
  // One line each.
  void log_failure(Level level, std::string_view message, int status,
                   std::string_view reason) const;
  void log_refused_event(const Error& error) const;
  void log_failed_function() const;
  void crashed(const Crash& crash);
  void refused_input(Response answer);

  // Run on the loop.
  bool begin_answer(Response head);
  void end_answer(Verdict verdict, bool whole);
  void deliver();
  void delivered(const DeliveryReport& report);
  void expire();
  void answer(Response response, Verdict verdict, bool drop = false);
  void end();

  const Invoker& invoker_;
  Caller& caller_;
  os::CallMark mark_;
  Timer deadline_;
  std::stop_source stop_;
  std::atomic<bool> stop_asked_ =
      false;  // of the current call; stop_ itself is told a moment later

  ContextHost host_;
  StreamHost stream_;
  TaskHost tasks_;

  // The loop's.
  State state_ = State::kIdle;
  bool answered_ = false;
  BodySink* sink_ = nullptr;
  bool streaming_ = false;  // the head of an answer in pieces has gone out
  int streamed_status_ = 0;
  const Function* function_ = nullptr;
  RequestId made_id_;
  std::string_view id_;
  SteadyTime deadline_at_ = SteadyTime::max();
  DeliveryOptions delivery_;        // what every send of this call carries
  std::optional<Request> request_;  // what an HTTP function gets
  std::optional<Inbound> inbound_;  // where the call came by an input
  std::string input_target_;        // of the request that a delivery is made into
  std::vector<Field> input_fields_;

  // Made by run(): the calls of the function, one for each event, and the one that is under way.
  std::vector<CloudEvent> events_;
  std::vector<BackgroundEvent> background_events_;
  event::Mode mode_{};
  std::size_t calls_ = 0;
  std::size_t next_ = 0;
  std::optional<FunctionCall> call_;

  // Made by run(), used by finish().
  Verdict verdict_ = Verdict::kSuccess;
  bool drop_ = false;
  Response response_;
  std::vector<CloudEvent> replies_;
  std::vector<Payload> payloads_;  // borrow from response_ or replies_
};

}  // namespace ofn
