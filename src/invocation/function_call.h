// One run of an author's function, with its Context and the hooks around it. A coroutine's takes
// several pieces.
//
//   FunctionCall call(invoker, function, context_host, hosts, id);
//   bool ended = call.start(facts, {.request = &request});
//   while (!ended) { …until something is ready… ended = call.resume(); }
//   Ran& ran = call.ran();
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <ofn/abi.h>
#include <ofn/cloud_event.h>
#include <ofn/context.h>
#include <ofn/event.h>
#include <ofn/plugin.h>
#include <ofn/request.h>

#include "function/function.h"
#include "invocation/context_host.h"
#include "invocation/invoker.h"
#include "invocation/run.h"
#include "plugin/hooks.h"

namespace ofn {

// Lifetime: everything outlives it; it stays where it is until it has ended. Threads: one at a time;
// never the loop's where the call may block.
// Cost: of a function without a Context and without hooks nothing of its own.
class FunctionCall {
 public:
  FunctionCall(const Invoker& invoker, const Function& function, ContextHost& host, CallHosts hosts,
               std::string_view id)
      : invoker_(invoker), function_(function), host_(host), hosts_(hosts), id_(id) {}
  FunctionCall(const FunctionCall&) = delete;
  FunctionCall& operator=(const FunctionCall&) = delete;
  ~FunctionCall() = default;

  // True: it has ended. `facts` is asked where the function sees them; the call's argument tells its
  // part of them itself.
  template <class Facts>
  bool start(const Facts& facts, const abi::Call& call) {
    call_ = call;
    if (!invoker_.may_block(function_)) return begin_run(function_, call_, hosts_, ran_);
    return start_with_context(facts_.emplace(facts()));
  }
  bool resume();
  // What came of it, when it has ended.
  Ran& ran() { return ran_; }

 private:
  bool start_with_context(abi::ContextFacts& facts);
  void replace_data(abi::ContextFacts& facts, const CallData& data);
  void fail_by_hook();
  bool end_hooked();

  const Invoker& invoker_;
  const Function& function_;
  ContextHost& host_;
  CallHosts hosts_;
  std::string_view id_;

  abi::Call call_;
  std::optional<abi::ContextFacts> facts_;
  std::optional<Context> context_;
  std::optional<HookRun> hooks_;
  // What a hook has put into the place of what arrived.
  std::optional<CallData> data_;
  std::optional<Request> request_;
  std::optional<CloudEvent> event_;
  std::optional<BackgroundEvent> background_;
  Ran ran_;
};

}  // namespace ofn
