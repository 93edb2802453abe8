// How much memory the bodies of a whole program may take: those of requests that are read or
// served, and those of answers that wait for slow readers. Without it the limit of one body, times
// the number of connections, is all that a crowd of peers leaves to the machine.
//
//   BodyBudget budget(usable / 4);
//   BodyShare share(&budget);
//   if (!share.grow_to(body.size() + piece.size())) return refuse(503);
//   body.append(piece);                         // given back with the share
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <utility>

namespace ofn::wire {

// Threads: any. Lifetime: outlives its shares.
class BodyBudget {
 public:
  // Bodies from this size on leave memory behind that is worth giving back to the system (base/heap.h).
  static constexpr std::size_t kLarge = std::size_t{256} * 1024;

  explicit BodyBudget(std::size_t bytes) : bytes_(bytes) {}
  BodyBudget(const BodyBudget&) = delete;
  BodyBudget& operator=(const BodyBudget&) = delete;

  // Whether a body that announces itself would fit at present. Nothing is taken on a peer's word:
  // who announces much and sends nothing would keep the memory from those who send.
  bool has_room(std::size_t bytes) const {
    const std::size_t taken = used();
    return taken <= bytes_ && bytes <= bytes_ - taken;
  }
  // Answers are never refused, so that they can take more than there is; nothing new is begun then.
  bool exhausted() const { return used() > bytes_; }
  std::size_t used() const { return used_.load(std::memory_order_relaxed); }
  std::size_t bytes() const { return bytes_; }
  // `done` is told on its thread, which is a loop's, whenever a large one has given its share back. Before there are any.
  void on_large_done(std::function<void()> done) { large_done_ = std::move(done); }

 private:
  friend class BodyShare;

  const std::size_t bytes_;
  std::function<void()> large_done_;
  std::atomic<std::size_t> used_ = 0;
};

// What one body has taken. Lifetime: of the body; gives everything back at its end.
// Threads: one at a time.
// Cost: an atomic operation for each kStep bytes.
class BodyShare {
 public:
  // A null budget has no limit.
  explicit BodyShare(BodyBudget* budget) : budget_(budget) {}
  BodyShare(const BodyShare&) = delete;
  BodyShare& operator=(const BodyShare&) = delete;
  ~BodyShare() { release(); }

  // Takes what is missing. False: that much is not left, and what was taken before stays.
  bool grow_to(std::size_t bytes);
  // The same for what is there already, whatever is left.
  void add(std::size_t bytes);
  void release();

 private:
  static constexpr std::size_t kStep = std::size_t{16} * 1024;

  bool take(std::size_t bytes);

  BodyBudget* budget_;
  std::size_t taken_ = 0;
};

}  // namespace ofn::wire
