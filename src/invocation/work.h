// The author's part of one call: what arrived is read, the function is called, and what it leaves is kept. It knows no loop,
// no caller and no deadline, so that whatever the loop does meanwhile (Invocation, CallAnswer) cannot touch it.
//
//   Work work(environment, context_host, hosts, stop);
//   work.arrival().fill(label, std::move(parts), &body);
//   bool ended = work.run();            // on any thread; false: a coroutine that waits
//   while (!ended) ended = work.run();  // when its wait is over
//   answer(work.result());
//   work.clear();
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <ofn/abi.h>
#include <ofn/field.h>

#include "invocation/arrival.h"
#include "invocation/call_environment.h"
#include "invocation/context_call.h"
#include "invocation/context_host.h"
#include "invocation/error_answers.h"
#include "invocation/reading.h"
#include "invocation/run.h"
#include "invocation/stop_state.h"

namespace ofn {

// Lifetime: everything outlives it; reusable, for one call after the other.
// Threads: one at a time. While run() runs, no other function may be called but is_midway() by that thread.
// Errors: each becomes a result (see Invocation).
// Cost: with a function of requests that takes no Context, only what the function's own response allocates.
class Work final : private HeadFilter {
 public:
  Work(const CallEnvironment& environment, ContextHost& context, CallHosts hosts,
       const StopState& stop)
      : environment_(environment),
        context_(context),
        hosts_(hosts),
        stop_(stop),
        errors_(environment, arrival_, hosts.stream) {}
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;

  // To be filled before the first run().
  Arrival& arrival() { return arrival_; }
  const Arrival& arrival() const { return arrival_; }
  // The trace context that the function's Context shows instead of what arrived. Before the first run().
  void show_trace(const TraceContext& trace) { trace_ = &trace; }

  // Calls the function, once for each event of a batch. Returns true if all calls have ended; false if a coroutine waits, and is
  // to be gone on with by another run().
  bool run();
  // Returns true between two pieces of a coroutine.
  bool is_midway() const { return is_midway_; }
  // For the next request: its compressed body may become at most so many bytes, and at most CallEnvironment::max_held.
  void limit_decompressed(std::size_t bytes) { max_decompressed_ = bytes; }
  // After run() has returned true, until clear().
  WorkResult& result() { return result_; }
  const WorkResult& result() const { return result_; }
  // For the next call.
  void clear();

 private:
  template <class Reading>
  bool run_calls(Reading& reading);
  template <class Reading>
  void end_call(Reading& reading);
  bool go_on();
  bool start();

  // Middleware (work_middleware.cc).
  bool is_through_middleware() const {
    return environment_.middleware != nullptr && arrival_.inbound() == nullptr;
  }
  bool run_before();
  bool decompress_body();
  void take_early_end(RunResult& ran);
  void run_after();
  void replace_answer(RunResult ran);
  void finish_answer();
  std::string filter(Response& head, std::unique_ptr<GzipPieces>& encoder) override;
  template <class InContext>
  auto in_context(InContext call);
  void leave_loop_if_large(std::size_t bytes);

  std::optional<ContextCall>& context_call();
  abi::ContextFacts facts();
  std::span<const Field> with_trace(std::span<const Field> arrived);
  void answer_early(EarlyAnswer early);
  void crashed(const Crash& crash, Response answer);
  void tell(const Crash& crash);
  void refused_input(Response answer);

  const CallEnvironment& environment_;
  ContextHost& context_;
  CallHosts hosts_;
  const StopState& stop_;
  const TraceContext* trace_ = nullptr;

  Arrival arrival_;
  ErrorAnswers errors_;
  RequestReading requests_;
  CloudEventReading cloud_events_;
  BackgroundEventReading background_events_;

  // The calls of the function, and the one that is under way.
  std::size_t next_ = 0;

  std::size_t max_decompressed_ = std::numeric_limits<std::size_t>::max();
  bool is_midway_ = false;
  abi::Call call_;
  std::optional<RunResult> ran_;
  // A value if the function gets a Context, or has hooks; kept for the next call.
  std::unique_ptr<std::optional<ContextCall>> in_context_;
  std::vector<Field> metadata_;  // of that Context, if trace_ replaces what arrived

  WorkResult result_;
};

}  // namespace ofn
