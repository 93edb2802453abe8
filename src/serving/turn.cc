#include "serving/turn.h"

#include <utility>

namespace ofn {

Gate::Entry Turn::take(const Function& function, Pace& pace) {
  function_ = &function;
  pace_ = &pace;
  given_up_ = false;
  const Gate::Entry entry = lane_.gate.enter(*this);
  if (entry == Gate::Entry::kIn) admitted();
  return entry;
}

bool Turn::give_up() {
  given_up_ = true;
  return !holds_slot_ && lane_.gate.forget(*this);
}

void Turn::end() {
  has_run_ = false;
  if (std::exchange(holds_slot_, false)) lane_.gate.leave();
}

void Turn::admitted() {
  holds_slot_ = true;
  lane_.runner.queue(*this);
}

Pace* Turn::turn() {
  const bool is_wanted = !given_up_ && !invocation_.answered();
  if (invocation_.is_midway() || is_wanted) {
    // What has begun goes on: only that gives memory back.
    if (!has_run_ && lane_.gate.waits_for_memory(*this)) {
      holds_slot_ = false;
      return nullptr;
    }
    has_run_ = true;
    return pace_;
  }
  invocation_.refuse(Response().status(503));
  return nullptr;
}

void Turn::answered() {
  if (running()) lane_.runner.report(*this, function_->name, invocation_.request_id());
}

}  // namespace ofn
