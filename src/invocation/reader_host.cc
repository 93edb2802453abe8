#include "invocation/reader_host.h"

#include <utility>

#include "base/free_memory.h"
#include "os/end_forked_child.h"

namespace ofn {

using Then = BodySource::Taken::Then;

const abi::IncomingTable ReaderHost::kTable = {
    .pull = [](void* host) { return static_cast<ReaderHost*>(host)->pull(); },
    .wait = [](void* host) { static_cast<ReaderHost*>(host)->wait(); },
    .await =
        [](void* host, const abi::Scope* scope, void* frame) {
          auto& self = *static_cast<ReaderHost*>(host);
          self.tasks_.note(
              [&self, waits = Awaiting{.frame = frame, .scope = scope}] { self.await(waits); });
        },
    .cut_off =
        [](void* host) {
          auto& self = *static_cast<ReaderHost*>(host);
          return self.cut_off_ = self.stream_.live();
        },
    .trailers =
        [](void* host) {
          auto& self = *static_cast<ReaderHost*>(host);
          const std::lock_guard lock(self.mutex_);
          return self.trailers_;
        }};

ReaderHost::ReaderHost(Loop& loop, StreamHost& stream, TaskHost& tasks, NestedLoop* nested)
    : loop_(loop),
      stream_(stream),
      tasks_(tasks),
      nested_(nested),
      incoming_{.table = &kTable, .host = this} {
  tasks_.on_scopes_stopped([this] { end_stopped(); });
}

void ReaderHost::begin(BodySource& source, std::optional<std::uint64_t> length) {
  incoming_.length = length;
  source_ = &source;
  then_ = Then::kMore;
  source.on_piece([this] { refill(); });
  refill();
}

void ReaderHost::begin(std::string_view body, std::span<const Field> trailers) {
  incoming_.length = body.size();
  whole_ = body;
  trailers_ = trailers;
  then_ = Then::kEnd;
}

void ReaderHost::end() {
  source_ = nullptr;
  awaiting_.clear();
  whole_ = {};
  trailers_ = {};
  cut_off_ = false;
  bytes_read_ = 0;
  const std::lock_guard lock(mutex_);
  free_memory(piece_);
  free_memory(ready_);
  then_ = Then::kEnd;
  is_wanted_ = false;
}

// --- The function's side -------------------------------------------------------------------------

abi::Pull ReaderHost::pull() {
  abi::Pull pulled;
  const std::lock_guard lock(mutex_);
  if (then_ == Then::kFailed) {
    pulled.kind = abi::Pull::Kind::kFailed;
    pulled.failure = failure_;
  } else if (!ready_.empty()) {
    piece_.clear();
    piece_.swap(ready_);
    pulled.kind = abi::Pull::Kind::kPiece;
    pulled.piece = piece_;
    if (then_ == Then::kMore) post_refill();
  } else if (!whole_.empty()) {
    pulled.kind = abi::Pull::Kind::kPiece;
    pulled.piece = std::exchange(whole_, {});
  } else if (then_ == Then::kEnd) {
    pulled.kind = abi::Pull::Kind::kEnd;
  }
  bytes_read_ += pulled.piece.size();
  return pulled;
}

void ReaderHost::wait() {
  os::end_forked_child();  // it has no loop to wait for
  std::unique_lock lock(mutex_);
  if (has_something()) return;
  is_wanted_ = true;
  post_refill();
  lock.unlock();
  if (nested_ != nullptr) {
    nested_->serve_until([this] {
      const std::lock_guard held(mutex_);
      return has_something();
    });
  } else {
    loop_.release();
  }
  lock.lock();
  changed_.wait(lock, [this] { return has_something(); });
}

void ReaderHost::post_refill() {
  if (!std::exchange(refill_posted_, true)) loop_.post([this] { refill(); });
}

// --- The loop's side -----------------------------------------------------------------------------

void ReaderHost::refill() {
  std::string piece;
  {
    const std::lock_guard lock(mutex_);
    refill_posted_ = false;
    if (source_ == nullptr || has_something()) return;
    piece.swap(ready_);
  }
  const BodySource::Taken taken = source_->take_piece(piece);
  bool wants = false;
  {
    const std::lock_guard lock(mutex_);
    piece.swap(ready_);
    then_ = taken.then;
    failure_ = taken.failure;
    if (then_ == Then::kEnd) trailers_ = source_->body_trailers();
    wants = !has_something() && std::exchange(is_wanted_, false);
    if (has_something()) is_wanted_ = false;
  }
  if (wants) source_->want_piece();
  tell();
}

void ReaderHost::close() {
  {
    const std::lock_guard lock(mutex_);
    if (then_ == Then::kFailed) return;
    then_ = Then::kFailed;
    failure_ = abi::BodyFailure::kCallEnded;
  }
  tell();
}

// A loser of when_any() goes on without a piece. What it has waited for stays for the next one who reads.
void ReaderHost::end_stopped() {
  std::erase_if(awaiting_, [this](const Awaiting& each) {
    const bool ends = internal::is_stopped(each.scope);
    if (ends) tasks_.ready(each.frame);
    return ends;
  });
}

void ReaderHost::await(const Awaiting& waits) {
  if (internal::is_stopped(waits.scope)) return tasks_.ready(waits.frame);
  awaiting_.push_back(waits);
  {
    const std::lock_guard lock(mutex_);
    is_wanted_ = !has_something();
  }
  refill();
  tell();
}

void ReaderHost::tell() {
  {
    const std::lock_guard lock(mutex_);
    if (!has_something()) return;
  }
  changed_.notify_all();
  for (const Awaiting& each : std::exchange(awaiting_, {})) tasks_.ready(each.frame);
}

}  // namespace ofn
