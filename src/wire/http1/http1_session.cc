#include "wire/http1/http1_session.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/free_memory.h"
#include "wire/http1/chunk_parser.h"
#include "wire/http1/head_parser.h"
#include "wire/http1/http1_exchange.h"
#include "wire/http1/kept.h"
#include "wire/http1/output.h"
#include "wire/http1/response_writer.h"

namespace ofn::wire::http1 {

namespace {

// How much is read ahead while a request is being answered. Reading goes on at all to notice a lost
// connection, and to have a pipelining peer's next requests at hand.
constexpr std::size_t kMaxAhead = std::size_t{16} * 1024;
// No further request is begun while this much waits for the peer to take it.
constexpr std::size_t kMaxUnsent = std::size_t{64} * 1024;
// Memory reserved on a peer's word, while there is plenty; more is taken as the body arrives.
constexpr std::uint64_t kMaxReserved = std::uint64_t{1024} * 1024;
// So much of a body is still to come that it is read to where it belongs, and so much of it at once: other connections wait.
constexpr std::uint64_t kLargeRest = std::uint64_t{16} * 1024;
constexpr std::uint64_t kLargestRead = std::uint64_t{256} * 1024;

constexpr Reject kNoMemory = {503, "not enough memory for the request; try again later"};
constexpr Reject kTooSlow = {
    503, "the request arrives too slowly while memory is short; try again later"};

constexpr Reject kNotTaken = {
    503, "the peer does not take the response while memory is short; try again later"};

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view kSwitchingProtocols =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";

class Http1Session final : public Session, private ExchangeOwner, private Ready {
 public:
  explicit Http1Session(const SessionContext& context)
      : context_(context),
        head_parser_(context.limits),
        chunk_parser_(context.limits),
        share_(context.account) {}
  ~Http1Session() override { part(); }

  void start(Transport& transport) override;
  void receive(std::string_view bytes) override;
  bool receive_from(Source& source) override;
  bool out_of_memory() override;
  void input_ended() override;
  void lost(const Error& error) override;
  bool wants_input() const override;
  std::size_t gather(std::span<std::string_view> buffers) override { return out_.gather(buffers); }
  bool may_gather() const override { return !out_.empty(); }
  void sent(std::size_t count) override;
  Ending ending() const override { return ending_; }
  void drain() override;
  bool idle() const override;
  std::size_t held_by_peer() const override;
  void shed() override;

 private:
  enum class State : std::uint8_t {
    kHead,       // reads a head, or waits for one
    kBody,       // reads a body
    kAnswering,  // the handler has the request
    kSwitching,  // 101 is being written; the next session follows
    kEnded,      // our last answer is queued
  };

  enum class After : std::uint8_t { kNextRequest, kClose };

  // ExchangeOwner
  void answer(Http1Exchange& exchange, Response&& response, std::span<const Field> extra) override;
  void begin_answer(const Response& head, std::span<const Field> extra) override;
  void write_body(std::string_view bytes) override;
  std::size_t unsent() const override { return out_.size(); }
  void finish_answer(Http1Exchange& exchange, std::span<const Field> trailers) override;
  void abort_answer(Http1Exchange& exchange) override;
  void take_back(Http1Exchange& exchange) override;

  void run_ready() override { resume(); }
  void resume();
  std::string_view consume(std::string_view input);
  std::string_view read_head(std::string_view input);
  std::string_view read_body(std::string_view input);
  std::string_view begin_body(std::string_view rest);
  void hand_over();
  bool upgrade(Http1Exchange& exchange);
  ResponseContext context_of(std::span<const Field> extra, After after);
  void answered(Http1Exchange& exchange, After after);
  // What follows an answer in pieces.
  After after_pieces() const {
    return !head_.keep_alive || body_end_ == BodyEnd::kClose ? After::kClose : After::kNextRequest;
  }
  void refuse(const Reject& reject, std::string_view method);
  // Makes room in a buffer of the request that is being read, whatever slow peers lose for it. Returns false if there is
  // none; the request is refused then.
  bool make_room(std::string& buffer, std::size_t size, std::size_t most);
  void count_buffers();
  void count_held();
  void end(Ending ending);
  void settle();
  void on_timer();
  void part();

