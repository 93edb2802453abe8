// The memory that peers make the program keep: one account for the whole process.
//
// Every buffer that grows because of what a peer sends, or does not read, takes its capacity from the account before it
// grows: heads, bodies, answers that wait for their reader, HTTP/2's state. Without the account the limit of one body,
// times the number of connections, is all that a crowd of peers leaves to the machine.
//
//   MemoryAccount account(std::size_t{64} * 1024 * 1024);
//   MemoryShare share(&account);
//   if (!grow(body, body.size() + piece.size(), body_limit, share)) return refuse(503);
//   body.append(piece);                         // given back with the share
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>

namespace ofn::wire {

// Threads: any. Lifetime: outlives its shares.
class MemoryAccount {
 public:
  // Buffers from this size on leave memory behind that is worth giving back to the system (base/heap.h).
  static constexpr std::size_t kLarge = std::size_t{256} * 1024;

  explicit MemoryAccount(std::size_t bytes)
      : bytes_(bytes), for_little_(bytes < 8 * kLarge ? 0 : bytes / 8) {}
  MemoryAccount(const MemoryAccount&) = delete;
  MemoryAccount& operator=(const MemoryAccount&) = delete;

  // Returns true if `bytes` more would fit at present. Nothing is taken on a peer's word: a client that announces a large
  // body and sends nothing must not keep the memory from those that send.
  // What is not large may have an eighth more than there is: an ordinary request waits for large ones, and is not refused.
  bool has_room(std::size_t bytes) const { return fits(used(), bytes, bytes); }
  // Returns true if more is used than there is: answers are never refused. Calls wait meanwhile.
  bool exhausted() const { return used() > bytes_; }
  // Returns true if more than half is used: from then on slow peers lose what they hold (server.h).
  bool is_short() const { return used() > bytes_ / 2; }
  // Returns true if `bytes` may be taken before a peer has sent them: there is plenty.
  bool may_reserve(std::size_t bytes) const {
    return bytes <= bytes_ / 2 && used() <= bytes_ / 2 - bytes;
  }
  // What one connection may hold before its next request is refused: a quarter of the account, but at least kLarge.
  std::size_t connection_share() const { return bytes_ / 4 < kLarge ? kLarge : bytes_ / 4; }
  std::size_t used() const { return used_.load(std::memory_order_relaxed); }
  std::size_t bytes() const { return bytes_; }

  // `done` runs on the thread of whoever gives a large share back. Set before there are shares.
  void on_large_done(std::function<void()> done) { large_done_ = std::move(done); }
  // `room` runs on the thread of whoever gives back so much that exhausted() is true no longer. Set before there are shares.
  void on_room(std::function<void()> room) { room_ = std::move(room); }
  // `became_short` runs on the thread whose share made is_short() true. Set before there are shares.
  void on_short(std::function<void()> became_short) { became_short_ = std::move(became_short); }

 private:
  friend class MemoryShare;

  // Returns true if `bytes` more fit for a holder that has `size` then.
  bool fits(std::size_t used, std::size_t bytes, std::size_t size) const {
    const std::size_t most = size > kLarge ? bytes_ : bytes_ + for_little_;
    return used <= most && bytes <= most - used;
  }
  // Takes `bytes` for a holder that has `size` then. Returns false, and takes nothing, if that much is not left.
  bool take(std::size_t bytes, std::size_t size);
  void add(std::size_t bytes) {
    tell_if_short(used_.fetch_add(bytes, std::memory_order_relaxed), bytes);
  }
  void tell_if_short(std::size_t before, std::size_t bytes) const {
    if (before <= bytes_ / 2 && bytes > bytes_ / 2 - before && became_short_) became_short_();
  }
  void subtract(std::size_t bytes) {
    const std::size_t before = used_.fetch_sub(bytes, std::memory_order_relaxed);
    if (before > bytes_ && before - bytes <= bytes_ && room_) room_();
  }

  const std::size_t bytes_;
  const std::size_t for_little_;  // beyond bytes_
  std::function<void()> large_done_;
  std::function<void()> room_;
  std::function<void()> became_short_;
  std::atomic<std::size_t> used_ = 0;
};

// What one holder has taken of the account. Lifetime: gives everything back at its end. Threads: one at a time.
// Cost: an atomic operation for each kStep bytes.
class MemoryShare {
 public:
  // A null account has no limit.
  explicit MemoryShare(MemoryAccount* account) : account_(account) {}
  MemoryShare(const MemoryShare&) = delete;
  MemoryShare& operator=(const MemoryShare&) = delete;
  ~MemoryShare() { release(); }

  // Takes what is missing to `bytes`. Returns false if that much is not left; what was taken before stays.
  bool grow_to(std::size_t bytes);
  // Takes `bytes` more than grow_to() and grow_by() have asked for so far.
  bool grow_by(std::size_t bytes) { return grow_to(asked_ + bytes); }
  // Takes `bytes` more, whatever is left: for what exists already.
  void add(std::size_t bytes);
  // Takes or gives back, whatever is left, so that about `bytes` are taken; differences below kStep are left alone.
  void set(std::size_t bytes);
  void release();

  std::size_t taken() const { return taken_; }

 private:
  static constexpr std::size_t kStep = std::size_t{16} * 1024;

  bool take(std::size_t bytes, std::size_t size);

  MemoryAccount* account_;
  std::size_t taken_ = 0;
  std::size_t asked_ = 0;
};

// Makes room for `size` bytes in `buffer`, for at least twice as many as before but never for more than `most` unless
// `size` needs it, and takes the new capacity from the account first. Returns false if there is not that much left, or if
// the system has no memory.
bool grow(std::string& buffer, std::size_t size, std::size_t most, MemoryShare& share);

}  // namespace ofn::wire
