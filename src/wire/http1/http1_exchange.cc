#include "wire/http1/http1_exchange.h"

#include <algorithm>
#include <utility>

#include "base/free_memory.h"
#include "wire/field_rules.h"
#include "wire/http1/kept.h"

namespace ofn::wire::http1 {

namespace {

void clear(std::string& bytes) {
  bytes.clear();
  if (bytes.capacity() > kKept) free_memory(bytes);
}

}  // namespace

void Http1Exchange::seal(const Head& head) {
  if (head.several_cookies) join_several_cookies();
  message_.method = head.method;
  message_.target = head.target;
  message_.scheme = head.scheme;
  message_.authority = head.authority;
  message_.fields = fields;
  message_.peer = peer_;
  message_.version = head.http10 ? Version::kHttp10 : Version::kHttp11;
  if (head.target.front() == '?') {  // "http://host?x": the path is "/" (RFC 9112 §3.2.1)
    target = '/';
    target += head.target;
    message_.target = target;
  }
}

void Http1Exchange::seal_body() {
  message_.trailers = body.trailers;
  message_.body = body.bytes;
  message_.body_bytes = &body.bytes;
}

void Http1Exchange::begin_pieces(const Head& head) {
  message_.in_pieces = true;
  if (head.framing == Framing::kLength) message_.content_length = head.content_length;
}

BodyProgress Http1Exchange::take_piece(std::string& piece) {
  if (owner_ == nullptr && incoming.is_open()) incoming.fail(BodyProgress::kLeft);
  if (!incoming.is_open() && !incoming.is_complete()) return incoming.progress();
  piece.swap(body.bytes);
  if (owner_ != nullptr && !piece.empty()) owner_->piece_taken(*this);
  return incoming.progress();
}

// One field behind the rest, as over HTTP/2.
void Http1Exchange::join_several_cookies() {
  cookies = join_cookies(fields);
  const auto is_cookie = [](const Field& field) { return same_field_name(field.name, "cookie"); };
  const std::string_view name = std::ranges::find_if(fields, is_cookie)->name;
  std::erase_if(fields, is_cookie);
  fields.push_back({.name = name, .value = cookies});
}

void Http1Exchange::reset() {
  message_ = {};
  clear(head_bytes);
  clear(target);
  clear(cookies);
  clear(body.bytes);
  if (share.taken() > 0) share.release();
  clear(body.trailer_text);
  body.trailers.clear();
  fields.clear();
  incoming.reset();
  answer_.reset();
}

void Http1Exchange::respond(Response&& response, std::span<const Field> extra,
                            std::span<const Field> /*trailers*/) {
  answer_.respond();
  if (owner_ != nullptr) owner_->answer(*this, std::move(response), extra);
}

void Http1Exchange::begin(Response head, std::span<const Field> extra,
                          std::function<void()> on_room) {
  answer_.begin(std::move(on_room));
  if (owner_ != nullptr) owner_->begin_answer(head, extra);
}

void Http1Exchange::write(std::string_view bytes) {
  answer_.check_open();
  if (owner_ != nullptr && !bytes.empty()) owner_->write_body(bytes);
}

void Http1Exchange::finish(std::span<const Field> trailers) {
  answer_.finish();
  if (owner_ != nullptr) owner_->finish_answer(*this, trailers);
}

void Http1Exchange::abort() {
  answer_.finish();
  if (owner_ != nullptr) owner_->abort_answer(*this);
}

void Http1Exchange::release() {
  if (owner_ == nullptr) {
    delete this;
  } else {
    owner_->take_back(*this);
  }
}

}  // namespace ofn::wire::http1