  std::string_view ahead() const { return std::string_view(ahead_).substr(ahead_used_); }
  bool has_ahead() const { return ahead_used_ < ahead_.size(); }
  // One read may have brought much more than is read ahead otherwise.
  void clear_ahead() {
    ahead_.clear();
    ahead_used_ = 0;
    if (ahead_.capacity() > kKept) free_memory(ahead_);
  }
  bool may_read_request() const {
    return (state_ == State::kHead || state_ == State::kBody) && !out_.has_body() &&
           out_.size() < kMaxUnsent;
  }
  bool between_requests() const { return state_ == State::kHead && !head_parser_.begun(); }

  const SessionContext& context_;
  Transport* transport_ = nullptr;
  Loop* loop_ = nullptr;        // the transport's
  std::optional<Timer> timer_;  // the present state's time limit
  HeadParser head_parser_;
  ChunkParser chunk_parser_;
  Head head_;
  std::uint64_t body_left_ = 0;  // of Framing::kLength
  Output out_;
  MemoryShare share_;  // of the account, for out_ and ahead_
  std::string ahead_;  // received, not looked at yet
  std::size_t ahead_used_ = 0;
  SteadyTime head_due_;
  std::unique_ptr<Http1Exchange> reading_;  // of the request that is being read
  std::unique_ptr<Http1Exchange> spare_;
  Http1Exchange* asked_ = nullptr;     // the handler's, not answered
  Http1Exchange* answered_ = nullptr;  // the handler's, answered and not given back yet
  std::unique_ptr<Session> next_;
  State state_ = State::kHead;
  Ending ending_ = Ending::kOpen;
  BodyEnd body_end_ = BodyEnd::kLength;  // of an answer in pieces
  bool drops_body_ = false;              // of it: there is no room for one
  bool input_ended_ = false;
  bool draining_ = false;
};

void Http1Session::start(Transport& transport) {
  transport_ = &transport;
  loop_ = &transport.loop();
  timer_.emplace(*loop_, [this] { on_timer(); });
  settle();
}

// --- Input ---------------------------------------------------------------------------------------

void Http1Session::receive(std::string_view bytes) {
  if (state_ == State::kEnded) return;
  if (may_read_request() && !has_ahead()) bytes = consume(bytes);
  if (state_ != State::kEnded && !bytes.empty()) {
    ahead_.erase(0, std::exchange(ahead_used_, 0));
    ahead_.append(bytes);
    count_held();
  }
  settle();
}

bool Http1Session::receive_from(Source& source) {
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
  if (body_left_ == 0) hand_over();
  settle();
  return true;
}

// What had come of the request is given up, so that there is memory for the answer.
bool Http1Session::out_of_memory() {
  if (asked_ != nullptr || (state_ != State::kHead && state_ != State::kBody)) return false;
  refuse(kNoMemory, "");
  return true;
}

bool Http1Session::wants_input() const {
  return state_ != State::kEnded && state_ != State::kSwitching && !input_ended_ &&
         ahead_.size() - ahead_used_ < kMaxAhead;
}

// Goes on with what was read ahead.
void Http1Session::resume() {
  if (may_read_request() && has_ahead()) {
    const std::size_t rest = consume(ahead()).size();
    // The end, when it came meanwhile, has cleared it already.
    ahead_used_ = std::max(ahead_.size(), rest) - rest;
    if (!has_ahead()) clear_ahead();
  }
  settle();
  transport_->wake();
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
  body_left_ = head_.content_length;
  if (head_.framing == Framing::kNone || (head_.framing == Framing::kLength && body_left_ == 0)) {
    hand_over();
    return rest;
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
  // A peer that has sent some of the body does not wait for our word.
  if (head_.expects_continue && rest.empty()) {
    out_.text() += kContinue;
    transport_->wake();
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
    if (step == Step::kDone) hand_over();
    return input.substr(consumed);
  }
  reading_->body.bytes.append(piece);
  body_left_ -= piece.size();
  if (body_left_ == 0) hand_over();
  return input.substr(piece.size());
}

// --- Requests and answers ------------------------------------------------------------------------

void Http1Session::hand_over() {
  Http1Exchange& exchange = *reading_;
  exchange.seal(head_);
  if (head_.h2c_settings && upgrade(exchange)) return;
  state_ = State::kAnswering;
  // Else the call would wait for what slow readers hold.
  if (context_.account != nullptr && context_.account->exhausted()) transport_->make_room(0);
  asked_ = reading_.release();
  context_.handler.handle(ExchangePtr(asked_));
}

bool Http1Session::upgrade(Http1Exchange& exchange) {
  if (!context_.upgrade || draining_) return false;
  next_ = context_.upgrade(*head_.h2c_settings, exchange.request());
  if (next_ == nullptr) return false;
  state_ = State::kSwitching;
  out_.text() += kSwitchingProtocols;
  transport_->wake();
  return true;
}

void Http1Session::answer(Http1Exchange& exchange, Response&& response,
                          std::span<const Field> extra) {
  const bool is_last = !head_.keep_alive || (!has_ahead() && (draining_ || input_ended_));
  const After after = is_last ? After::kClose : After::kNextRequest;
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
  drops_body_ = head_.method == "HEAD" || body_end_ == BodyEnd::kLength;
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
  answered(exchange, after_pieces());
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

// The whole answer is queued: on to the next request.
void Http1Session::answered(Http1Exchange& exchange, After after) {
  OFN_CHECK(&exchange == asked_);
  asked_ = nullptr;
  if (answered_ != nullptr) answered_->detach();  // held for long: another call's business now
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
  if (&exchange == answered_) answered_ = nullptr;
  exchange.reset();
  spare_.reset(&exchange);
}

void Http1Session::refuse(const Reject& reject, std::string_view method) {
  const RequestId id =
      context_.refused ? context_.refused(*transport_, reject.status, reject.reason) : RequestId();
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
  if (reading_ != nullptr) reading_->reset();  // its memory is not kept while the peer goes on
  end(Ending::kLinger);
  transport_->wake();
}

// --- Output, time and endings --------------------------------------------------------------------

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

void Http1Session::input_ended() {
  input_ended_ = true;
  if (asked_ != nullptr) asked_->warn();
  settle();
  transport_->wake();
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

bool Http1Session::make_room(std::string& buffer, std::size_t size, std::size_t most) {
  if (size <= buffer.capacity()) return true;
  if (grow(buffer, size, most, reading_->share, *transport_)) return true;
  refuse(kNoMemory, state_ == State::kBody ? head_.method : std::string_view());
  return false;
}

// The buffers that wait to be written or looked at. Small ones are the connection's own, which are not counted.
void Http1Session::count_buffers() {
  const std::size_t held = out_.capacity() + ahead_.capacity();
  if (held <= 3 * kKept && share_.taken() == 0) return;
  share_.set(held <= 3 * kKept ? 0 : held);
}

void Http1Session::count_held() {
  count_buffers();
  if (share_.taken() > 0 && context_.account->exhausted()) transport_->make_room(0);
}

std::size_t Http1Session::held_by_peer() const {
  if (state_ == State::kEnded && ending_ == Ending::kAbort) return 0;
  const std::size_t read = reading_ != nullptr ? reading_->share.taken() : 0;
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
    // The session drops what may be the middle of an answer. So the function that writes the rest must not reach the peer.
    end(Ending::kAbort);
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

// After everything that happened: is it over, and if not, how long may the present state last?
void Http1Session::settle() {
  if (!has_ahead()) {
    if (between_requests() && (draining_ || input_ended_)) {
      // One that was idle has nothing left to read, and a process that ends need not wait for it.
      const bool idle = draining_ && !input_ended_ && out_.empty() && answered_ == nullptr;
      end(idle ? Ending::kClose : Ending::kLinger);
    } else if (input_ended_ && (state_ == State::kHead || state_ == State::kBody)) {
      on_timer();  // the rest will not come
    }
  }
  switch (state_) {
    case State::kHead:
      if (head_parser_.begun()) {
        timer_->arm(head_due_);
      } else if (out_.empty() && !has_ahead()) {
        timer_->arm(loop_->now() + context_.limits.idle_timeout);
      } else {
        timer_->disarm();  // not idle: the transport watches over what the peer does not take
      }
      break;
    case State::kBody:
      timer_->arm(loop_->now() + context_.limits.body_timeout);
      break;
    case State::kAnswering:
    case State::kSwitching:
    case State::kEnded:
      timer_->disarm();  // others watch over these: serving's deadline, the transport's patience
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
  }
  transport_->wake();
}

// Tells and leaves the exchanges that the handler holds.
void Http1Session::part() {
  if (Http1Exchange* const exchange = std::exchange(asked_, nullptr)) {
    exchange->detach();
    exchange->abandon();  // may release it
  }
  if (Http1Exchange* const exchange = std::exchange(answered_, nullptr)) exchange->detach();
}

}  // namespace

std::unique_ptr<Session> make_session(const SessionContext& context) {
  return std::make_unique<Http1Session>(context);
}

}  // namespace ofn::wire::http1
