#include "invocation/work.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/free_memory.h"
#include "invocation/answers.h"
#include "invocation/failure_lines.h"
#include "invocation/observer.h"

namespace ofn {

namespace {

std::string_view value_or_empty(std::span<const Field> fields, std::string_view name) {
  const Field* field = find_field(fields, name);
  return field == nullptr ? std::string_view() : field->value;
}

bool is_trace_field(const Field& field) {
  return same_field_name(field.name, "traceparent") || same_field_name(field.name, "tracestate");
}

}  // namespace

bool Work::run() {
  try {
    if (is_through_middleware() && !is_midway_ && !run_before()) {
      run_after();
      finish_answer();
      return true;
    }
    switch (row_of(arrival_.function().signature).reads) {
      case Reads::kCloudEvents:
        return run_calls(cloud_events_);
      case Reads::kBackgroundEvents:
        return run_calls(background_events_);
      case Reads::kRequest:
        break;
    }
    return run_calls(requests_);
  } catch (const std::bad_alloc&) {  // not the function's: that was caught where it was called
    if (in_context_ != nullptr) in_context_->reset();
    is_midway_ = false;
    result_.fail(no_memory(arrival_.id()), Verdict::kError);
    return true;
  }
}

// Each event of a batch has its run, also after one has failed: the sender sends the whole batch again then, and one bad event
// must not keep the others from ever being seen. Nothing of it is sent.
template <class Reading>
bool Work::run_calls(Reading& reading) {
  if (is_midway_) {
    is_midway_ = false;
    if (!go_on()) return false;
    end_call(reading);
  } else if (auto early = reading.receive(arrival_, environment_)) {
    answer_early(*std::move(early));
    if (is_through_middleware()) {
      run_after();
      finish_answer();
    }
    return true;
  }
  while (next_ < reading.calls()) {
    if (next_ > 0 && stop_.asked) {  // between two events
      result_.fail(stopped_early(),
                   Verdict::kError);  // the rest of a batch comes again with all of it
      break;
    }
    call_ = {};
    errors_.begin_call(next_, reading.calls());
    reading.set(next_++, arrival_, call_);
    if (!start()) return false;
    end_call(reading);
  }
  if (result_.verdict == Verdict::kSuccess) {
    if (const auto problem = reading.conclude(environment_, result_)) {
      const Crash crash{.exception = {}, .what = "invalid CloudEvent returned: " + problem->text()};
      crashed(crash, errors_.crash_response(crash));
    }
  }
  if (is_through_middleware()) run_after();
  if (result_.verdict == Verdict::kSuccess) reading.forward(environment_, result_);
  if (is_through_middleware()) finish_answer();
  return true;
}

template <class Reading>
void Work::end_call(Reading& reading) {
  if (ran_->crash) errors_.settle(*ran_);
  if (ran_->crash) {
    crashed(*ran_->crash, ran_->is_answered ? std::move(ran_->outcome.response)
                                            : errors_.crash_response(*ran_->crash));
  } else if (ran_->bad_input) {
    refused_input(std::move(ran_->outcome.response));
  } else {
    reading.take(*ran_, arrival_, environment_, result_);
  }
  if (in_context_ != nullptr) in_context_->reset();
}

// Only functions with a Context need its memory, so that a pool of many calls stays small.
std::optional<ContextCall>& Work::context_call() {
  if (in_context_ == nullptr) in_context_ = std::make_unique<std::optional<ContextCall>>();
  return *in_context_;
}

bool Work::start() {
  const Function& function = arrival_.function();
  ran_.emplace();
  const bool ended =
      environment_.may_block(function)
          ? context_call()
                .emplace(environment_, arrival_.label(), context_, hosts_, errors_, call_, *ran_)
                .start(facts())
          : begin_run(function, call_, hosts_, *ran_);
  is_midway_ = !ended;
  return ended;
}

bool Work::go_on() {
  const bool ended = in_context_ != nullptr && *in_context_
                         ? (*in_context_)->resume()
                         : resume_run(arrival_.function(), hosts_, *ran_);
  is_midway_ = !ended;
  return ended;
}

abi::ContextFacts Work::facts() {
  const FunctionContext& context = environment_.context;
  abi::ContextFacts facts{.function = arrival_.function().name,
                          .name = context.name,
                          .version = context.version,
                          .runtime = runtime_name(context.runtime),
                          .inputs = environment_.declared.inputs(),
                          .outputs = environment_.declared.outputs(),
                          .states = environment_.declared.states(),
                          .id = arrival_.id(),
                          .stop = stop_.source.get_token()};
  if (const Inbound* inbound = arrival_.inbound()) {
    facts.deadline = inbound->deadline;
    facts.input = environment_.declared.input_of(inbound->input);
    facts.data = inbound->data;
    facts.content_type = inbound->content_type;
    facts.metadata = inbound->metadata;
    facts.event = inbound->event;
  } else {
    const Request& request = *arrival_.request();
    facts.deadline = request.deadline();
    facts.request = &request;
    facts.data = request.body();
    facts.content_type = value_or_empty(request.headers(), "content-type");
    facts.metadata = request.headers();
  }
  if (trace_ != nullptr) facts.metadata = with_trace(facts.metadata);
  return facts;
}

// What arrived, with the observer's trace context in the place of its own.
std::span<const Field> Work::with_trace(std::span<const Field> arrived) {
  metadata_.clear();
  std::ranges::remove_copy_if(arrived, std::back_inserter(metadata_), is_trace_field);
  if (!trace_->traceparent().empty()) metadata_.push_back({"traceparent", trace_->traceparent()});
  if (!trace_->tracestate().empty()) metadata_.push_back({"tracestate", trace_->tracestate()});
  return metadata_;
}

void Work::answer_early(EarlyAnswer early) {
  if (!early.reason.empty()) {
    log_failure(environment_.failure_log(), arrival_.label(), early.level, "event refused",
                early.response.status(), early.reason);
  }
  result_.is_read = early.verdict == Verdict::kSuccess;
  result_.response = std::move(early.response);
  result_.verdict = early.verdict;
}

// The input can never be valid. Of a batch an earlier failure counts: the sender may stop trying after a 400.
void Work::refused_input(Response answer) {
  if (result_.verdict != Verdict::kSuccess) return;
  result_.fail(std::move(answer), Verdict::kError);
  result_.drop = true;  // it would be no better the next time
}

void Work::crashed(const Crash& crash, Response answer) {
  tell(crash);
  result_.fail(std::move(answer), crash.no_memory ? Verdict::kError : Verdict::kCrash);
}

// The observer gets the first one of a call.
void Work::tell(const Crash& crash) {
  const Observer* const observer = environment_.observer;
  if (observer != nullptr && result_.crash == nullptr) {
    result_.crash = std::make_unique<const Crash>(crash);
    if (observer->tells_crashes()) return;
  }
  log_crash(environment_.log, "function crashed", arrival_.label().fields(), crash);
}

void Work::clear() {
  result_.payloads.clear();
  result_.crash.reset();
  result_.changed.reset();
  // The connection copies a small answer. Without this, each call of the pool would keep the memory of its last one.
  free_memory(result_.response);
  result_.verdict = Verdict::kSuccess;
  result_.drop = false;
  result_.sends = true;
  result_.is_read = true;
  switch (row_of(arrival_.function().signature).reads) {
    case Reads::kCloudEvents:
      cloud_events_.clear();
      break;
    case Reads::kBackgroundEvents:
      background_events_.clear();
      break;
    case Reads::kRequest:
      break;
  }
  arrival_.clear();
  ran_.reset();
  trace_ = nullptr;
  next_ = 0;
}

}  // namespace ofn
