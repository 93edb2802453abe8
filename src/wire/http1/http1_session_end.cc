// Ends a connection: when the client ends it, when the server drains, when a time limit passes, when memory
// is short.
#include <utility>

#include "wire/http1/http1_session_impl.h"

namespace ofn::wire::http1 {

namespace {

constexpr Reject kTooSlow = {
    503, "the request arrives too slowly while memory is short; try again later"};
constexpr Reject kNotTaken = {
    503, "the peer does not take the response while memory is short; try again later"};

}  // namespace

void Http1Session::input_ended() {
  input_ended_ = true;
  if (asked_ != nullptr) asked_->warn();
  settle();
  transport_->wake();
  notify_piece();
}

void Http1Session::lost(const Error& /*error*/) {
  end(Ending::kAbort);
  part();
}

void Http1Session::drain() {
  draining_ = true;
  settle();
  transport_->wake();
}

bool Http1Session::idle() const {
  return between_requests() && !has_ahead() && out_.empty() && answered_ == nullptr;
}

bool Http1Session::pass_on(std::string& unread) {
  if (!between_requests() || !out_.empty() || answered_ != nullptr || next_ != nullptr)
    return false;
  unread = ahead();
  end(Ending::kClose);
  return true;
}

std::size_t Http1Session::held_by_peer() const {
  if (state_ == State::kEnded && ending_ == Ending::kAbort) return 0;
  std::size_t read = reading_ != nullptr ? reading_->share.taken() : 0;
  if (waits_for_piece()) read += asked_->share.taken();
  return read + (out_.empty() ? 0 : share_.taken());
}

void Http1Session::shed() {
  const bool is_reading = state_ == State::kHead || state_ == State::kBody;
  if (is_reading && out_.empty()) {
    refuse(kTooSlow, state_ == State::kBody ? head_.method : std::string_view());
  } else if ((is_reading || ending_ == Ending::kLinger) && out_.is_unsent()) {
    out_.clear();
    part();
    refuse(kNotTaken, "");
  } else {
    // The session drops what may be the middle of an answer. So what the function still writes must not reach the client.
    end(Ending::kAbort);
    if (is_body_unfinished()) {
      free_memory(asked_->body.bytes);
      asked_->share.release();  // the pieces that the handler has are gone soon
    }
    part();
  }
  count_buffers();
  transport_->wake();
}

void Http1Session::end(Ending ending) {
  state_ = State::kEnded;
  ending_ = ending;
  clear_ahead();
  timer_->disarm();
  if (ending == Ending::kAbort) out_.clear();
}

// Called after every event: ends the connection if it is over, and otherwise sets the time limit of the
// present state.
void Http1Session::settle() {
  if (!has_ahead() && rest_.empty()) {
    if (between_requests() && (draining_ || input_ended_)) {
      // The client of an idle connection has nothing left to read, so a process that ends need not wait for it.
      const bool idle = draining_ && !input_ended_ && out_.empty() && answered_ == nullptr;
      end(idle ? Ending::kClose : Ending::kLinger);
    } else if (input_ended_ && (state_ == State::kHead || state_ == State::kBody)) {
      on_timer();  // the rest of the request will not come
    } else if (input_ended_ && receives_pieces()) {
      fail_body(BodyProgress::kLeft);
    }
  }
  switch (state_) {
    case State::kHead:
      if (head_parser_.begun()) {
        timer_->arm(head_due_);
      } else if (out_.empty() && !has_ahead()) {
        timer_->arm(loop_->now() + context_.limits.idle_timeout);
      } else {
        timer_->disarm();  // the transport's write timeout applies to what the client does not read
      }
      break;
    case State::kBody:
      timer_->arm(loop_->now() + context_.limits.body_timeout);
      break;
    case State::kAnswering:
      // A client that has sent more than the handler has taken waits for this program.
      if (waits_for_piece()) {
        timer_->arm(loop_->now() + context_.limits.body_timeout);
        break;
      }
      [[fallthrough]];
    case State::kSwitching:
    case State::kEnded:
      timer_->disarm();  // the call's deadline and the transport's write timeout apply
      break;
  }
}

void Http1Session::on_timer() {
  if (between_requests()) {
    end(Ending::kLinger);
  } else if (state_ == State::kHead) {
    refuse({408, "the request's head was not finished in time"},
           head_parser_.method(reading_->head_bytes));
  } else if (state_ == State::kBody) {
    refuse({408, "the request's body was not finished in time"}, head_.method);
  } else if (receives_pieces()) {
    fail_body(BodyProgress::kSlow);
    notify_piece();
  }
  transport_->wake();
}

// Tells the exchanges that the handler holds that the connection is gone, and detaches them.
void Http1Session::part() {
  if (Http1Exchange* const exchange = std::exchange(asked_, nullptr)) {
    exchange->detach();
    exchange->incoming.fail(BodyProgress::kLeft);
    exchange->abandon();  // may release it
  }
  if (Http1Exchange* const exchange = std::exchange(answered_, nullptr)) exchange->detach();
}

}  // namespace ofn::wire::http1
