#include "wire/preface_session.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace ofn::wire {

namespace {
constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
// A client sends its request as soon as it is connected. If the server drains at that moment, the request may still be on its way.
constexpr std::chrono::milliseconds kFirstRequestWait(500);
}  // namespace

PrefaceSession::PrefaceSession(const Limits& limits, Make http1, Make http2)
    : limits_(limits), http1_(std::move(http1)), http2_(std::move(http2)) {}

void PrefaceSession::start(Transport& transport) {
  transport_ = &transport;
  timeout_ = std::make_unique<TimeLimit>(transport.loop(), [this] { give_up(); });
  timeout_->arm(transport.loop().now() + limits_.idle_timeout);
}

void PrefaceSession::receive(std::string_view bytes) {
  const bool first = seen_.empty();
  seen_.append(bytes);
  const std::string_view head = std::string_view(seen_).substr(0, kPreface.size());
  if (kPreface.starts_with(head) && head.size() < kPreface.size()) {
    if (first) {
      timeout_->arm(transport_->loop().now() + limits_.head_timeout);
      first_request_.reset();
    }
    return;
  }
  hand_over(head == kPreface ? http2_ : http1_);
}

void PrefaceSession::hand_over(const Make& make) {
  decided_ = true;
  timeout_->disarm();
  first_request_.reset();
  transport_->replace(make(), seen_);
}

// Nothing more comes. A piece of a preface is a piece of a request line, too: HTTP/1.1 has the words for that.
void PrefaceSession::give_up() {
  if (!seen_.empty()) return hand_over(http1_);
  ending_ = draining_ ? Ending::kClose : Ending::kLinger;
  transport_->wake();
}

void PrefaceSession::drain() {
  if (std::exchange(draining_, true) || !seen_.empty()) return;
  Loop& loop = transport_->loop();
  first_request_ = std::make_unique<Timer>(loop, [this] { give_up(); });
  first_request_->arm(loop.now() + std::min<Duration>(kFirstRequestWait, limits_.idle_timeout));
}

bool PrefaceSession::pass_on(std::string& unread) {
  if (decided_) return false;
  unread = std::move(seen_);
  return true;
}

}  // namespace ofn::wire
