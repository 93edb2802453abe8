// Answers requests, or refuses them.
#include <optional>
#include <utility>

#include "base/free_memory.h"
#include "wire/http2/server_session_impl.h"

namespace ofn::wire::http2 {

namespace {

std::string_view reason_of(int status) {
  switch (status) {
    case 408:
      return "the request's body did not arrive in time";
    case 413:
      return "the request's body is too large";
    case 414:
      return "the request's target is too long";
    case 417:
      return "the only supported expectation is 100-continue";
    case 431:
      return "the request's fields are too large";
    case 503:
      return "not enough memory for the request; try again later";
    default:
      return "CONNECT and methods this long are not supported";
  }
}

}  // namespace

bool ServerSession::refuse_call(ServerStream& stream) {
  std::optional<Response> refusal = handler_.refuse_call(stream.request());
  if (!refusal) return false;
  // gRPC's own status is in its fields.
  answer_early(
      stream, *std::move(refusal),
      {.status = 200, .reason = "this server has no such gRPC method", .call = &stream.request()});
  return true;
}

void ServerSession::answer_early(ServerStream& stream, int status) {
  const std::string_view reason = reason_of(status);
  Response response = stream.refusal(status, reason);
  if (status == 503) response.header("retry-after", "1");
  answer_early(stream, std::move(response), {.status = status, .reason = reason});
}

void ServerSession::answer_early(ServerStream& stream, Response response, const Refused& refused) {
  stream.notes.discarding = true;
  free_memory(stream.body());  // its memory is not kept while the peer goes on
  stream.share().release();
  settle_memory(stream);
  const RequestId id = refused_ ? refused_(*transport_, refused) : RequestId();
  const Field extra = {.name = RequestId::kName, .value = id.view()};
  stream.respond(std::move(response), std::span(&extra, refused_ ? 1 : 0), {});
  stream.drop_head();
  count_head(stream);
}

void ServerSession::send_answer(ServerStream& stream, std::span<const Field> extra) {
  if (shed_) return stream.shed();
  stream.notes.last_progress = now();
  look_at(now() + limits_.write_timeout);
  // Behind the answer's head it would be too late, and the handler may still want the body.
  if (stream.in_pieces() && stream.incoming.take_continue()) send_continue(stream);
  writer_.submit(engine_.get(), stream, extra, clock().system_now());
  // An answer always gets its memory; slow readers lose theirs.
  if (account_ != nullptr && account_->exhausted()) transport_->make_room(0);
  transport_->wake();
}

void ServerSession::send_more(ServerStream& stream) {
  if (shed_) return stream.shed();
  stream.notes.last_progress = now();
  look_at(now() + limits_.write_timeout);
  if (stream.body_complete() && stream.unsent() == 0 && !stream.trailers().empty()) {
    // nghttp2 skips a DATA frame that neither carries anything nor ends the stream.
    writer_.submit_trailers(engine_.get(), stream);
  } else {
    nghttp2_session_resume_data(engine_.get(), stream.id());
  }
  transport_->wake();
}

void ServerSession::on_frame_sent(const nghttp2_frame& frame) {
  if (frame.hd.type == NGHTTP2_RST_STREAM) {
    reset_.push_back(frame.hd.stream_id);
    if (reset_.size() > kMaxStreams) reset_.pop_front();
  }
  if (frame.hd.type != NGHTTP2_HEADERS && frame.hd.type != NGHTTP2_DATA) return;
  ServerStream* stream = find(frame.hd.stream_id);
  if (stream == nullptr) return;
  if ((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
    stream->notes.complete = true;
    if (!stream->notes.discarding) budget_->request_answered();
    // The answer is complete before the request is. The session resets the stream, but not at once:
    // some clients lose the answer if the reset comes with it (curl 7.88). Meanwhile the client's
    // window stays closed.
    stream->notes.last_progress = now();
    if (stream->notes.receiving) look_at(now() + kLingering);
  } else if (frame.hd.type == NGHTTP2_DATA && !stream->trailers().empty() &&
             stream->body_complete() && stream->unsent() == 0) {
    writer_.submit_trailers(engine_.get(), *stream);
  }
}

void ServerSession::give_up(ServerStream& stream) {
  stream.notes.accounted = true;
  reset(stream, NGHTTP2_INTERNAL_ERROR);
  transport_->wake();
}

}  // namespace ofn::wire::http2
