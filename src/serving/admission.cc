#include "serving/admission.h"

#include <utility>

namespace ofn {

namespace {

// If a function's answers are expected to be at least this large, the turn reserves memory for the answer.
constexpr std::size_t kLargeAnswer = std::size_t{16} * 1024;

}  // namespace

Gate::Entry Admission::enter(const Function& function, InlinePolicy& policy) {
  function_ = &function;
  policy_ = &policy;
  given_up_ = false;
  const Gate::Entry entry = on_loop_.gate.enter(*this);
  if (entry == Gate::Entry::kIn) admitted();
  return entry;
}

bool Admission::give_up() {
  given_up_ = true;
  return !holds_slot_ && on_loop_.gate.forget(*this);
}

void Admission::end() {
  has_run_ = false;
  answer_.release();
  if (std::exchange(holds_slot_, false)) on_loop_.gate.leave();
}

void Admission::admitted() {
  holds_slot_ = true;
  on_loop_.runner.queue(*this);
}

InlinePolicy* Admission::begin() {
  const bool is_wanted = !given_up_ && !invocation_.answered();
  if (invocation_.is_midway() || is_wanted) {
    // An invocation that has begun goes on even without memory: only its end gives memory back.
    begins_ = !has_run_;
    if (begins_ && on_loop_.gate.waits_for_memory(*this)) {
      holds_slot_ = false;
      return nullptr;
    }
    if (begins_ && policy_->answer_estimate() >= kLargeAnswer)
      answer_.add(policy_->answer_estimate());
    has_run_ = true;
    return policy_;
  }
  invocation_.refuse(Response().status(503), Refusal::kCallerLeft);
  return nullptr;
}

// The call's own answer does not count. Otherwise a call whose answer is expected to be larger than what is left would be put off, give
// that memory back, find room, and so on without end.
bool Admission::may_begin() const { return !begins_ || !on_loop_.gate.is_short(answer_.taken()); }

void Admission::put_off() {
  if (!begins_) return;
  has_run_ = false;
  answer_.release();
}

void Admission::run() {
  invocation_.run();
  // The answer exists from now on, and its loop may have much to do before it sees it.
  const std::size_t bytes = invocation_.answer_bytes();
  if (bytes >= kLargeAnswer || answer_.taken() > 0) answer_.set(bytes);
}

void Admission::answered(std::size_t bytes) {
  if (has_run_) policy_->record_answer(bytes);
  if (running() && !invocation_.tells_still_running())
    on_loop_.runner.report(*this, function_->name, invocation_.ids());
}

}  // namespace ofn
