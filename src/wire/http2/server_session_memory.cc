// The part of ServerSession that counts and limits the memory of a connection.
#include <algorithm>
#include <utility>

#include "wire/http2/server_session_impl.h"

namespace ofn::wire::http2 {

namespace {

// The memory of nghttp2 and of heads that the account does not count. An ordinary connection needs less (docs/limits.md).
constexpr std::size_t kOwnMemory = std::size_t{24} * 1024;
// The flow-control window of a stream after memory for its body was granted.
constexpr std::int32_t kGrantedWindow = 256 * 1024;
// If memory is exhausted, a connection may still have kFewStreams streams with heads of at most this size, whose calls wait. With
// more, one connection could take the places of all others.
constexpr std::size_t kSmallHead = std::size_t{4} * 1024;
constexpr std::size_t kFewStreams = 8;

}  // namespace

// Called when a header block is complete.
void ServerSession::count_head(ServerStream& stream) {
  const std::size_t head = stream.head_capacity();
  heads_ += head - stream.counted_head;
  stream.counted_head = head;
  count_memory();
}

// Counts the memory of nghttp2 and of the heads if it exceeds kOwnMemory.
void ServerSession::count_memory() {
  const std::size_t memory = engine_.memory() + heads_ + large_fields_.capacity();
  if (memory <= kOwnMemory && share_.taken() == 0) return;
  share_.set(memory <= kOwnMemory ? 0 : memory);
}

// Returns true if the connection may hold this stream's request, whose head is complete.
bool ServerSession::may_hold_more(const ServerStream& stream) {
  if (account_ == nullptr) return true;
  const bool may_wait = stream.head_capacity() <= kSmallHead && open_ <= kFewStreams;
  if (account_->exhausted() && !transport_->make_room(0) && !may_wait) return false;
  if (!account_->is_short()) return true;
  std::size_t held = share_.taken();
  for (ServerStream* kept : streams_) held += kept->share().taken();
  return held <= account_->connection_share();
}

bool ServerSession::has_room(std::size_t bytes) {
  return account_ == nullptr || account_->has_room(bytes) || transport_->make_room(bytes);
}

std::size_t ServerSession::held_by_peer() const {
  if (shed_) return 0;
  std::size_t held = 0;
  bool waits = false;
  for (const ServerStream* stream : streams_) {
    held += stream->held_by_peer();
    waits = waits || stream->waits_for_peer();
  }
  return waits || large_fields_.holding() ? held + share_.taken() : held;
}

// The transport ends the connection after this. It reads and writes nothing any more, so nghttp2 asks for no body of an answer.
void ServerSession::shed() {
  shed_ = true;
  for (ServerStream* stream : streams_) stream->shed();
  share_.set(0);
}

// Large bodies share a memory budget of twice limits_.body_bytes for each connection. A stream that gets none is paused by flow
// control until others need less. The queue is FIFO, no stream may get more than the budget, and a body that was granted memory
// must be complete within body_timeout. So no stream waits for ever. After its body is complete, a stream keeps the memory that
// the body needs until its function has ended.
void ServerSession::ask_for_memory(ServerStream& stream) {
  if (waiting_.empty() && grant_memory(stream)) return;
  stream.notes.waits_for_memory = true;
  waiting_.push_back(stream.id());
}

bool ServerSession::grant_memory(ServerStream& stream) {
  const std::size_t wanted = stream.content_length().value_or(limits_.body_bytes);
  if (reserved_ + wanted > 2 * limits_.body_bytes) return false;
  reserved_ += wanted;
  stream.notes.reserved = wanted;
  stream.notes.waits_for_memory = false;
  stream.notes.last_progress = now();
  look_at(now() + limits_.body_timeout);  // no time limit applied while the stream waited
  nghttp2_session_set_local_window_size(engine_.get(), NGHTTP2_FLAG_NONE, stream.id(),
                                        kGrantedWindow);
  nghttp2_session_consume_stream(engine_.get(), stream.id(), stream.body().size());
  return true;
}

// Called when the stream's body grows no more. A body that fits into the window that every stream has needs no grant, and leaves
// the queue.
void ServerSession::settle_memory(ServerStream& stream) {
  if (std::exchange(stream.notes.waits_for_memory, false)) std::erase(waiting_, stream.id());
  const std::size_t kept = std::min(stream.notes.reserved, stream.body().size());
  reserved_ -= std::exchange(stream.notes.reserved, kept) - kept;
  grant_waiting();
}

void ServerSession::grant_waiting() {
  while (!waiting_.empty()) {
    ServerStream* next = find(waiting_.front());
    if (next != nullptr && !grant_memory(*next)) return;
    waiting_.pop_front();
    transport_->wake();
  }
}

}  // namespace ofn::wire::http2
