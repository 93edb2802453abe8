#include "invocation/context_call.h"

#include <utility>

#include "function/response_check.h"
#include "invocation/answers.h"

namespace ofn {

bool ContextCall::start(abi::ContextFacts facts) {
  facts_ = std::move(facts);
  if (function_.takes_context || environment_.hooks != nullptr) {
    call_.own_request = nullptr;  // the Context and the hooks see its body, too
    call_.own_event = nullptr;
  }
  if (call_.event != nullptr) {
    facts_.event = call_.event;
    facts_.data = call_.event->data() ? Bytes(*call_.event->data()) : Bytes();
    facts_.content_type =
        call_.event->datacontenttype() ? *call_.event->datacontenttype() : std::string_view();
  }
  if (call_.background != nullptr) {
    facts_.data = call_.background->data.json();
    facts_.content_type = "application/json";
  }
  call_.context = &context_.emplace(ContextHost::kTable, &host_, facts_);
  call_.data = facts_.data;
  if (environment_.hooks == nullptr) return begin_run(function_, call_, hosts_, ran_);

  hooks_.emplace(*environment_.hooks, environment_.log, ids_);
  facts_.plugins = hooks_->plugins();
  hooks_->pre(*context_, data_.emplace(facts_.data));
  if (data_->replaced()) replace_data(*data_);
  if (auto end = hooks_->take_end()) {
    end_by_hook(*std::move(end));
    return end_hooked();
  }
  if (Response* const answer = data_->answered()) {
    take_hooks_answer(std::move(*answer));
    return end_hooked();
  }
  return begin_run(function_, call_, hosts_, ran_) && end_hooked();
}

bool ContextCall::resume() {
  return resume_run(function_, hosts_, ran_) && (!hooks_ || end_hooked());
}

void ContextCall::replace_data(const CallData& data) {
  call_.data = facts_.data = data.bytes();
  if (call_.request != nullptr) {
    Request::Parts parts = call_.request->parts();
    parts.body = data.bytes();
    call_.request = &request_.emplace(std::move(parts));
    if (facts_.request != nullptr) facts_.request = call_.request;
  }
  if (call_.event != nullptr) {
    event_.emplace(*call_.event).data(std::string(data.bytes()));
    call_.event = facts_.event = &*event_;
  }
  if (call_.background != nullptr) {
    background_.emplace(*call_.background).data = EventData(std::string(data.bytes()));
    call_.background = &*background_;
  }
}

void ContextCall::take_hooks_answer(Response response) {
  ran_ = RunResult();
  ran_.is_answered = true;
  ran_.forwards = false;
  ran_.outcome.response = std::move(response);
  judge(ran_, function_);
}

// The call ends by what a hook threw.
void ContextCall::end_by_hook(HookRun::End end) {
  const bool has_failed = ran_.verdict == Verdict::kError;
  const Crash crash = end.crash;
  ran_ = RunResult();
  ran_.verdict = Verdict::kCrash;
  ran_.crash = std::move(end.crash);
  ran_.thrown = std::move(end.thrown);
  const ErrorAnswers::Settled settled = errors_.settle(ran_);
  if (settled == ErrorAnswers::Settled::kUnanswered && end.is_required) {
    hook_failed_ = true;
    ran_.crash.reset();
    ran_.is_answered = ran_.is_told = true;
    ran_.outcome.response = hook_failed(end.plugin, crash, ids_.request, environment_.detail);
  }
  if (!ran_.crash && (has_failed || hook_failed_)) ran_.verdict = Verdict::kError;
}

// The function has crashed: hooks may change what its client reads, but not that it crashed.
void ContextCall::keep_crash(std::optional<HookRun::End> end) {
  if (end) {
    RunResult other;
    other.verdict = Verdict::kCrash;
    other.crash = std::move(end->crash);
    other.thrown = std::move(end->thrown);
    errors_.settle(other);
    if (!other.crash) ran_.outcome.response = std::move(other.outcome.response);
  }
  if (response_problem(ran_.outcome.response))
    ran_.outcome.response = errors_.crash_response(*ran_.crash);
}

bool ContextCall::end_hooked() {
  errors_.settle(ran_);
  const bool crashed = ran_.crash.has_value();
  const std::string error = crashed ? ran_.crash->text() : std::string();
  // What a caller has already is not to be changed any more.
  const bool has_response =
      !hosts_.stream.live() &&
      (crashed || ran_.is_answered || row_of(function_.signature).returns_response());
  if (crashed) {
    ran_.outcome.response = errors_.crash_response(*ran_.crash);
    ran_.is_answered = true;
  }
  CallResult result(verdict_name(ran_.verdict), error,
                    has_response ? &ran_.outcome.response : nullptr,
                    ran_.outcome.event ? &*ran_.outcome.event : nullptr);
  hooks_->post(*context_, result);
  auto end = hooks_->take_end();
  if (crashed) {
    keep_crash(std::move(end));
    return true;
  }
  const bool fails_again =
      end && hook_failed_ && !end->crash.is_bad_input && !end->crash.is_http_error;
  if (end && !fails_again) end_by_hook(*std::move(end));
  judge(ran_, function_);
  return true;
}

}  // namespace ofn
