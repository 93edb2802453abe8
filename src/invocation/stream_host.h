// The host's half of a Writer: what an author's code writes, on its way to the caller.
//
//   live   each piece goes to the caller's BodySink on the loop, and write() waits while much is on its way
//   held   all of it is kept until the function has returned; it becomes an ordinary response
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/field.h>
#include <ofn/response.h>
#include <ofn/writer.h>

#include "gzip/gzip.h"
#include "invocation/nested_loop.h"
#include "loop/loop.h"

namespace ofn {

// Where an answer in pieces goes: wire::Exchange says what each does. Threads: the loop's.
class BodySink {
 public:
  virtual void begin(Response head, std::span<const Field> extra,
                     std::function<void()> on_room) = 0;
  virtual void write(std::string_view bytes) = 0;
  virtual std::size_t unsent() const = 0;
  virtual void finish(std::span<const Field> trailers) = 0;
  virtual void abort() = 0;

 protected:
  ~BodySink() = default;
};

// May change the head of a live answer, and encode its pieces. Threads: the function's.
class HeadFilter {
 public:
  // Returns why the head cannot be sent; empty: it can. Sets `encoder` if the pieces are to be compressed.
  virtual std::string filter(Response& head, std::unique_ptr<GzipPieces>& encoder) = 0;

 protected:
  ~HeadFilter() = default;
};

// Lifetime: everything outlives it; reused from call to call. Threads: as each function says; an
// author's thread that waits leaves the loop, if it has one.
// Cost: nothing for a call that does not write.
class StreamHost {
 public:
  // Pieces that are on their way to a caller, in bytes. Beyond it the function waits.
  static constexpr std::size_t kMark = std::size_t{64} * 1024;

  // `on_begin` runs on the loop when the head of a live answer is due: it begins the sink's answer, or
  // returns false where there is nothing to begin any more.
  StreamHost(Loop& loop, std::function<bool(Response head)> on_begin, NestedLoop* nested = nullptr);
  StreamHost(const StreamHost&) = delete;
  StreamHost& operator=(const StreamHost&) = delete;

  struct Rules {
    BodySink* sink = nullptr;  // null: the caller takes whole answers only
    bool for_outputs = false;  // the answer goes to outputs, too: it is held, or at least kept
    std::size_t max_kept = 0;  // bytes
  };
  // For the next call. Threads: the loop's.
  void begin(const Rules& rules);
  // What the author's Writer is given.
  const abi::Stream* stream() const { return &stream_; }

  // For this call, before the function runs. Threads: the function's.
  void set_filter(HeadFilter& filter) { filter_ = &filter; }
  // The function has written everything: hands over the end of what is encoded. Threads: the function's.
  void end_encoding();

  // When the function has returned. Threads: the function's.
  bool begun() const { return begun_; }
  bool live() const { return begun_ && !held_; }
  // More was written than may be kept.
  bool overflowed() const { return overflowed_; }
  // The head, with what was kept as its body.
  Response take();

  // The rest. Threads: the loop's.

  // Hands over what was written so far.
  void drain();
  // The bytes that were handed over to the sink, of this call.
  std::size_t bytes_sent() const { return bytes_sent_; }
  // Nobody takes more: the caller has left, or has its answer.
  void close();
  bool closed();
  // Runs `then` with whether more is taken, when there is room: now or later.
  void when_room(std::function<void(bool open)> then);
  // For the sink, as its on_room.
  void has_room();

 private:
  static const abi::StreamTable kTable;

  std::string open(const Response& head, bool early);
  abi::Push push(std::string_view bytes);
  abi::Push hand_over(std::string_view bytes);
  bool wait_for_room();
  bool full() const { return pending_.size() + on_its_way_ > kMark; }
  void tell();

  Loop& loop_;
  NestedLoop* nested_;  // null: another thread serves the loop while one waits
  std::function<bool(Response)> on_begin_;
  abi::Stream stream_;
  Rules rules_;

  // The function's.
  HeadFilter* filter_ = nullptr;
  std::unique_ptr<GzipPieces> encoder_;
  Response head_;
  std::string kept_;
  bool begun_ = false;
  bool held_ = false;
  bool keeps_ = false;
  bool overflowed_ = false;

  // The loop's.
  Response outgoing_;  // the head, from the first piece until it has gone out
  bool head_sent_ = false;
  std::size_t bytes_sent_ = 0;
  std::vector<std::function<void(bool)>> waiting_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::string pending_;  // written, not handed over yet
  std::size_t on_its_way_ = 0;
  bool drain_posted_ = false;
  bool closed_ = false;
};

}  // namespace ofn
