// Ends a connection: when the client ends it, when the server drains, when a time limit passes.
#include <algorithm>
#include <chrono>

#include "wire/http2/server_session_impl.h"

namespace ofn::wire::http2 {

namespace {

// The client has this long to acknowledge the first GOAWAY before the second follows.
constexpr std::chrono::seconds kFarewell(1);

}  // namespace

void ServerSession::input_ended() {
  input_ended_ = true;
  // A handler that is told may release exchanges. Those of open streams stay in the list.
  std::vector<ServerStream*> open = streams_;
  std::erase_if(open, [](const ServerStream* stream) { return !stream->is_open(); });
  for (ServerStream* stream : open) {
    if (stream->notes.receiving) {
      reset(*stream, NGHTTP2_CANCEL);
    } else {
      stream->warn();
    }
  }
  transport_->wake();
}

Ending ServerSession::ending() const {
  if (shed_) return Ending::kAbort;
  // A client that was idle when the drain began, and knows of it, has nothing left to read.
  if (engine_.finished() && idle_drain_ && farewell_seen_) return Ending::kClose;
  if (engine_.finished() || (input_ended_ && open_ == 0)) return Ending::kLinger;
  return is_stuck() ? Ending::kAbort : Ending::kOpen;
}

// The client sends nothing more, so no window opens any more: data that the present windows stop is never sent.
bool ServerSession::is_stuck() const {
  return input_ended_ && engine_.nothing_to_send() &&
         std::ranges::all_of(streams_, [](const ServerStream* stream) {
           return !stream->is_open() || (stream->answered() && stream->body_complete());
         });
}

void ServerSession::drain() {
  if (draining_) return;
  draining_ = true;
  idle_drain_ = open_ == 0;
  // The first GOAWAY announces the end, so that no request on its way is refused (RFC 9113 §6.8). When the client has seen
  // it, the second names the last stream that counts.
  nghttp2_submit_shutdown_notice(engine_.get());
  nghttp2_submit_ping(engine_.get(), NGHTTP2_FLAG_NONE, kFarewellPing.data());
  farewell_ = std::make_unique<Timer>(transport_->loop(), [this] { say_farewell(); });
  farewell_->arm(now() + kFarewell);
  transport_->wake();
}

void ServerSession::say_farewell() {
  if (leaving_) return;
  leaving_ = true;
  last_that_counts_ = nghttp2_session_get_last_proc_stream_id(engine_.get());
  nghttp2_submit_goaway(engine_.get(), NGHTTP2_FLAG_NONE, last_that_counts_, NGHTTP2_NO_ERROR,
                        nullptr, 0);
  transport_->wake();
}

// --- time ----------------------------------------------------------------------------------------

// One timer serves all time limits. If it fires too early, that costs one look.
void ServerSession::look_at(SteadyTime due) {
  if (due >= next_look_) return;
  next_look_ = due;
  timer_->arm(due);
}

SteadyTime ServerSession::stream_deadline(const ServerStream& stream) const {
  if (!stream.is_open()) return SteadyTime::max();
  if (stream.notes.complete) return stream.notes.last_progress + kLingering;
  if (stream.wants_piece_of_peer()) return stream.notes.last_progress + limits_.body_timeout;
  if (stream.in_pieces() && !stream.body_complete() && stream.unsent() == 0)
    return SteadyTime::max();  // it waits for its function
  if (stream.answered()) return stream.notes.last_progress + limits_.write_timeout;
  if (stream.notes.in_pieces) return SteadyTime::max();  // it waits for its function
  if (stream.notes.receiving && !stream.notes.waits_for_memory)
    return stream.notes.last_progress + limits_.body_timeout;
  return SteadyTime::max();
}

void ServerSession::stream_timed_out(ServerStream& stream) {
  stream.notes.accounted = true;
  if (stream.notes.complete) {
    reset(stream, NGHTTP2_NO_ERROR);
  } else if (stream.wants_piece_of_peer()) {
    fail_body(stream, BodyProgress::kSlow);
    stream.incoming.notify();
  } else if (stream.answered()) {
    reset(stream, NGHTTP2_CANCEL);  // it takes nothing: its window is closed
  } else {
    answer_early(stream, 408);
  }
}

void ServerSession::on_time() {
  next_look_ = SteadyTime::max();
  const SteadyTime time = now();
  if (unfinished_since_ != SteadyTime::max()) {
    const SteadyTime due = unfinished_since_ + limits_.head_timeout;
    if (time >= due) {
      engine_.terminate(NGHTTP2_PROTOCOL_ERROR);
      unfinished_since_ = SteadyTime::max();
    } else {
      look_at(due);
    }
  }
  for (ServerStream* stream : streams_) {
    if (time >= stream_deadline(*stream)) stream_timed_out(*stream);
    const SteadyTime due = stream_deadline(*stream);
    if (due > time && due != SteadyTime::max()) look_at(due);
  }
  if (open_ == 0 && !leaving_) {
    const SteadyTime due = idle_since_ + limits_.idle_timeout;
    if (time >= due) {
      say_farewell();
    } else {
      look_at(due);
    }
  }
  transport_->wake();
}

}  // namespace ofn::wire::http2
