// How far the body of an exchange has come that its handler takes in pieces, and whom its changes are told: what the exchanges of
// all HTTP versions have in common. The bytes themselves lie in the exchange.
//
//   IncomingBody incoming;
//   incoming.begin(IncomingBody::Expects::kContinue);
//   incoming.on_piece([] { … });
//   incoming.arrived();                     // bytes did
//   incoming.end();                         // or incoming.fail(BodyProgress::kSlow)
//   incoming.notify();
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "wire/exchange.h"

namespace ofn::wire {

// Threads: the loop's.
class IncomingBody {
 public:
  enum class Expects : std::uint8_t { kNothing, kContinue };

  void begin(Expects expects) {
    progress_ = BodyProgress::kMore;
    owes_continue_ = expects == Expects::kContinue;
  }
  // For the next request.
  void reset() {
    progress_ = BodyProgress::kComplete;
    owes_continue_ = false;
    on_piece_ = nullptr;
  }

  // An exchange whose body is not in pieces is complete from the beginning.
  BodyProgress progress() const { return progress_; }
  bool is_open() const { return progress_ == BodyProgress::kMore; }
  bool is_complete() const { return progress_ == BodyProgress::kComplete; }
  // Returns true if the client waits for 100 Continue.
  bool owes_continue() const { return owes_continue_; }
  // Returns true if it did, and does so no longer.
  bool take_continue() { return std::exchange(owes_continue_, false); }

  // A client that sends does not wait for 100 Continue.
  void arrived() { owes_continue_ = false; }
  void end() { progress_ = BodyProgress::kComplete; }
  void fail(BodyProgress why) {
    if (is_open()) progress_ = why;
  }

  void on_piece(std::function<void()> on_piece) { on_piece_ = std::move(on_piece); }
  void notify() const {
    if (on_piece_) on_piece_();
  }

 private:
  BodyProgress progress_ = BodyProgress::kComplete;
  bool owes_continue_ = false;
  std::function<void()> on_piece_;
};

}  // namespace ofn::wire
