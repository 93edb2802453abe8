// Reads what the client of a connection sends: heads and bodies of requests.
#include "wire/http1/http1_session.h"

#include <algorithm>
#include <utility>

#include "wire/http1/http1_session_impl.h"

namespace ofn::wire::http1 {

namespace {

// How much the session reads ahead while a request is being answered. It goes on reading to notice a
// lost connection, and to have the next requests of a pipelining client at hand.
constexpr std::size_t kMaxAhead = std::size_t{16} * 1024;
// The most memory that a Content-Length alone reserves, while there is plenty; more is taken as the
// body arrives.
constexpr std::uint64_t kMaxReserved = std::uint64_t{1024} * 1024;
// If at least kLargeRest bytes of a body are missing, they are read directly into the body, at most
// kLargestRead at a time, so that other connections are not delayed.
constexpr std::uint64_t kLargeRest = std::uint64_t{16} * 1024;
constexpr std::uint64_t kLargestRead = std::uint64_t{256} * 1024;

constexpr Reject kNoMemory = {503, "not enough memory for the request; try again later"};
constexpr std::string_view kSwitchingProtocols =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";

}  // namespace

void Http1Session::start(Transport& transport) {
  transport_ = &transport;
  loop_ = &transport.loop();
  timer_.emplace(*loop_, [this] { on_timer(); });
  settle();
}

void Http1Session::receive(std::string_view bytes) {
  if (state_ == State::kEnded) return;
  if (!has_ahead()) {
    if (may_read_request()) {
      bytes = consume(bytes);
    } else if (receives_pieces()) {
      bytes = read_pieces(*asked_, bytes);
    }
  }
  if (state_ != State::kEnded && !bytes.empty()) {
    ahead_.erase(0, std::exchange(ahead_used_, 0));
    ahead_.append(bytes);
    count_held();
  }
  settle();
  notify_piece();
}

bool Http1Session::receive_from(Source& source) {
  if (receives_pieces()) return receive_piece_from(source);
  if (state_ != State::kBody || head_.framing != Framing::kLength || body_left_ < kLargeRest ||
      !may_read_request() || has_ahead()) {
    return false;
  }
  const std::size_t room = std::min(body_left_, kLargestRead);
  std::string& body = reading_->body.bytes;
  const std::size_t before = body.size();
  if (!make_room(body, before + room, before + body_left_)) return true;
  body.resize_and_overwrite(before + room, [&](char* bytes, std::size_t /*size*/) {
    const std::ptrdiff_t count = source.read(std::span(bytes + before, room));
    return before + static_cast<std::size_t>(std::max<std::ptrdiff_t>(count, 0));
  });
  if (body.size() == before) return true;
  body_left_ -= body.size() - before;
  if (body_left_ == 0) hand_over({});
  settle();
  return true;
}

// Gives up what has arrived of the request, so that there is memory for the answer.
bool Http1Session::out_of_memory() {
  rest_ = {};
  if (state_ == State::kSwitching) return false;
  // The request that is handed over may have its answer: it was given before there was no memory, or when the handler gave the
  // exchange up. What is read ahead comes while an answer is being sent. Another answer would be read as a part of that one.
  const bool has_answer = std::exchange(handing_over_, false) || !may_read_request();
  if (asked_ == nullptr && has_answer) {
    if (state_ != State::kEnded) end(Ending::kLinger);
    transport_->wake();
    return true;
  }
  if (asked_ != nullptr || (state_ != State::kHead && state_ != State::kBody)) return false;
  refuse(kNoMemory, "");
  return true;
}

bool Http1Session::wants_input() const {
  if (state_ == State::kEnded || state_ == State::kSwitching || input_ended_) return false;
  return receives_pieces() ? wants_pieces() : ahead_.size() - ahead_used_ < kMaxAhead;
}

void Http1Session::run_ready() {
  try {
    resume();
  } catch (const std::bad_alloc&) {
    if (!out_of_memory())
      lost(Error(Code::kResourceExhausted, "not enough memory for what was read ahead"));
    transport_->wake();
  }
}

// Goes on with what was read ahead.
void Http1Session::resume() {
  if (has_ahead() && (may_read_request() || receives_pieces())) {
    const std::string_view input = ahead();
    ahead_used_ = ahead_.size();  // so that an answer that is given meanwhile finds only `rest_`
    const std::size_t rest =
        (receives_pieces() ? read_pieces(*asked_, input) : consume(input)).size();
    // If the session has ended meanwhile, ahead_ is empty already.
    ahead_used_ = std::max(ahead_.size(), rest) - rest;
    if (!has_ahead()) clear_ahead();
  }
  settle();
  transport_->wake();
  notify_piece();
}

// Reads requests until the input is used up or one waits for its answer; returns what is left.
std::string_view Http1Session::consume(std::string_view input) {
  while (!input.empty() && may_read_request()) {
    input = state_ == State::kHead ? read_head(input) : read_body(input);
  }
  return input;
}

std::string_view Http1Session::read_head(std::string_view input) {
  if (reading_ == nullptr) {
    reading_ = spare_ != nullptr
                   ? std::move(spare_)
                   : std::make_unique<Http1Exchange>(static_cast<ExchangeOwner&>(*this), *loop_,
                                                     transport_->peer(), context_.account);
    head_parser_.reset();
  }
  // A head that came in one piece is parsed where it lies, and copied once.
  std::string& kept = reading_->head_bytes;
  const bool whole = kept.empty();
  const bool had_begun = head_parser_.begun();
  if (!whole) {
    if (!make_room(kept, kept.size() + input.size(), context_.limits.head_bytes)) return {};
    kept.append(input);
  }
  const std::string_view seen = whole ? input : std::string_view(kept);

  const Step step = head_parser_.parse(seen);
  if (step == Step::kRejected) {
    refuse(head_parser_.reject(), head_parser_.method(seen));
    return {};
  }
  if (step == Step::kMore) {
    if (!had_begun) head_due_ = loop_->now() + context_.limits.head_timeout;
    if (whole && make_room(kept, input.size(), context_.limits.head_bytes)) kept.assign(input);
    return {};
  }
  const std::size_t rest = seen.size() - head_parser_.size();
  kept.resize(std::min(kept.size(), head_parser_.size()));
  if (whole) {
    if (!make_room(kept, head_parser_.size(), context_.limits.head_bytes)) return {};
    kept.assign(input.substr(0, head_parser_.size()));
  }
  if (const auto reject = head_parser_.read(kept, head_, reading_->fields)) {
    refuse(*reject, head_parser_.method(kept));
    return {};
  }
  return begin_body(input.substr(input.size() - rest));
}

std::string_view Http1Session::begin_body(std::string_view rest) {
  reading_->seal(head_);
  body_left_ = head_.content_length;
  if (head_.framing == Framing::kNone || (head_.framing == Framing::kLength && body_left_ == 0)) {
    hand_over(rest);
    return rest;
  }
  if (context_.handler.takes_pieces(reading_->request())) return hand_over_head(rest);
  if (head_.content_length > context_.limits.body_bytes) {
    refuse({413, "the body is too large"}, head_.method);
    return {};
  }
  if (head_.framing == Framing::kLength && context_.account != nullptr &&
      !context_.account->has_room(body_left_) && !transport_->make_room(body_left_)) {
    refuse(kNoMemory, head_.method);
    return {};
  }
  state_ = State::kBody;
  chunk_parser_.reset();
  if (head_.framing == Framing::kLength) {
    const std::size_t reserved = std::min(body_left_, kMaxReserved);
    if (context_.account == nullptr || context_.account->may_reserve(reserved)) {
      grow(reading_->body.bytes, reserved, reserved, reading_->share);
    }
  }
  // A client that has already sent part of the body does not wait for 100 Continue.
  if (head_.expects_continue && rest.empty()) {
    send_continue();
  }
  return rest;
}

std::string_view Http1Session::read_body(std::string_view input) {
  const std::string_view piece =
      head_.framing == Framing::kChunked ? input : input.substr(0, body_left_);
  const std::size_t size = reading_->body.bytes.size();
  const std::size_t most =
      head_.framing == Framing::kChunked ? context_.limits.body_bytes : size + body_left_;
  if (!make_room(reading_->body.bytes, size + piece.size(), most)) return {};
  if (head_.framing == Framing::kChunked) {
    const std::size_t trailers = reading_->body.trailer_text.capacity();
    const auto [step, consumed] = chunk_parser_.parse(input, reading_->body);
    reading_->share.add(reading_->body.trailer_text.capacity() - trailers);
    if (step == Step::kRejected) {
      refuse(chunk_parser_.reject(), head_.method);
      return {};
    }
    if (step == Step::kDone) hand_over(input.substr(consumed));
    return input.substr(consumed);
  }
  reading_->body.bytes.append(piece);
  body_left_ -= piece.size();
  const std::string_view rest = input.substr(piece.size());
  if (body_left_ == 0) hand_over(rest);
  return rest;
}

bool Http1Session::make_room(std::string& buffer, std::size_t size, std::size_t most) {
  if (size <= buffer.capacity()) return true;
  if (grow(buffer, size, most, reading_->share, *transport_)) return true;
  refuse(kNoMemory, state_ == State::kBody ? head_.method : std::string_view());
  return false;
}

void Http1Session::hand_over(std::string_view rest) {
  Http1Exchange& exchange = *reading_;
  exchange.seal_body();
  if (head_.h2c_settings && upgrade(exchange)) return;
  state_ = State::kAnswering;
  // Otherwise the call would wait for the memory that slow readers hold.
  if (context_.account != nullptr && context_.account->exhausted()) transport_->make_room(0);
  asked_ = reading_.release();
  hand_to_handler(rest);
}

void Http1Session::hand_to_handler(std::string_view rest) {
  rest_ = rest;
  handing_over_ = true;
  context_.handler.handle(ExchangePtr(asked_));
  handing_over_ = false;
  rest_ = {};
}

bool Http1Session::upgrade(Http1Exchange& exchange) {
  if (!context_.upgrade || draining_ || leaving_) return false;
  next_ = context_.upgrade(*head_.h2c_settings, exchange.request());
  if (next_ == nullptr) return false;
  state_ = State::kSwitching;
  out_.text() += kSwitchingProtocols;
  transport_->wake();
  return true;
}

std::unique_ptr<Session> make_session(const SessionContext& context) {
  return std::make_unique<Http1Session>(context);
}

}  // namespace ofn::wire::http1
