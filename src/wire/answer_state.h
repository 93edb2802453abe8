// How far the answer of an exchange has come, and whom its changes are told: what the exchanges of
// all HTTP versions have in common.
//
//   AnswerState answer;
//   answer.on_abandoned([] { … });
//   answer.begin([] { … });      // in pieces; else answer.respond()
//   answer.finish();
#pragma once

#include <functional>
#include <utility>

#include "base/check.h"

namespace ofn::wire {

// Each function checks that the answer may take this step (wire/exchange.h). Threads: the loop's.
class AnswerState {
 public:
  // The whole answer is here.
  void respond() {
    OFN_CHECK(!begun_);
    begun_ = complete_ = true;
    on_abandoned_ = nullptr;
  }
  // The answer comes in pieces.
  void begin(std::function<void()> on_room) {
    OFN_CHECK(!begun_);
    begun_ = in_pieces_ = true;
    on_room_ = std::move(on_room);
  }
  void check_open() const { OFN_CHECK(in_pieces_ && !complete_); }
  // The last piece is here.
  void finish() {
    check_open();
    complete_ = true;
    forget_callbacks();
  }
  void forget_callbacks() {
    on_abandoned_ = nullptr;
    on_room_ = nullptr;
  }
  // For the next request.
  void reset() {
    forget_callbacks();
    begun_ = in_pieces_ = complete_ = abandoned_ = false;
  }

  bool begun() const { return begun_; }
  bool in_pieces() const { return in_pieces_; }
  // Returns true if nothing will be added to the answer.
  bool complete() const { return complete_; }
  bool abandoned() const { return abandoned_; }

  void on_abandoned(std::function<void()> callback) {
    if (!complete_ && !abandoned_) on_abandoned_ = std::move(callback);
  }
  // The peer went away before the answer was complete. The callback may destroy this object.
  void abandon() {
    abandoned_ = true;
    warn();
  }
  // The peer closed its direction, and is probably gone. The callback may destroy this object.
  void warn() {
    if (auto callback = std::exchange(on_abandoned_, nullptr)) callback();
  }
  // The peer has taken some of an answer in pieces.
  void notify_room() const {
    if (on_room_) on_room_();
  }

 private:
  bool begun_ = false;
  bool in_pieces_ = false;
  bool complete_ = false;
  bool abandoned_ = false;
  std::function<void()> on_abandoned_;
  std::function<void()> on_room_;
};

}  // namespace ofn::wire
