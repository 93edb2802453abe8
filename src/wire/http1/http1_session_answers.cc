// Answers requests or refuses them, and counts what waits to be written.
#include <utility>

#include "base/check.h"
#include "wire/http1/http1_session_impl.h"

namespace ofn::wire::http1 {

void Http1Session::answer(Http1Exchange& exchange, Response&& response,
                          std::span<const Field> extra) {
  const After after =
      is_last_answer() || is_body_unfinished() ? After::kClose : After::kNextRequest;
  out_.begin_answer();
  if (write_response(out_.text(), response, context_of(extra, after)) == BodyPlace::kSeparate) {
    out_.push_body(std::move(response).body());
  }
  if (out_.has_body() || out_.text().capacity() > kKept) count_held();
  answered(exchange, after);
}

void Http1Session::begin_answer(const Response& head, std::span<const Field> extra) {
  body_end_ = !allows_body(head.status()) ? BodyEnd::kLength
              : head_.http10              ? BodyEnd::kClose
                                          : BodyEnd::kChunked;
  head_.keep_alive = !is_last_answer();
  drops_body_ = head_.method == "HEAD" || body_end_ == BodyEnd::kLength;
  // Behind the answer's head it would be too late, and the handler may still want the body.
  if (asked_ != nullptr && asked_->incoming.take_continue()) send_continue();
  ResponseContext context = context_of(extra, after_pieces());
  context.body_end = body_end_;
  out_.begin_answer();
  write_response(out_.text(), head, context);
  transport_->wake();
}

void Http1Session::write_body(std::string_view bytes) {
  if (drops_body_) return;
  if (body_end_ == BodyEnd::kChunked) {
    write_chunk(out_.text(), bytes);
  } else {
    out_.text() += bytes;
  }
  count_held();
  transport_->wake();
}

void Http1Session::finish_answer(Http1Exchange& exchange, std::span<const Field> trailers) {
  if (body_end_ == BodyEnd::kChunked && !drops_body_) write_last_chunk(out_.text(), trailers);
  answered(exchange, is_body_unfinished() ? After::kClose : after_pieces());
}

void Http1Session::abort_answer(Http1Exchange& exchange) {
  OFN_CHECK(&exchange == asked_);
  asked_ = nullptr;
  exchange.detach();
  end(Ending::kAbort);
  transport_->wake();
}

ResponseContext Http1Session::context_of(std::span<const Field> extra, After after) {
  return {.extra = extra,
          .date = context_.date.at(loop_->system_now()),
          .connection = after == After::kClose ? ConnectionField::kClose
                        : head_.http10         ? ConnectionField::kKeepAlive
                                               : ConnectionField::kNone,
          .method = head_.method == "HEAD" ? Method::kHead : Method::kOther};
}

// The whole answer is queued, so the session goes on to the next request.
void Http1Session::answered(Http1Exchange& exchange, After after) {
  OFN_CHECK(&exchange == asked_);
  asked_ = nullptr;
  if (answered_ != nullptr) answered_->detach();  // its handler holds it beyond this answer
  answered_ = &exchange;
  head_parser_.reset();
  state_ = State::kHead;
  if (after == After::kClose) {
    end(Ending::kLinger);
  } else if (has_ahead()) {
    loop_->run_soon(*this);
  }
  settle();
  transport_->wake();
}

void Http1Session::take_back(Http1Exchange& exchange) {
  if (&exchange == asked_) {  // given back unanswered
    asked_ = nullptr;
    end(Ending::kAbort);
    transport_->wake();
  }
  if (&exchange == answered_) {
    answered_ = nullptr;
    if (leaving_) transport_->wake();  // only now can the connection be passed on
  }
  exchange.reset();
  spare_.reset(&exchange);
}

void Http1Session::refuse(const Reject& reject, std::string_view method) {
  const RequestId id =
      context_.refused
          ? context_.refused(*transport_, {.status = reject.status, .reason = reject.reason})
          : RequestId();
  const Field extra{RequestId::kName, id.view()};
  if (reject.status != 0) {
    Response response(std::string(reject.reason) + '\n');
    response.status(reject.status);
    if (reject.status == 503) response.header("Retry-After", "1");
    write_response(out_.text(), response,
                   {.extra = std::span(&extra, context_.refused ? 1 : 0),
                    .date = context_.date.at(loop_->system_now()),
                    .connection = ConnectionField::kClose,
                    .method = method == "HEAD" ? Method::kHead : Method::kOther});
  }
  if (reading_ != nullptr) reading_->reset();  // frees its memory, however long the client goes on
  end(Ending::kLinger);
  transport_->wake();
}

void Http1Session::sent(std::size_t count) {
  out_.sent(count);
  if (share_.taken() > 0) count_held();
  if (asked_ != nullptr) asked_->notify_room();
  if (next_ != nullptr && out_.empty()) {
    transport_->replace(std::move(next_), ahead());
  } else if (has_ahead() && may_read_request()) {
    loop_->run_soon(*this);
  } else if (out_.empty()) {
    settle();
  }
}

// Counts the buffers that wait to be written or parsed. Small ones belong to every connection and are not
// counted.
void Http1Session::count_buffers() {
  const std::size_t held = out_.capacity() + ahead_.capacity();
  if (held <= 3 * kKept && share_.taken() == 0) return;
  share_.set(held <= 3 * kKept ? 0 : held);
}

void Http1Session::count_held() {
  count_buffers();
  if (share_.taken() > 0 && context_.account->exhausted()) transport_->make_room(0);
}

}  // namespace ofn::wire::http1
