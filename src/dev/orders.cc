#include "dev/orders.h"

#include <utility>

namespace ofn::dev {

using Sent = ControlChannel::Sent;

Orders::Orders(Loop& loop, const ControlChannel& channel, std::function<void()> on_stuck)
    : loop_(loop),
      channel_(channel),
      on_stuck_(std::move(on_stuck)),
      timer_(loop, [this] { watch_over(); }) {}

void Orders::release() {
  Order order;
  order.kind = MessageKind::kRelease;
  (void)send(order);
}

bool Orders::pass(Passing& connection) {
  Order order{.kind = MessageKind::kConnection, .connection = std::move(connection)};
  if (send(order)) return true;
  connection = std::move(order.connection);
  return false;
}

void Orders::pass_direct(os::Descriptor socket, std::string mode) {
  Order order{.kind = MessageKind::kDirect,
              .connection = {.socket = std::move(socket), .unread = std::move(mode)}};
  (void)send(order);
}

bool Orders::send(Order& order) {
  look();
  const Sent sent = waiting_.empty() ? send_now(order) : Sent::kFull;
  if (sent == Sent::kClosed) return false;
  if (sent == Sent::kFull) waiting_.push_back(std::move(order));
  unread_ = channel_.unread();
  if (!timer_.armed()) timer_.arm(loop_.clock().now() + kReadsWithin);
  return true;
}

void Orders::send_waiting() {
  look();
  // An order that a closed channel does not take waits for take_unsent().
  while (!waiting_.empty() && send_now(waiting_.front()) == Sent::kSent) waiting_.pop_front();
  unread_ = channel_.unread();
}

std::vector<Passing> Orders::take_unsent() {
  std::vector<Passing> unsent;
  for (Order& order : waiting_) {
    if (order.kind == MessageKind::kConnection) unsent.push_back(std::move(order.connection));
  }
  waiting_.clear();
  return unsent;
}

Sent Orders::send_now(const Order& order) const {
  return channel_.send_now(order.kind, order.connection.unread, order.connection.socket.get());
}

// Between two looks nothing is sent, so fewer unread bytes show that the worker has read.
void Orders::look() {
  const std::size_t unread = channel_.unread();
  if (unread < unread_ || unread == 0) has_read_at_ = loop_.clock().now();
  unread_ = unread;
}

void Orders::watch_over() {
  look();
  if (unread_ == 0 && waiting_.empty()) return;
  const SteadyTime now = loop_.clock().now();
  const bool is_stuck = now - has_read_at_ >= kReadsWithin;
  timer_.arm((is_stuck ? now : has_read_at_) + kReadsWithin);
  if (is_stuck) on_stuck_();
}

}  // namespace ofn::dev
