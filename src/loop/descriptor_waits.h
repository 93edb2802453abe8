// Waits for descriptors that belong to somebody else: those of an author's libraries.
//
//   DescriptorWaits waits(loop);
//   DescriptorWait one(fd, DescriptorWait::Kind::kReadable, [] { … });
//   if (auto begun = waits.begin(one); !begun) complain(begun.error());
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>

#include "loop/loop.h"
#include "loop/watch.h"

namespace ofn {

// One wait. Lifetime: from begin() until `on_ready` or end(); both may destroy it.
class DescriptorWait {
 public:
  enum class Kind : std::uint8_t { kReadable, kWritable, kEither };

  DescriptorWait(int descriptor, Kind kind, std::function<void()> on_ready)
      : descriptor_(descriptor), kind_(kind), on_ready_(std::move(on_ready)) {}
  DescriptorWait(const DescriptorWait&) = delete;
  DescriptorWait& operator=(const DescriptorWait&) = delete;

 private:
  friend class DescriptorWaits;
  int descriptor_;
  Kind kind_;
  std::function<void()> on_ready_;
  DescriptorWait* previous_ = nullptr;
  DescriptorWait* next_ = nullptr;
};

// The descriptors are in an epoll set of their own, which the loop watches. So whatever an author does to a descriptor, none of the
// loop's own changes, and a descriptor that the loop watches as well is no conflict.
//
// Lifetime: its loop outlives it. All waits have ended when it is destroyed. Threads: the loop's.
// Cost: nothing before the first wait. Each wait costs three calls of the kernel.
class DescriptorWaits {
 public:
  explicit DescriptorWaits(Loop& loop) : loop_(loop) {}
  DescriptorWaits(const DescriptorWaits&) = delete;
  DescriptorWaits& operator=(const DescriptorWaits&) = delete;
  ~DescriptorWaits();

  // Calls the wait's `on_ready` once, in a later step of the loop, when the descriptor is ready, has an error or has come to its
  // end. Returns the number of <cerrno> if that cannot be: EPERM if it is a regular file, which is always ready.
  [[nodiscard]] std::expected<void, int> begin(DescriptorWait& wait);
  // `on_ready` will not run.
  void end(DescriptorWait& wait);

 private:
  // The waits for one descriptor, in the order of their begin.
  struct Entry {
    DescriptorWait* first = nullptr;
    DescriptorWait* last = nullptr;
    std::uint64_t number = 0;  // tells it apart from earlier entries of the same descriptor
  };
  using Entries = std::unordered_map<int, Entry>;

  void look();
  static void unlink(Entry& entry, DescriptorWait& wait);
  static std::uint32_t events_of(const Entry& entry);
  int control(int descriptor, const Entry& entry, int operation) const;
  void wake(std::uint64_t number, std::uint32_t events);

  Loop& loop_;
  int epoll_ = -1;
  std::unique_ptr<Watch> watch_;
  Entries entries_;
  std::unordered_map<std::uint64_t, int> descriptors_;  // of each entry's number
  std::uint64_t last_number_ = 0;
};

}  // namespace ofn
