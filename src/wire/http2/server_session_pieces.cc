// Reads bodies that the handler takes in pieces while it has the request. A stream's window opens only for what the handler has
// taken. The window of the connection opens for everything, so that a handler that takes nothing stops only its own stream.
#include "base/free_memory.h"
#include "wire/http2/server_session_impl.h"

namespace ofn::wire::http2 {

void ServerSession::begin_pieces(ServerStream& stream) {
  // Some memory must be there to begin with.
  if (!has_room(kPieceBytes)) return answer_early(stream, 503);
  stream.notes.in_pieces = true;
  look_at(stream.notes.last_progress + limits_.body_timeout);
  handler_.handle(stream.give_head_to_handler());
}

void ServerSession::add_piece(ServerStream& stream, std::string_view bytes) {
  stream.notes.last_progress = now();
  // Nobody takes it any more. The window stays closed.
  if (!stream.incoming.is_open() || (stream.answered() && stream.body_complete())) return;
  stream.incoming.arrived();
  std::string& body = stream.body();
  if (grow(body, body.size() + bytes.size(), kPieceBytes, stream.share(), *transport_)) {
    body.append(bytes);
  } else if (!shed_) {
    fail_body(stream, BodyProgress::kNoMemory);
  }
  stream.incoming.notify();
}

void ServerSession::end_pieces(ServerStream& stream) {
  if (stream.has_bad_trailer()) {
    count_bad_head(stream);
    fail_body(stream, BodyProgress::kMalformed);
  } else if (stream.trailers_too_large()) {
    count_too_large(stream);
    fail_body(stream, BodyProgress::kMalformed);
  } else if (stream.incoming.is_open()) {
    stream.end_pieces();
  }
  stream.incoming.notify();
}

// The answer is the handler's, which learns of it when it takes the next piece.
void ServerSession::fail_body(ServerStream& stream, BodyProgress why) {
  stream.incoming.fail(why);
  free_memory(stream.body());
}

void ServerSession::send_continue(const ServerStream& stream) {
  const nghttp2_nv status = make_nv(":status", "100");
  nghttp2_submit_headers(engine_.get(), NGHTTP2_FLAG_NONE, stream.id(), nullptr, &status, 1,
                         nullptr);
  transport_->wake();
}

void ServerSession::want_piece(ServerStream& stream) {
  if (shed_ || !stream.incoming.take_continue()) return;
  if (!stream.answered()) send_continue(stream);
  stream.notes.last_progress = now();
  look_at(now() + limits_.body_timeout);
}

// May be called from inside a callback of nghttp2.
void ServerSession::piece_taken(ServerStream& stream, std::size_t bytes) {
  if (shed_ || !stream.is_open()) return;
  stream.notes.last_progress = now();
  look_at(now() + limits_.body_timeout);
  nghttp2_session_consume_stream(engine_.get(), stream.id(), bytes);
  transport_->wake();
}

}  // namespace ofn::wire::http2
