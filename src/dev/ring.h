// Keeps the last calls, so that a developer can look at them again, across reloads and crashes.
//
//   Ring ring;
//   ring.add(call);
//   if (const CallEnded* found = ring.find("1f3a")) say(*found);
//   for (const CallEnded& call : ring) say(call);       // the newest first
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <list>
#include <string_view>
#include <unordered_map>

#include "dev/event.h"

namespace ofn::dev {

// If it is full, probes go first, then the successes, then the failures (the function crashed, threw an exception or was answered
// with 5xx), each the oldest first. The newest call is always kept.
//
// Lifetime: a reference to a call is valid until the next add(). Threads: one at a time.
// Cost: amortised constant time for each function.
class Ring final : public Listener {
 public:
  struct Limits {
    std::size_t calls = 1000;
    std::size_t bytes = std::size_t{64} << 20;    // of memory, as far as it can be counted
    std::size_t body_bytes = Content::kMostKept;  // of each body; its rest is dropped
  };

  Ring() : Ring(Limits()) {}
  explicit Ring(const Limits& limits) : limits_(limits) {}
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  void on(const CallEnded& event) override { add(event); }
  void add(CallEnded call);

  // Returns the call with this id, the newest if a client has used an id more than once; nullptr if it is not kept.
  const CallEnded* find(std::string_view id) const;
  // Returns the newest call that is not a probe; nullptr if there is none.
  const CallEnded* latest() const;

  std::size_t size() const { return entries_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  // The order in which calls are dropped.
  enum class Rank : std::uint8_t { kProbe, kSuccess, kFailure };
  static constexpr std::size_t kRanks = 3;

  struct Entry {
    CallEnded call;
    std::uint64_t number = 0;  // of all calls
    std::size_t bytes = 0;
    Rank rank = Rank::kSuccess;
    // Those with the same id.
    Entry* older = nullptr;
    Entry* newer = nullptr;
  };
  using Entries = std::list<Entry>;  // the newest first

  static Rank rank_of(const CallEnded& call);
  static std::size_t bytes_of(const CallEnded& call);
  void index(Entry& entry);
  void forget(const Entry& entry);
  void drop_one();

  Limits limits_;
  Entries entries_;
  std::array<std::deque<Entries::iterator>, kRanks> by_rank_;  // each the oldest first
  std::unordered_map<std::string_view, Entry*>
      by_id_;  // the newest of each id, whose id is the key
  std::uint64_t count_ = 0;
  std::size_t bytes_ = 0;

 public:
  class Iterator {
   public:
    using value_type = CallEnded;
    using difference_type = std::ptrdiff_t;

    Iterator() = default;
    explicit Iterator(Entries::const_iterator at) : at_(at) {}
    const CallEnded& operator*() const { return at_->call; }
    const CallEnded* operator->() const { return &at_->call; }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    Iterator operator++(int) { return Iterator(at_++); }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    Entries::const_iterator at_;
  };
  Iterator begin() const { return Iterator(entries_.begin()); }
  Iterator end() const { return Iterator(entries_.end()); }
};

}  // namespace ofn::dev
