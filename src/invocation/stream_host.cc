#include "invocation/stream_host.h"

#include <utility>

#include "base/free_memory.h"
#include "function/response_check.h"
#include "os/end_forked_child.h"

namespace ofn {

const abi::StreamTable StreamHost::kTable = {
    .begin = [](void* host, const Response& head,
                bool early) { return static_cast<StreamHost*>(host)->open(head, early); },
    .push = [](void* host,
               std::string_view bytes) { return static_cast<StreamHost*>(host)->push(bytes); },
    .wait_for_room = [](void* host) { return static_cast<StreamHost*>(host)->wait_for_room(); }};

StreamHost::StreamHost(Loop& loop, std::function<bool(Response)> on_begin, NestedLoop* nested)
    : loop_(loop),
      nested_(nested),
      on_begin_(std::move(on_begin)),
      stream_{.table = &kTable, .host = this} {}

void StreamHost::begin(const Rules& rules) {
  rules_ = rules;
  filter_ = nullptr;
  if (!begun_) {
    closed_ = false;
    return;
  }
  free_memory(head_);
  free_memory(kept_);
  free_memory(pending_);
  encoder_.reset();
  begun_ = held_ = keeps_ = overflowed_ = false;
  head_sent_ = closed_ = drain_posted_ = false;
  waiting_.clear();
  on_its_way_ = bytes_sent_ = 0;
}

// --- The function's side -------------------------------------------------------------------------

std::string StreamHost::open(const Response& head, bool early) {
  if (auto problem = response_problem(head)) return *std::move(problem);
  held_ = rules_.sink == nullptr || (rules_.for_outputs && !early);
  keeps_ = held_ || rules_.for_outputs;
  if (!held_) {
    outgoing_ = head;
    if (filter_ != nullptr) {
      if (std::string problem = filter_->filter(outgoing_, encoder_); !problem.empty())
        return problem;
    }
  }
  head_ = head;
  begun_ = true;
  return {};
}

abi::Push StreamHost::push(std::string_view bytes) {
  if (!begun_) return abi::Push::kClosed;  // its head was refused
  if (keeps_) {
    overflowed_ = overflowed_ || kept_.size() + bytes.size() > rules_.max_kept;
    if (overflowed_) return abi::Push::kClosed;
    kept_ += bytes;
    if (held_) return abi::Push::kRoom;
  }
  return encoder_ == nullptr ? hand_over(bytes) : hand_over(encoder_->add(bytes));
}

void StreamHost::end_encoding() {
  if (encoder_ == nullptr) return;
  hand_over(encoder_->end());
  encoder_.reset();
}

abi::Push StreamHost::hand_over(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  if (closed_) return abi::Push::kClosed;
  pending_ += bytes;
  if (!std::exchange(drain_posted_, true)) loop_.post([this] { drain(); });
  return full() ? abi::Push::kFull : abi::Push::kRoom;
}

bool StreamHost::wait_for_room() {
  os::end_forked_child();  // it has no loop to wait for
  const auto is_over = [this] {
    const std::lock_guard lock(mutex_);
    return closed_ || !full();
  };
  if (nested_ != nullptr) {
    nested_->serve_until(is_over);
  } else {
    loop_.release();
  }
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return closed_ || !full(); });
  return !closed_;
}

Response StreamHost::take() {
  Response response = std::move(head_);
  if (keeps_) response.body(std::move(kept_));
  return response;
}

// --- The loop's side -----------------------------------------------------------------------------

void StreamHost::drain() {
  std::string bytes;
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(drain_posted_, false)) return;
    bytes.swap(pending_);
    if (closed_) return;
    on_its_way_ += bytes.size();
  }
  if (!std::exchange(head_sent_, true)) {
    if (!on_begin_(std::exchange(outgoing_, {}))) return close();
  }
  bytes_sent_ += bytes.size();
  rules_.sink->write(bytes);
  has_room();
}

void StreamHost::has_room() {
  {
    const std::lock_guard lock(mutex_);
    on_its_way_ = closed_ ? 0 : rules_.sink->unsent();
    if (!closed_ && full()) return;
  }
  tell();
}

void StreamHost::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  tell();
}

bool StreamHost::closed() {
  const std::lock_guard lock(mutex_);
  return closed_;
}

void StreamHost::when_room(std::function<void(bool)> then) {
  waiting_.push_back(std::move(then));
  {
    const std::lock_guard lock(mutex_);
    if (!closed_ && full()) return;
  }
  tell();
}

void StreamHost::tell() {
  changed_.notify_all();
  if (waiting_.empty()) return;
  const bool open = !closed();
  for (const auto& then : std::exchange(waiting_, {})) then(open);
}

}  // namespace ofn
