#include "invocation/context_call.h"

#include <utility>

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
  if (!hooks_->failed().empty()) {
    fail_by_hook();
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

void ContextCall::fail_by_hook() {
  ran_ = RunResult();
  ran_.verdict = Verdict::kError;
  ran_.hook_failed = true;
  ran_.outcome.response =
      hook_failed(hooks_->failed(), hooks_->crash(), ids_.request, environment_.detail);
}

bool ContextCall::end_hooked() {
  const bool failed_before = ran_.hook_failed;
  const std::string error = ran_.crash ? ran_.crash->text() : std::string();
  // What a caller has already is not to be changed any more.
  const bool has_response =
      !ran_.crash && row_of(function_.signature).returns_response() && !hosts_.stream.live();
  CallResult result(verdict_name(ran_.verdict), error,
                    has_response ? &ran_.outcome.response : nullptr,
                    ran_.outcome.event ? &*ran_.outcome.event : nullptr);
  hooks_->post(*context_, result);
  if (!failed_before && !ran_.crash && !hooks_->failed().empty()) {
    fail_by_hook();
  } else {
    judge(ran_, function_);
  }
  return true;
}

}  // namespace ofn
