// One call of an author's function that gets a Context, or has hooks around it.
//
//   ContextCall call(environment, label, context_host, hosts, errors, abi_call, ran);
//   bool ended = call.start(facts);           // false: a coroutine that waits
//   while (!ended) ended = call.resume();     // when its wait is over
//   say(verdict_name(ran.verdict));
#pragma once

#include <optional>

#include <ofn/abi.h>
#include <ofn/cloud_event.h>
#include <ofn/context.h>
#include <ofn/event.h>
#include <ofn/plugin.h>
#include <ofn/request.h>

#include "function/function.h"
#include "invocation/call_environment.h"
#include "invocation/context_host.h"
#include "invocation/error_answers.h"
#include "invocation/failure_lines.h"
#include "invocation/run.h"
#include "plugin/hooks.h"

namespace ofn {

// Lifetime: everything outlives it; it stays where it is until it has ended.
// Threads: one at a time; the loop's only if another thread can take the loop over, because the function may wait for it.
class ContextCall {
 public:
  ContextCall(const CallEnvironment& environment, const CallLabel& label, ContextHost& host,
              CallHosts hosts, ErrorAnswers& errors, abi::Call& call, RunResult& ran)
      : environment_(environment),
        function_(*label.function),
        ids_(*label.ids),
        host_(host),
        hosts_(hosts),
        errors_(errors),
        call_(call),
        ran_(ran) {}
  ContextCall(const ContextCall&) = delete;
  ContextCall& operator=(const ContextCall&) = delete;
  ~ContextCall() = default;

  // Runs the hooks and the function. Returns true if the call has ended; false if its coroutine waits. `facts` are those
  // of the call; the call's argument adds its own to them.
  bool start(abi::ContextFacts facts);
  // Goes on with a coroutine. Returns true if the call has ended.
  bool resume();

 private:
  void replace_data(const CallData& data);
  void take_hooks_answer(Response response);
  void end_by_hook(HookRun::End end);
  void keep_crash(std::optional<HookRun::End> end);
  bool end_hooked();

  const CallEnvironment& environment_;
  const Function& function_;
  const CallIds& ids_;
  ContextHost& host_;
  CallHosts hosts_;
  ErrorAnswers& errors_;

  abi::Call& call_;
  RunResult& ran_;
  abi::ContextFacts facts_;
  std::optional<Context> context_;
  std::optional<HookRun> hooks_;
  bool hook_failed_ = false;  // a required one
  // Copies of what arrived, with the data that a hook has put there.
  std::optional<CallData> data_;
  std::optional<Request> request_;
  std::optional<CloudEvent> event_;
  std::optional<BackgroundEvent> background_;
};

}  // namespace ofn
