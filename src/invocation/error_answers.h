// What an author's code threw becomes an answer, if there is one for it.
//
//   ErrorAnswers errors(environment, arrival, stream);
//   errors.begin_call(0, 1);
//   errors.settle(ran);   // of the function's run; ran.crash is empty now if there is an answer
#pragma once

#include <cstddef>
#include <exception>

#include <ofn/request.h>
#include <ofn/response.h>

#include "function/guard.h"
#include "invocation/arrival.h"
#include "invocation/call_environment.h"
#include "invocation/run.h"
#include "invocation/stream_host.h"

namespace ofn {

// Lifetime: everything outlives it; for one call after the other. Threads: that of the function.
class ErrorAnswers {
 public:
  ErrorAnswers(const CallEnvironment& environment, Arrival& arrival, const StreamHost& stream)
      : environment_(environment), arrival_(arrival), stream_(stream) {}

  // The next run is for the event of that number, of so many in the request.
  void begin_call(std::size_t event, std::size_t events) {
    event_ = event;
    events_ = events;
  }

  // If the run has crashed because something was thrown: has the author's handler answer it, or answers a BadInput or an HttpError. Otherwise
  // the crash stays. An answer's verdict follows its status, and nothing of the call is sent. Once the caller has the head of an answer in
  // pieces, a crash always stays.
  enum class Settled {
    kAnswered,
    kUnanswered,
    kFailed
  };  // kFailed: the answer cannot be sent, or its handler threw
  Settled settle(RunResult& ran);

  // Makes the answer for a crash, so that hooks can see and change it.
  Response crash_response(const Crash& crash) const;

 private:
  Settled answer(RunResult& ran);
  Settled ask_handler(RunResult& ran, const Request& request);
  Settled answer_bad_input(RunResult& ran, const Request& request);
  Settled answer_http_error(RunResult& ran, const Request& request);
  void take(RunResult& ran, Response response);

  const CallEnvironment& environment_;
  Arrival& arrival_;
  const StreamHost& stream_;
  std::size_t event_ = 0;
  std::size_t events_ = 1;
};

}  // namespace ofn
