// The host's half of a Reader: what a client's body brings, on its way to an author's code.
//
//   in pieces   the caller's BodySource says that something has arrived; the next piece is fetched while the function has the one before
//   whole       the body was here before the call, as a delivery's data is
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/field.h>
#include <ofn/reader.h>

#include "invocation/nested_loop.h"
#include "invocation/stream_host.h"
#include "invocation/task_host.h"
#include "loop/loop.h"

namespace ofn {

// The source of a body in pieces. Its functions do what those of wire::Exchange do. Threads: the loop's.
class BodySource {
 public:
  // What follows the piece. kFailed: `failure` says why nothing will.
  struct Taken {
    enum class Then : std::uint8_t { kMore, kEnd, kFailed };
    Then then = Then::kMore;
    abi::BodyFailure failure{};
  };
  virtual void on_piece(std::function<void()> on_piece) = 0;
  virtual Taken take_piece(std::string& piece) = 0;
  virtual void want_piece() = 0;
  virtual std::span<const Field> body_trailers() const = 0;

 protected:
  ~BodySource() = default;
};

// Lifetime: everything outlives it; reused from call to call. Threads: as each function says; an
// author's thread that waits leaves the loop, if it has one.
class ReaderHost {
 public:
  ReaderHost(Loop& loop, StreamHost& stream, TaskHost& tasks, NestedLoop* nested = nullptr);
  ReaderHost(const ReaderHost&) = delete;
  ReaderHost& operator=(const ReaderHost&) = delete;

  // For the next call. Threads: the loop's.
  void begin(BodySource& source, std::optional<std::uint64_t> length);
  // The same with a whole body, which outlives the call.
  void begin(std::string_view body, std::span<const Field> trailers);
  // Nothing of the call is under way. Frees the pieces. Threads: the loop's.
  void end();

  // What the author's Reader is given.
  const abi::Incoming* incoming() const { return &incoming_; }

  // The caller has left: what has not arrived never will. Threads: the loop's.
  void caller_left() { refill(); }
  // The caller has its answer: no more is read. Threads: the loop's.
  void close();
  // When the function has returned. Returns true if it has ended by a BodyError although part of its answer had gone out.
  bool is_cut_off() const { return cut_off_; }
  // The bytes that the function got. Threads: the function's, and the loop's when it has returned.
  std::uint64_t bytes_read() const { return bytes_read_; }

 private:
  static const abi::IncomingTable kTable;

  abi::Pull pull();
  void wait();
  // A coroutine that waits for a piece.
  struct Awaiting {
    void* frame;
    const abi::Scope* scope;
  };
  void await(const Awaiting& waits);
  void end_stopped();
  // Returns true if pull() would return something. Call it with the lock.
  bool has_something() const { return !ready_.empty() || then_ != BodySource::Taken::Then::kMore; }
  void post_refill();
  void refill();
  void tell();

  Loop& loop_;
  StreamHost& stream_;
  TaskHost& tasks_;
  NestedLoop* nested_;  // null: another thread serves the loop while one waits
  abi::Incoming incoming_;

  // The function's.
  std::string piece_;
  std::string_view whole_;  // of a whole body: what it has not got yet
  bool cut_off_ = false;
  std::uint64_t bytes_read_ = 0;

  // The loop's.
  BodySource* source_ = nullptr;
  std::span<const Field> whole_trailers_;
  std::vector<Awaiting> awaiting_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::string ready_;  // the next piece
  BodySource::Taken::Then then_ = BodySource::Taken::Then::kEnd;
  abi::BodyFailure failure_{};
  std::span<const Field> trailers_;
  bool is_wanted_ = false;  // the function needs more than has arrived
  bool refill_posted_ = false;
};

}  // namespace ofn
