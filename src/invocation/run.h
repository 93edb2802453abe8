// Runs an author's function, and judges what it returned.
//
//   Ran ran = run_function(function, {.request = &request});
//   if (ran.verdict == Verdict::kCrash) log(ran.crash->exception, ran.crash->what);
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <ofn/abi.h>

#include "function/function.h"
#include "function/guard.h"

namespace ofn {

// What X-OpenFunction-Status says.
enum class Verdict {
  kSuccess,
  kError,  // the function reported a failure: a status of 400 or more, an Out that is an error
  kCrash,  // it threw, or what it returned cannot be sent
};
std::string_view verdict_name(Verdict verdict) noexcept;  // "success", "error", "crash"

struct Ran {
  Verdict verdict = Verdict::kSuccess;
  abi::Outcome outcome{};        // unless it crashed; of an Out, as the response that it becomes
  bool drop = false;             // an Out that is an error said: retry=false
  std::optional<Crash> crash{};  // when it did
  bool forwards = true;          // unless an Out said: forward=false
  bool hook_failed = false;      // a required one: the outcome's response says so
};

// Threads: any. Errors: whatever is thrown is a crash (guard.h). A response that cannot be sent is
// one, too: its author could not have meant it. Cost: allocates nothing of its own.
Ran run_function(const Function& function, const abi::Call& call);

// Does a function of that signature leave a response? Those of events leave an event, or nothing.
bool answers_with_response(Signature signature) noexcept;

// Judges a success anew, after somebody has changed its response.
void judge(Ran& ran, const Function& function);

}  // namespace ofn
