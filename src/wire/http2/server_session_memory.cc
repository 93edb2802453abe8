// What a connection holds of the memory account.
#include <algorithm>
#include <utility>

#include "wire/http2/server_session_impl.h"

namespace ofn::wire::http2 {

namespace {

// The memory of nghttp2 and of heads that a connection may have uncounted: an ordinary one has less (docs/limits.md).
constexpr std::size_t kOwnMemory = std::size_t{24} * 1024;
// What a stream may have on its way once memory for its body is granted.
constexpr std::int32_t kGrantedWindow = 256 * 1024;
// When memory is exhausted a few streams with heads of this size may wait with their calls. More of one connection would
// take the places of all others.
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

// What nghttp2 and the heads take beyond what any connection may keep.
void ServerSession::count_memory() {
  const std::size_t memory = engine_.memory() + heads_ + large_fields_.capacity();
  if (memory <= kOwnMemory && share_.taken() == 0) return;
  share_.set(memory <= kOwnMemory ? 0 : memory);
}

// Returns true if one more request, of which the head is here, may be kept for this peer.
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

// The transport ends the connection next. Nothing is read or written any more, so nghttp2 asks for no answer's body.
void ServerSession::shed() {
  shed_ = true;
  for (ServerStream* stream : streams_) stream->shed();
  share_.set(0);
}

// Large bodies share a bounded memory. Who finds none left is stopped by its flow-control window
// until others need less. Nobody waits for ever: nobody overtakes, nobody may have more than there
// is, and each that has been granted memory is complete in time or timed out; then it keeps what it
// needs until its function has ended.
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
  look_at(now() + limits_.body_timeout);  // it had no limit while it waited
  nghttp2_session_set_local_window_size(engine_.get(), NGHTTP2_FLAG_NONE, stream.id(),
                                        kGrantedWindow);
  nghttp2_session_consume_stream(engine_.get(), stream.id(), stream.body().size());
  return true;
}

// Its body does not grow any more. One that is complete in the window that everybody has takes no
// turn.
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
