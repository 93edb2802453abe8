#include "wire/http2/server_stream.h"

#include <charconv>
#include <utility>

#include "base/free_memory.h"
#include "wire/authority.h"
#include "wire/field_rules.h"

namespace ofn::wire::http2 {

namespace {

// Where the peer's name is kept, before all that it sends: no field can have this name.
constexpr std::string_view kPeer = ":peer";
// RFC 9113 §6.5.2: what a field costs in SETTINGS_MAX_HEADER_LIST_SIZE.
constexpr std::size_t kFieldOverhead = 32;
// A head that is so many times over the limit is no mistake: in HPACK a byte stands for a field of
// 4 KB. It is not decoded to its end.
constexpr std::size_t kBearable = 4;
// A body's buffer that is kept for the next request.
constexpr std::size_t kKeptBody = 1024;
// An answer's body that is not counted: all streams of a connection hold no more than 100 KB in them.
constexpr std::size_t kSmallAnswer = 1024;

std::string_view* pseudo_field(Message& message, std::string_view name) {
  if (name == ":method") return &message.method;
  if (name == ":path") return &message.target;
  if (name == ":scheme") return &message.scheme;
  if (name == ":authority") return &message.authority;
  if (name == kPeer) return &message.peer;
  return nullptr;
}

// The two schemes there are for us (RFC 9110 §4.2), whatever their case; empty: another one.
std::string_view known_scheme(std::string_view scheme) {
  for (const std::string_view known : {"http", "https"}) {
    if (same_field_name(scheme, known)) return known;
  }
  return {};
}

// As gRPC has it (grpc/doc/statuscodes.md).
std::string grpc_status_of(int http_status) {
  switch (http_status) {
    case 408:
      return "4";  // DEADLINE_EXCEEDED
    case 413:
    case 414:
    case 431:
      return "8";  // RESOURCE_EXHAUSTED
    case 503:
      return "14";  // UNAVAILABLE
    default:
      return "13";  // INTERNAL
  }
}

}  // namespace

void ServerStream::respond(Response&& response, std::span<const Field> extra,
                           std::span<const Field> trailers) {
  answer_.respond();
  if (!state_.open || owner_ == nullptr) return;
  response_ = std::move(response);
  if (response_.body().size() > kSmallAnswer) share_.add(response_.body().capacity());
  for (const Field& field : trailers) answer_trailers_.add(field.name, field.value);
  owner_->send_answer(*this, extra);
}

void ServerStream::begin(Response head, std::span<const Field> extra,
                         std::function<void()> on_room) {
  answer_.begin(std::move(on_room));
  if (!state_.open || owner_ == nullptr) return;
  response_ = std::move(head);
  owner_->send_answer(*this, extra);
}

bool ServerStream::sends_pieces() const {
  return state_.open && owner_ != nullptr && !is_head_request() && allows_body(response_.status());
}

void ServerStream::write(std::string_view bytes) {
  answer_.check_open();
  if (bytes.empty() || !sends_pieces()) return;
  pieces_.erase(0, std::exchange(notes.sent, 0));
  const std::size_t before = pieces_.capacity();
  pieces_ += bytes;
  if (pieces_.capacity() > before) share_.add(pieces_.capacity() - before);
  owner_->send_more(*this);
}

void ServerStream::finish(std::span<const Field> trailers) {
  answer_.finish();
  if (!sends_pieces()) return;
  for (const Field& field : trailers) answer_trailers_.add(field.name, field.value);
  owner_->send_more(*this);
}

void ServerStream::abort() {
  answer_.finish();
  if (state_.open && owner_ != nullptr) owner_->give_up(*this);
}

void ServerStream::open(std::int32_t id, std::string_view peer, SteadyTime now) {
  id_ = id;
  state_.open = true;
  notes.last_progress = now;
  head_.add(kPeer, peer);
}

bool ServerStream::add_field(std::string_view name, std::string_view value, const Limits& limits) {
  FieldBlock& block = state_.in_trailers ? trailer_block_ : head_;
  std::size_t& bytes = state_.in_trailers ? state_.trailer_bytes : state_.head_bytes;
  bool& too_large = state_.in_trailers ? state_.trailers_too_large : state_.head_too_large;
  // Method, path, scheme, authority and peer are no fields.
  constexpr std::size_t kNoFields = 5;
  const std::size_t most = state_.in_trailers ? limits.trailer_bytes : limits.head_bytes;
  if (state_.in_trailers && may_not_trail(name)) state_.bad_trailer = true;
  bytes += name.size() + value.size() + kFieldOverhead;
  if (bytes > most || block.size() >= limits.head_fields + kNoFields) too_large = true;
  // Also of a head that is too large: its caller understands no other refusal.
  if (name == "content-type" && !state_.in_trailers) state_.grpc = is_grpc_content_type(value);
  if (!too_large) block.add(name, value);
  return bytes <= kBearable * most;
}

HeadVerdict ServerStream::check_head(const Limits& limits) {
  message_.version = Version::kHttp2;
  std::size_t pseudo = 0;
  std::span<const Field> all = head_.seal();
  for (const Field& field : all) {
    std::string_view* place = pseudo_field(message_, field.name);
    if (place == nullptr) break;
    *place = field.value;
    ++pseudo;
  }
  message_.fields = all.subspan(pseudo);
  if (state_.head_too_large || message_.fields.size() > limits.head_fields)
    return HeadVerdict::refused(431);

  const Field* host = find_field(message_.fields, "host");
  if (message_.authority.empty() && host != nullptr) message_.authority = host->value;
  if (!valid_authority(message_.authority)) return HeadVerdict::malformed();
  // RFC 9113 §8.3.1: a Host that names another one is malformed. An absolute target has no such rule over HTTP/1.1.
  if (host != nullptr && !same_field_name(host->value, message_.authority))
    return HeadVerdict::malformed();
  if (message_.method == "CONNECT" || message_.method.size() > kMaxMethod)
    return HeadVerdict::refused(501);
  message_.scheme = known_scheme(message_.scheme);
  if (message_.scheme.empty()) return HeadVerdict::malformed();
  if (const HeadVerdict verdict = check_target(limits); verdict.kind != HeadVerdict::Kind::kGood) {
    return verdict;
  }

  for (const Field& field : message_.fields) {
    if (field.name == "content-length") {
      std::size_t size = 0;
      const char* const begin = field.value.data();
      const char* const end = begin + field.value.size();
      const auto [at, error] = std::from_chars(begin, end, size);
      if (error != std::errc() || at != end) return HeadVerdict::malformed();
      state_.content_length = size;
    } else if (field.name == "expect") {
      if (!same_field_name(field.value, "100-continue")) return HeadVerdict::refused(417);
      state_.expects_continue = true;
    }
  }
  if (host == nullptr) name_host(pseudo);
  return HeadVerdict::good();
}

// A function finds the authority in Host whatever the version. The pseudo fields have been read: the last one has room.
void ServerStream::name_host(std::size_t pseudo) {
  head_.replace(pseudo - 1, {.name = "host", .value = message_.authority});
  message_.fields = head_.fields().subspan(pseudo - 1);
}

HeadVerdict ServerStream::check_target(const Limits& limits) const {
  if (message_.target == "*") {
    return message_.method == "OPTIONS" ? HeadVerdict::good() : HeadVerdict::malformed();
  }
  if (!message_.target.starts_with('/')) return HeadVerdict::malformed();
  if (message_.target.size() > limits.target_bytes) return HeadVerdict::refused(414);
  return well_formed_target(message_.target) ? HeadVerdict::good() : HeadVerdict::malformed();
}

Response ServerStream::refusal(int status, std::string_view reason) const {
  if (!state_.grpc) return Response(std::string(reason) + "\n").status(status);
  // A gRPC client reads every HTTP status but a few as UNKNOWN.
  return Response()
      .header("content-type", "application/grpc")
      .header("grpc-status", grpc_status_of(status))
      .header("grpc-message", std::string(reason));
}

void ServerStream::drop_head() {
  message_ = {};
  head_.clear();
  trailer_block_.clear();
}

void ServerStream::shed() {
  if (!state_.shared) drop_head();
  if (held_by_peer() == 0) return;
  if (!state_.shared || incoming.is_open()) free_memory(body_);
  free_memory(response_);
  free_memory(pieces_);
  notes.sent = 0;
  share_.release();
}

ExchangePtr ServerStream::give_to_handler() {
  message_.body = body_;
  message_.body_bytes = &body_;
  message_.trailers = trailer_block_.seal();
  state_.shared = true;
  return ExchangePtr(this);
}

ExchangePtr ServerStream::give_head_to_handler() {
  incoming.begin(state_.expects_continue ? IncomingBody::Expects::kContinue
                                         : IncomingBody::Expects::kNothing);
  message_.in_pieces = true;
  message_.content_length = state_.content_length;
  state_.shared = true;
  return ExchangePtr(this);
}

void ServerStream::end_pieces() {
  body_trailers_ = trailer_block_.seal();
  incoming.end();
}

BodyProgress ServerStream::take_piece(std::string& piece) {
  if (!incoming.is_open() && !incoming.is_complete()) return incoming.progress();
  piece.swap(body_);
  if (!piece.empty() && owner_ != nullptr) owner_->piece_taken(*this, piece.size());
  return incoming.progress();
}

void ServerStream::close() {
  state_.open = false;
  if (!state_.shared) return let_go();
  if (incoming.is_open()) {
    incoming.fail(BodyProgress::kLeft);
    incoming.notify();
  }
  if (answer_.complete()) return;
  // A HEAD's stream is complete with the head, whatever its function goes on to write.
  if (notes.complete) return;
  answer_.abandon();  // may let go
}

void ServerStream::warn() {
  if (!state_.shared || notes.complete) return;
  answer_.warn();  // may let go
}

void ServerStream::release() {
  state_.shared = false;
  answer_.forget_callbacks();
  incoming.on_piece(nullptr);
  if (!state_.open) return let_go();
  if (!answer_.complete() && owner_ != nullptr) owner_->give_up(*this);
}

void ServerStream::let_go() {
  if (owner_ == nullptr) {
    delete this;
    return;
  }
  // Everything of the request goes; buffers of an ordinary size stay.
  head_.clear();
  trailer_block_.clear();
  answer_trailers_.clear();
  body_.clear();
  share_.release();
  if (body_.capacity() > kKeptBody) free_memory(body_);
  message_ = {};
  free_memory(response_);
  free_memory(pieces_);
  state_ = {};
  body_trailers_ = {};
  incoming.reset();
  answer_.reset();
  owner_->take_back(*this, std::exchange(notes, {}).reserved);
}

}  // namespace ofn::wire::http2
