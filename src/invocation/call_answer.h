// The one answer of a call, and the deadline at which the caller gets 504 instead. Everything here is the loop's. It has no way
// to the call's Work, which may be running on another thread when the deadline passes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include <ofn/response.h>

#include "base/clock.h"
#include "base/log.h"
#include "invocation/caller.h"
#include "invocation/failure_lines.h"
#include "invocation/run.h"
#include "invocation/stream_host.h"
#include "loop/loop.h"

namespace ofn {

// Lifetime: everything outlives it; reusable, for one call after the other. Threads: the loop's.
class CallAnswer {
 public:
  // `on_late` runs when the deadline has passed and the caller has been told.
  CallAnswer(Loop& loop, Caller& caller, Log& log, Log& failures, std::function<void()> on_late);
  CallAnswer(const CallAnswer&) = delete;
  CallAnswer& operator=(const CallAnswer&) = delete;

  // For the next call. `sink` is where an answer in pieces goes; null: there is none.
  void begin(const CallLabel& call, SteadyTime deadline, BodySink* sink);

  // Answers whole. `drop`: see Caller::Answer.
  enum class Retry : std::uint8_t { kMayCome, kDropped };
  void give(Response&& response, Verdict verdict, Retry retry = Retry::kMayCome);
  // An answer in pieces: its head goes out. Returns false if the caller has an answer already. `on_room` runs when the
  // caller has taken some of what was written.
  bool begin_pieces(Response head, std::function<void()> on_room);
  // All pieces were written, or there will be no more although the answer is not whole.
  enum class Pieces : std::uint8_t { kWhole, kBroken };
  void end_pieces(Verdict verdict, Pieces pieces);

  // Returns true if the caller has its answer.
  bool is_given() const noexcept { return is_given_; }
  // Returns true if the head of an answer in pieces has gone out, and its end has not.
  bool is_in_pieces() const noexcept { return is_in_pieces_; }
  // Tells the caller that it is too late, if that is so and was not told yet: the timer cannot fire while a function runs on
  // the loop's own thread.
  void expire_if_late();
  // The outputs keep the deadline from now on.
  void disarm() { deadline_.disarm(); }

  // What was answered, after is_given().
  Verdict verdict() const noexcept { return verdict_; }
  int status() const noexcept { return status_; }
  // The size of an answer that was given whole, in bytes.
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  void expire();

  Loop& loop_;
  Caller& caller_;
  Log& log_;
  Log& failures_;
  std::function<void()> on_late_;
  TimeLimit deadline_;
  SteadyTime deadline_at_ = SteadyTime::max();
  CallLabel call_;
  BodySink* sink_ = nullptr;
  std::size_t bytes_ = 0;
  int status_ = 0;
  Verdict verdict_{};
  bool is_given_ = false;
  bool is_in_pieces_ = false;
};

}  // namespace ofn
