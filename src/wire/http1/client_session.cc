#include "wire/http1/client_session.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/free_memory.h"

namespace ofn::wire::http1 {
namespace {

// More of them than any server sends before one answer.
constexpr int kMaxInterim = 8;
constexpr int kSwitchingProtocols = 101;
constexpr std::size_t kKeptBody = 4096;

}  // namespace

ClientSession::ClientSession(const Limits& limits)
    : limits_(limits), parser_(limits), chunks_(limits) {}

ClientSession::~ClientSession() {
  if (state_ == State::kIdle) return;
  if (state_ != State::kDelivered) {
    failure_ = ClientFailure{Error(Code::kUnavailable, "the connection was closed"), false};
    state_ = State::kDelivered;
  }
  run_ready();
}

void ClientSession::send(const ClientRequest& request, std::string_view body, ClientDone done) {
  OFN_CHECK(accepts());
  head_.clear();
  for (const std::string_view part : {request.method, std::string_view(" "), request.target,
                                      std::string_view(" HTTP/1.1\r\nHost: "), request.authority,
                                      std::string_view("\r\nContent-Length: ")}) {
    head_ += part;
  }
  head_ += std::to_string(body.size());
  head_ += "\r\n";
  for (const Field& field : request.fields) {
    head_ += field.name;
    head_ += ": ";
    head_ += field.value;
    head_ += "\r\n";
  }
  head_ += "\r\n";
  body_ = body;
  sent_ = 0;
  done_ = std::move(done);
  input_.clear();
  parser_.reset();
  interim_ = 0;
  is_cut_ = false;
  failure_.reset();
  answer_body_.clear();
  state_ = State::kHead;
  transport_->wake();
}

void ClientSession::cancel() {
  done_ = nullptr;
  if (state_ != State::kIdle) end(Ending::kAbort);
  state_ = State::kIdle;
}

// --- output ----------------------------------------------------------------------------------------

std::size_t ClientSession::gather(std::span<std::string_view> buffers) {
  if (state_ != State::kHead && state_ != State::kBody) return 0;
  std::size_t count = 0;
  const auto add = [&](std::string_view bytes) {
    if (!bytes.empty() && count < buffers.size()) buffers[count++] = bytes;
  };
  add(std::string_view(head_).substr(std::min(sent_, head_.size())));
  add(body_.substr(sent_ - std::min(sent_, head_.size())));
  return count;
}

void ClientSession::sent(std::size_t count) { sent_ += count; }

// --- input -----------------------------------------------------------------------------------------

void ClientSession::receive(std::string_view bytes) {
  while (!bytes.empty() && ending_ == Ending::kOpen) {
    switch (state_) {
      case State::kIdle:
      case State::kDelivered:
        // Nobody asked for this: a server that ends a connection says so, or is confused.
        return end(Ending::kClose);
      case State::kHead:
        bytes.remove_prefix(take_head(bytes));
        break;
      case State::kBody:
        bytes.remove_prefix(take_body(bytes));
        break;
    }
  }
}

std::size_t ClientSession::take_head(std::string_view bytes) {
  const std::size_t old = input_.size();
  input_ += bytes;
  switch (parser_.parse(input_)) {
    case Step::kMore:
      return bytes.size();
    case Step::kRejected:
      fail_with(Code::kInternal,
                "the server's answer is not valid: " + std::string(parser_.problem()));
      return bytes.size();
    case Step::kDone:
      break;
  }
  input_.resize(parser_.size());
  const std::size_t used = parser_.size() - old;
  if (const auto problem = parser_.read(input_, answer_, fields_)) {
    fail_with(Code::kInternal, "the server's answer is not valid: " + std::string(*problem));
  } else if (answer_.status >= 200) {
    begin_body();
  } else if (answer_.status == kSwitchingProtocols || ++interim_ > kMaxInterim) {
    fail_with(Code::kInternal, "the server answered with an interim status only");
  } else {
    input_.clear();
    parser_.reset();
  }
  return used;
}

void ClientSession::begin_body() {
  state_ = State::kBody;
  chunks_.reset();
  const bool is_empty = answer_.framing == AnswerFraming::kNone ||
                        (answer_.framing == AnswerFraming::kLength && answer_.content_length == 0);
  if (is_empty) complete();
}

std::size_t ClientSession::take_body(std::string_view bytes) {
  if (answer_.framing == AnswerFraming::kChunked) return take_chunks(bytes);
  std::string& body = answer_body_.bytes;
  std::size_t wanted = bytes.size();
  if (answer_.framing == AnswerFraming::kLength)
    wanted = static_cast<std::size_t>(
        std::min<std::uint64_t>(wanted, answer_.content_length - body.size()));
  const std::size_t room = limits_.body_bytes - body.size();
  body += bytes.substr(0, std::min(wanted, room));
  if (wanted > room) {
    cut();
  } else if (answer_.framing == AnswerFraming::kLength && body.size() == answer_.content_length) {
    complete();
  }
  return wanted;
}

std::size_t ClientSession::take_chunks(std::string_view bytes) {
  const auto [step, consumed] = chunks_.parse(bytes, answer_body_);
  if (step == Step::kDone) {
    complete();
  } else if (step == Step::kRejected && chunks_.reject().status == 413) {
    cut();
  } else if (step == Step::kRejected) {
    fail_with(Code::kInternal,
              "the server's answer is not valid: " + std::string(chunks_.reject().reason));
  }
  return step == Step::kRejected ? bytes.size() : consumed;
}

void ClientSession::input_ended() {
  if (state_ == State::kBody && answer_.framing == AnswerFraming::kUntilClose) {
    complete();
  } else if (state_ == State::kHead || state_ == State::kBody) {
    fail_with(Code::kUnavailable, "the server ended the connection before it answered");
  }
  end(Ending::kClose);
}

void ClientSession::lost(const Error& error) {
  if (state_ == State::kHead || state_ == State::kBody) fail_with(error.code(), error.message());
  ending_ = Ending::kAbort;
}

void ClientSession::drain() {
  draining_ = true;
  if (state_ == State::kIdle) end(Ending::kClose);
}

// --- the end of an exchange ------------------------------------------------------------------------

void ClientSession::complete() {
  state_ = State::kDelivered;
  has_served_ = true;
  // An answer that comes before the request was sent whole leaves the rest of it without a reader.
  const bool all_sent = sent_ == head_.size() + body_.size();
  if (!answer_.keep_alive || !all_sent || draining_)
    end(all_sent ? Ending::kClose : Ending::kAbort);
  transport_->loop().run_soon(*this);
}

void ClientSession::cut() {
  is_cut_ = true;
  complete();
  end(Ending::kAbort);
}

void ClientSession::fail_with(Code code, const std::string& message) {
  failure_ = ClientFailure{Error(code, message),
                           state_ == State::kHead && interim_ == 0 && input_.empty()};
  state_ = State::kDelivered;
  end(Ending::kAbort);
  transport_->loop().run_soon(*this);
}

void ClientSession::end(Ending ending) {
  if (ending_ == Ending::kAbort) return;
  ending_ = ending;
  transport_->wake();
}

void ClientSession::run_ready() {
  if (state_ != State::kDelivered) return;
  body_ = {};
  ClientDone done = std::exchange(done_, nullptr);
  if (done != nullptr && failure_) {
    done(std::unexpected(*failure_));
  } else if (done != nullptr) {
    done(ClientReply{.status = answer_.status,
                     .fields = fields_,
                     .body = answer_body_.bytes,
                     .is_cut = is_cut_});
  }
  state_ = State::kIdle;
  if (answer_body_.bytes.capacity() > kKeptBody) free_memory(answer_body_.bytes);
}

}  // namespace ofn::wire::http1
