#include "kit/client.h"

#include <algorithm>
#include <utility>

namespace ofn::kit {

Client::Client(Loop& loop, testing::Call call, std::shared_ptr<Received> received)
    : loop_(loop), call_(std::move(call)), received_(std::move(received)) {
  for (const auto& [name, value] : call_.fields) fields_.push_back({name, value});
  body_ = call_.body;
  for (const std::string& piece : call_.pieces) body_ += piece;
  message_.method = call_.method;
  message_.target = call_.target;
  message_.scheme = "http";
  message_.authority = "test";
  message_.fields = fields_;
  message_.body = body_;
  message_.body_bytes = &body_;
  message_.peer = "127.0.0.1:1";
}

Client::~Client() {
  received_->is_released = true;
  if (!received_->is_answered || (!has_finished_ && on_room_)) received_->is_broken_off = true;
}

void Client::send_in_pieces() {
  to_send_.assign(call_.pieces.begin(), call_.pieces.end());
  if (to_send_.empty() && !body_.empty()) {
    message_.content_length = body_.size();
    to_send_.push_back(body_);
    ends_ = true;
  } else if (call_.pieces.empty()) {
    ends_ = true;
  }
  message_.in_pieces = true;
  message_.body = std::string_view();
  message_.body_bytes = nullptr;
}

bool Client::has_no_body() const {
  return call_.method == "HEAD" || !wire::allows_body(received_->status);
}

void Client::take_head(const Response& head, std::span<const Field> extra) {
  received_->is_answered = true;
  received_->status = head.status();
  received_->fields = head.headers();
  for (const Field& field : extra)
    received_->fields.push_back({std::string(field.name), std::string(field.value)});
  // As the wire adds it.
  if (head.find_header("content-type") == nullptr && wire::allows_body(head.status()))
    received_->fields.push_back({"Content-Type", "text/plain; charset=utf-8"});
}

void Client::respond(Response&& response, std::span<const Field> extra,
                     std::span<const Field> /*trailers*/) {
  take_head(response, extra);
  has_finished_ = true;
  if (!has_no_body()) received_->body = std::move(response).body();
}

void Client::begin(Response head, std::span<const Field> extra, std::function<void()> on_room) {
  take_head(head, extra);
  on_room_ = std::move(on_room);
}

void Client::write(std::string_view bytes) {
  if (has_no_body() || has_left_ || bytes.empty()) return;
  received_->pieces.emplace_back(bytes);
  received_->body += bytes;
  unread_ += bytes.size();
  if (call_.reads_at_once == 0) read(unread_);
}

void Client::finish(std::span<const Field> trailers) {
  has_finished_ = true;
  for (const Field& field : trailers)
    received_->trailers.push_back({std::string(field.name), std::string(field.value)});
}

void Client::abort() { received_->is_broken_off = true; }

wire::BodyProgress Client::take_piece(std::string& piece) {
  piece.swap(arrived_);
  arrived_.clear();
  return progress_;
}

bool Client::send_next() {
  if (!message_.in_pieces || progress_ != wire::BodyProgress::kMore || !arrived_.empty() ||
      !on_piece_)
    return false;
  if (!to_send_.empty()) {
    arrived_ = std::move(to_send_.front());
    to_send_.pop_front();
    if (to_send_.empty() && ends_ && !call_.breaks_off) progress_ = wire::BodyProgress::kComplete;
    on_piece_();
    return true;
  }
  if (!ends_) return false;
  if (call_.breaks_off) {
    leave();
  } else {
    progress_ = wire::BodyProgress::kComplete;
    on_piece_();
  }
  return true;
}

bool Client::may_read() const {
  return unread_ > 0 && !has_left_ && !reads_by_hand_ && call_.reads_at_once > 0;
}

bool Client::act() {
  if (send_next()) return true;
  if (call_.leaves_after && *call_.leaves_after == 0 && !has_left_ && on_abandoned_) {
    leave();
    return true;
  }
  if (!may_read()) return false;
  read(call_.reads_at_once);
  return true;
}

void Client::read(std::size_t bytes) {
  bytes = std::min(bytes, unread_);
  unread_ -= bytes;
  read_ += bytes;
  if (call_.leaves_after && read_ >= *call_.leaves_after) {
    received_->body.resize(std::min(received_->body.size(), *call_.leaves_after));
    return loop_.post([received = received_, this] {
      if (!received->is_released) leave();
    });
  }
  if (on_room_)
    loop_.post([received = received_, this] {
      if (!received->is_released && on_room_) on_room_();
    });
}

void Client::leave() {
  if (std::exchange(has_left_, true)) return;
  received_->is_broken_off = true;
  unread_ = 0;
  if (progress_ == wire::BodyProgress::kMore && message_.in_pieces) {
    progress_ = wire::BodyProgress::kLeft;
    if (on_piece_) on_piece_();
  }
  if (const auto callback = std::exchange(on_abandoned_, nullptr)) callback();
}

}  // namespace ofn::kit
