// Runs an author's function, and judges what it returned.
//
//   RunResult ran;
//   bool ended = begin_run(function, call, hosts, ran);         // false: a coroutine that waits
//   while (!ended) ended = resume_run(function, hosts, ran);    // when its wait is over
//   say(verdict_name(ran.verdict));
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include <ofn/abi.h>

#include "function/function.h"
#include "function/guard.h"
#include "invocation/stream_host.h"
#include "invocation/task_host.h"

namespace ofn {

// What X-OpenFunction-Status says.
enum class Verdict : std::uint8_t {
  kSuccess,
  kError,  // the function reported a failure: a status of 400 or more, an Out that is an error
  kCrash,  // it threw, or what it returned cannot be sent
};
std::string_view verdict_name(Verdict verdict) noexcept;  // "success", "error", "crash"

struct RunResult {
  // Not defaulted: a value-initialized RunResult would first be filled with zeros, 632 bytes for every call.
  // NOLINTNEXTLINE(modernize-use-equals-default)
  RunResult() {}

  Verdict verdict = Verdict::kSuccess;
  bool drop = false;     // an Out that is an error said: retry=false
  bool forwards = true;  // unless an Out said: forward=false
  // The outcome's response is the answer, whatever the function's signature returns: a hook's, or one for an exception.
  bool is_answered = false;
  bool is_told = false;        // the log has a line about the failure
  bool bad_input = false;      // a BadInput was thrown, and answered with a 4xx
  abi::Outcome outcome;        // unless it crashed; an Out, or what was written, as a response
  std::optional<Crash> crash;  // when it did
  std::exception_ptr thrown;   // what the function threw, until ErrorAnswers has settled it
};

// What a call of a function is lent beside its Context.
struct CallHosts {
  StreamHost& stream;
  TaskHost& tasks;
};

// Calls the function; true: it has ended. False: it is a coroutine that waits for something, and
// `call` and `ran` stay where they are until resume_run() has said that it ended. The hosts are put
// into the call.
// Threads: any. Errors: whatever is thrown is a crash (guard.h), for which there may be an answer (error_answers.h). A response that
// cannot be sent is one, too: its author could not have meant it. Cost: allocates nothing of its own.
bool begin_run(const Function& function, abi::Call& call, CallHosts hosts, RunResult& ran);
// Goes on with what is ready of it.
bool resume_run(const Function& function, CallHosts hosts, RunResult& ran);

// Judges a success anew, after somebody has changed its response.
void judge(RunResult& ran, const Function& function);

}  // namespace ofn
