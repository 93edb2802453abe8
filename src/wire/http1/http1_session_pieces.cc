// Reads bodies that the handler takes in pieces while it has the request.
#include <algorithm>
#include <limits>

#include "wire/http1/http1_session_impl.h"

namespace ofn::wire::http1 {

namespace {

// A piece is read directly into its place if at least this much of the place is there. Otherwise it is copied, so that the place
// grows only by what has arrived.
constexpr std::size_t kWorthReading = std::size_t{16} * 1024;

constexpr Reject kNoMemory = {503, "not enough memory for the request; try again later"};

}  // namespace

std::string_view Http1Session::hand_over_head(std::string_view rest) {
  // Some memory must be there to begin with.
  if (context_.account != nullptr && !context_.account->has_room(kPieceBytes) &&
      !transport_->make_room(kPieceBytes)) {
    refuse(kNoMemory, head_.method);
    return {};
  }
  Http1Exchange& exchange = *reading_;
  exchange.begin_pieces(head_);
  // A client that has already sent part of the body does not wait for 100 Continue.
  exchange.incoming.begin(head_.expects_continue && rest.empty() ? IncomingBody::Expects::kContinue
                                                                 : IncomingBody::Expects::kNothing);
  chunk_parser_.reset(std::numeric_limits<std::uint64_t>::max());
  state_ = State::kAnswering;
  asked_ = reading_.release();
  rest = read_pieces(exchange, rest);
  hand_to_handler(rest);
  return rest;
}

bool Http1Session::wants_pieces() const {
  return !has_ahead() && asked_->body.bytes.size() < kPieceBytes;
}

// Returns how many of `wanted` bytes fit. If there is no memory for more, those that have memory already wait for the handler; if
// there are none, the body has failed.
std::size_t Http1Session::room_for_piece(Http1Exchange& exchange, std::size_t wanted) {
  std::string& bytes = exchange.body.bytes;
  wanted = std::min(wanted, kPieceBytes - bytes.size());
  if (grow(bytes, bytes.size() + wanted, kPieceBytes, exchange.share, *transport_)) return wanted;
  // The transport may have ended this connection to make room.
  if (&exchange != asked_) return 0;
  // Pieces that fit into the string itself would take for ever.
  const std::size_t room =
      bytes.capacity() > std::string().capacity() ? bytes.capacity() - bytes.size() : 0;
  if (room == 0 && bytes.empty()) fail_body(BodyProgress::kNoMemory);
  return std::min(room, wanted);
}

// Puts as much as fits into the exchange; returns what is left.
std::string_view Http1Session::read_pieces(Http1Exchange& exchange, std::string_view input) {
  while (!input.empty() && exchange.incoming.is_open()) {
    exchange.incoming.arrived();
    const std::uint64_t most = head_.framing == Framing::kChunked ? input.size() : body_left_;
    const std::size_t room = room_for_piece(
        exchange, static_cast<std::size_t>(std::min<std::uint64_t>(most, input.size())));
    if (room == 0 || &exchange != asked_) break;
    if (head_.framing == Framing::kLength) {
      exchange.body.bytes.append(input.substr(0, room));
      input.remove_prefix(room);
      body_left_ -= room;
      if (body_left_ == 0) exchange.incoming.end();
      continue;
    }
    const std::size_t trailers = exchange.body.trailer_text.capacity();
    const auto [step, consumed] = chunk_parser_.parse(input.substr(0, room), exchange.body);
    exchange.share.add(exchange.body.trailer_text.capacity() - trailers);
    if (step == Step::kRejected) {
      fail_body(BodyProgress::kMalformed);
      return {};
    }
    if (step == Step::kDone) exchange.incoming.end();
    input.remove_prefix(consumed);
  }
  return input;
}

bool Http1Session::receive_piece_from(Source& source) {
  Http1Exchange& exchange = *asked_;
  std::string& bytes = exchange.body.bytes;
  const std::size_t before = bytes.size();
  const std::size_t place = bytes.capacity() - before;
  if (head_.framing != Framing::kLength || has_ahead() || body_left_ < kWorthReading ||
      place < kWorthReading)
    return false;
  const auto room =
      static_cast<std::size_t>(std::min<std::uint64_t>({body_left_, place, kPieceBytes - before}));
  if (room == 0) return false;
  bytes.resize_and_overwrite(before + room, [&](char* at, std::size_t /*size*/) {
    const std::ptrdiff_t count = source.read(std::span(at + before, room));
    return before + static_cast<std::size_t>(std::max<std::ptrdiff_t>(count, 0));
  });
  if (bytes.size() == before) return true;
  exchange.incoming.arrived();
  body_left_ -= bytes.size() - before;
  if (body_left_ == 0) exchange.incoming.end();
  settle();
  notify_piece();
  return true;
}

// The answer is the handler's, which learns of it when it takes the next piece. The connection ends behind it.
void Http1Session::fail_body(BodyProgress why) {
  asked_->incoming.fail(why);
  free_memory(asked_->body.bytes);
}

void Http1Session::send_continue() {
  out_.text() += "HTTP/1.1 100 Continue\r\n\r\n";
  transport_->wake();
}

void Http1Session::want_piece(Http1Exchange& exchange) {
  if (&exchange != asked_ || !exchange.incoming.take_continue()) return;
  if (!exchange.has_begun_answer()) send_continue();
  settle();
}

// May be called from inside receive(), so that it only leaves notes.
void Http1Session::piece_taken(Http1Exchange& exchange) {
  if (&exchange != asked_) return;
  if (!unread().empty()) loop_->run_soon(*this);
  settle();
  transport_->wake();
}

}  // namespace ofn::wire::http1
