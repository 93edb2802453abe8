// Counts and limits the memory that peers make the program hold: one account for the whole process.
//
// A buffer may grow because a peer sends bytes, or because a peer does not read an answer. Every such buffer takes its capacity
// from the account before it grows: heads, bodies, answers that wait for their reader, HTTP/2's state. Without the account, many
// peers together could make the program hold the largest body times the number of connections.
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
  // Buffers of at least this size are large: the memory that they leave is worth returning to the system (os/heap.h).
  static constexpr std::size_t kLarge = std::size_t{256} * 1024;
  // Most requests have at most this many bytes, head and body together.
  static constexpr std::size_t kSmall = std::size_t{16} * 1024;

  explicit MemoryAccount(std::size_t bytes)
      : bytes_(bytes), for_little_(bytes < 8 * kLarge ? 0 : bytes / 8) {}
  MemoryAccount(const MemoryAccount&) = delete;
  MemoryAccount& operator=(const MemoryAccount&) = delete;

  // Returns true if `bytes` more would fit now. The account takes nothing for a mere announcement: a client that announces a
  // large body and sends nothing must not keep the memory from clients that send.
  // Holders of up to kLarge bytes have an eighth beside the account to themselves, if the account has at least 8 * kLarge bytes:
  // an ordinary request is not refused because large ones hold the memory. Half of that eighth is for holders of up to kSmall
  // bytes only: many requests of middle size, such as large heads that never end, leave it to the small ones.
  // Without bytes: returns true unless exhausted().
  bool has_room(std::size_t bytes) const {
    return fits(used(), bytes, bytes_) ||
           (bytes > 0 && fits(little_.load(std::memory_order_relaxed), bytes, beside(bytes)));
  }
  // Returns true if more is used than the limit allows, even without `own` of the bytes. This happens because answers are never
  // refused. Meanwhile new calls wait.
  bool exhausted(std::size_t own = 0) const { return used() > bytes_ + own; }
  // Returns true if more than half is used. Meanwhile the server ends the connections of slow peers (server.h).
  bool is_short() const { return used() > bytes_ / 2; }
  // Returns true if a holder may take `bytes` before a peer has sent them: at most half would be used then.
  bool may_reserve(std::size_t bytes) const {
    return bytes <= bytes_ / 2 && used() <= bytes_ / 2 - bytes;
  }
  // Returns true, and counts anew, if at least `bytes` were given back while is_short() was true.
  bool take_given_back(std::size_t bytes);
  // The bytes that one connection may hold before its next request is refused: a quarter of the account, but at least kLarge.
  std::size_t connection_share() const { return bytes_ / 4 < kLarge ? kLarge : bytes_ / 4; }
  std::size_t used() const { return used_.load(std::memory_order_relaxed); }
  std::size_t bytes() const { return bytes_; }

  // `done` runs when a share with kLarge bytes or more is released, on the thread of that share. Set it before there are shares.
  void on_large_done(std::function<void()> done) { large_done_ = std::move(done); }
  // `room` runs when exhausted() becomes false, on the thread of the share that gave memory back. Set it before there are shares.
  void on_room(std::function<void()> room) { room_ = std::move(room); }
  // `became_short` runs when is_short() becomes true, on the thread of the share that took memory. Set it before there are
  // shares.
  void on_short(std::function<void()> became_short) { became_short_ = std::move(became_short); }

 private:
  friend class MemoryShare;

  static bool fits(std::size_t used, std::size_t bytes, std::size_t all) {
    return used <= all && bytes <= all - used;
  }
  // How much of the part beside the account may be in use after a holder has taken bytes from it and holds `size` bytes.
  std::size_t beside(std::size_t size) const {
    return size <= kSmall ? for_little_ : size <= kLarge ? for_little_ / 2 : 0;
  }
  // Take `bytes` of the account, or of the part beside it for a holder that then has `size` bytes. Return false, and take nothing,
  // if that much is not left.
  bool take(std::size_t bytes);
  bool take_little(std::size_t bytes, std::size_t size);
  void add(std::size_t bytes) {
    tell_if_short(used_.fetch_add(bytes, std::memory_order_relaxed), bytes);
  }
  void tell_if_short(std::size_t before, std::size_t bytes) const {
    if (before <= bytes_ / 2 && bytes > bytes_ / 2 - before && became_short_) became_short_();
  }
  void subtract(std::size_t bytes) {
    const std::size_t before = used_.fetch_sub(bytes, std::memory_order_relaxed);
    if (before > bytes_ / 2) given_back_.fetch_add(bytes, std::memory_order_relaxed);
    if (before > bytes_ && before - bytes <= bytes_ && room_) room_();
  }

  const std::size_t bytes_;
  const std::size_t for_little_;  // bytes beside bytes_, for holders that are not large
  std::function<void()> large_done_;
  std::function<void()> room_;
  std::function<void()> became_short_;
  std::atomic<std::size_t> used_ = 0;
  std::atomic<std::size_t> little_ = 0;      // used of for_little_
  std::atomic<std::size_t> given_back_ = 0;  // while is_short()
};

// The bytes that one holder has taken from the account. Lifetime: the destructor gives everything back. Threads: one at a time.
// Cost: an atomic operation for each kStep bytes.
class MemoryShare {
 public:
  // A null account has no limit.
  explicit MemoryShare(MemoryAccount* account) : account_(account) {}
  MemoryShare(const MemoryShare&) = delete;
  MemoryShare& operator=(const MemoryShare&) = delete;
  ~MemoryShare() { release(); }

  // Takes more until the share has at least `bytes`. Returns false if that much is not left; then the share stays as it was.
  bool grow_to(std::size_t bytes);
  // Takes `bytes` more than grow_to() and grow_by() have asked for so far.
  bool grow_by(std::size_t bytes) { return grow_to(asked_ + bytes); }
  // Takes `bytes` more even if the account has no room: for memory that exists already.
  void add(std::size_t bytes);
  // Takes or gives back, even if the account has no room, so that the share has `bytes` or slightly more: it takes whole steps,
  // and gives nothing back for a difference below two steps, unless `bytes` is 0.
  void set(std::size_t bytes);
  void release();

  std::size_t taken() const { return taken_; }

 private:
  static constexpr std::size_t kStep = std::size_t{16} * 1024;

  // Takes `bytes` for a holder that then has `size` bytes. Returns false if that much is not left.
  bool take(std::size_t bytes, std::size_t size);
  void give_back(std::size_t bytes);

  MemoryAccount* account_;
  std::size_t taken_ = 0;
  std::size_t little_ = 0;  // of taken_: beside the account
  std::size_t asked_ = 0;
};

// Grows `buffer` to a capacity of at least `size` bytes, after it has taken that capacity from the account. It doubles the
// capacity if memory is left, but reserves more than `most` bytes only if `size` needs it. Returns false if the account has no
// room for `size` bytes, or if the system has no memory.
bool grow(std::string& buffer, std::size_t size, std::size_t most, MemoryShare& share);

}  // namespace ofn::wire
