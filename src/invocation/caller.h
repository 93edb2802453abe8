// The port through which a call sends its answer. serving/ implements it for each call.
#pragma once

#include <span>

#include <ofn/field.h>
#include <ofn/response.h>

#include "invocation/run.h"
#include "loop/loop.h"

namespace ofn {

// Threads: the loop's.
class Caller {
 public:
  // Lifetime: everything is borrowed until answer() has returned.
  struct Answer {
    Response&&
        response;  // to an HTTP caller; of a delivery its status and body say what went wrong
    // To send behind the response's own (X-OpenFunction-Status, X-Request-Id, …).
    std::span<const Field> extra;
    Verdict verdict;
    bool drop = false;  // the author's word on a failed delivery: it shall not come again
  };
  // The one answer.
  virtual void answer(Answer answer) = 0;
  // The function's coroutine can resume: run() and finish() are due once more.
  virtual void go_on() = 0;
  // Runs `task`, which may run what the author hung on the stop token. That may block if the function was begun. The task
  // refers to nothing of the invocation, and may run after ended().
  virtual void run_aside(Task task) = 0;
  // Nothing of the invocation is under way any more: it may be begun again, or destroyed.
  virtual void ended() = 0;

 protected:
  ~Caller() = default;
};

}  // namespace ofn
