// A Transport without a socket, for tests: bytes go in and out by hand, in pieces of any size, and
// the connection is lost at any of them.
//
//   MemoryTransport server(loop, http2::make_server_session(handler, limits));
//   server.feed(request, 1);                       // byte by byte
//   EXPECT_EQ(server.take(), answer);
//
//   join(client, server);                          // until neither has anything to say
#pragma once

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "loop/loop.h"
#include "wire/session.h"

namespace ofn::wire {

class MemoryTransport final : public Transport {
 public:
  static constexpr std::size_t kWhole = std::numeric_limits<std::size_t>::max();

  MemoryTransport(Loop& loop, std::unique_ptr<Session> session)
      : loop_(loop), session_(std::move(session)) {
    session_->start(*this);
  }

  Session& session() { return *session_; }
  bool open() const { return session_ != nullptr && !lost_; }
  bool woken() const { return woken_; }

  // The session reads `bytes`, `piece` at a time, as long as it wants any.
  void feed(std::string_view bytes, std::size_t piece = kWhole) {
    while (open() && !bytes.empty() && session_->wants_input()) {
      Piece next(bytes.substr(0, std::min(piece, bytes.size())));
      if (!session_->receive_from(next)) session_->receive(next.take(piece));
      bytes.remove_prefix(next.taken());
      install_next();
    }
  }
  // Up to `most` bytes that the session wants to write; they count as written.
  std::string take(std::size_t most = kWhole) {
    std::string taken;
    woken_ = false;
    while (open() && taken.size() < most) {
      std::array<std::string_view, 4> views;
      const std::size_t count = session_->gather(views);
      std::size_t size = 0;
      for (std::size_t i = 0; i < count; ++i) {
        const std::string_view part = views[i].substr(0, most - taken.size());
        taken += part;
        size += part.size();
      }
      if (size == 0) break;
      session_->sent(size);
    }
    install_next();
    return taken;
  }
  void end_input() {
    if (open()) session_->input_ended();
  }
  void lose(const std::string& why = "cut by the test") {
    if (!open()) return;
    lost_ = true;
    session_->lost(Error(Code::kUnavailable, why));
  }
  void destroy_session() { session_.reset(); }

  void wake() override { woken_ = true; }
  void replace(std::unique_ptr<Session> next, std::string_view rest) override {
    next_ = std::move(next);
    rest_ = rest;
  }
  Loop& loop() override { return loop_; }
  std::string_view peer() const override { return "127.0.0.1:51234"; }

 private:
  class Piece final : public Source {
   public:
    explicit Piece(std::string_view bytes) : bytes_(bytes) {}
    std::string_view take(std::size_t most) {
      taken_ = std::min(most, bytes_.size());
      return bytes_.substr(0, taken_);
    }
    std::ptrdiff_t read(std::span<char> place) override {
      return static_cast<std::ptrdiff_t>(take(place.size()).copy(place.data(), place.size()));
    }
    std::size_t taken() const { return taken_; }

   private:
    std::string_view bytes_;
    std::size_t taken_ = 0;
  };

  void install_next() {
    if (next_ == nullptr) return;
    session_ = std::exchange(next_, nullptr);
    session_->start(*this);
    feed(std::exchange(rest_, {}));
  }

  Loop& loop_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<Session> next_;
  std::string rest_;
  bool lost_ = false;
  bool woken_ = false;
};

// Carries bytes both ways, `piece` at a time, until neither end has any, and what became ready has
// run. After `budget` bytes in all the connection is lost at both ends. Returns the bytes carried.
inline std::size_t join(MemoryTransport& a, MemoryTransport& b,
                        std::size_t piece = MemoryTransport::kWhole,
                        std::size_t budget = MemoryTransport::kWhole) {
  std::size_t carried = 0;
  const auto carry = [&](MemoryTransport& from, MemoryTransport& to) {
    const std::string bytes = from.take(std::min(piece, budget - carried));
    carried += bytes.size();
    to.feed(bytes);
    return !bytes.empty();
  };
  for (bool more = true; more;) {
    more = carry(a, b);
    if (carry(b, a)) more = true;
    a.loop().run_ready();
    if (&b.loop() != &a.loop()) b.loop().run_ready();
    if (!more) more = a.woken() || b.woken();
    if (carried >= budget) {
      a.lose();
      b.lose();
      a.loop().run_ready();
      break;
    }
    const auto ended = [](MemoryTransport& end) {
      return end.open() && end.session().ending() != Ending::kOpen;
    };
    if (!more && (ended(a) || ended(b))) {
      a.end_input();
      b.end_input();
      a.loop().run_ready();
      break;
    }
  }
  return carried;
}

}  // namespace ofn::wire
