// Decides which calls get a line of their own on the terminal. If there are more than 50 in a second, the rest are counted.
//
//   if (const auto counted = burst.next_second(now)) show(*counted);
//   if (burst.shows(call)) show(call);
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "dev/event.h"

namespace ofn::dev {

// Calls that threw the same at the same place.
struct CountedThrows {
  std::string site;  // what was thrown and where, for comparison
  CallEnded first;   // one of them, without bodies
  std::size_t calls = 0;
  bool is_new = false;  // no call with it has been shown since the calls became many
};

// The calls that got no line.
struct CountedCalls {
  std::size_t calls = 0;
  bool follow_lines = false;              // calls before them, in the same second, got lines
  bool are_requests = true;               // none of them is a delivery
  std::map<int, std::size_t> statuses{};  // 0: nothing was answered
  Duration p50{};  // half of the calls were answered within this time, and 99 in 100 within p99
  Duration p99{};
  unsigned build = 0;                   // of the last one
  std::vector<CountedThrows> throws{};  // in the order in which they came, at most kMostThrows
  std::size_t other_throws = 0;         // calls that threw anything else
  static constexpr std::size_t kMostThrows = 10;
};

// Threads: one at a time. Cost of a call that is counted: 8 bytes until take(), which takes linear time; one that threw also
// compares its place with those of this second.
class Burst {
 public:
  static constexpr std::size_t kMost = 50;
  static constexpr Duration kSecond = std::chrono::seconds(1);

  // Begins the next second if the current one is over, and returns what was counted in that one. Until a second has at most kMost
  // calls, every call is counted.
  std::optional<CountedCalls> next_second(SteadyTime now);
  // Returns true if the call gets a line; otherwise it has been counted. Call next_second() before.
  [[nodiscard]] bool shows(const CallEnded& call);
  // Returns what was counted so far.
  std::optional<CountedCalls> take();
  // Returns the time for next_second(): the second's end if anything was counted in it.
  std::optional<SteadyTime> due() const;

 private:
  void count_throw(const CallEnded& call);
  bool remember_throw(const std::string& site);

  SteadyTime began_ = SteadyTime::min();  // the current second; min(): none yet
  std::size_t calls_ = 0;                 // in this second
  std::size_t shown_ = 0;
  bool counts_all_ = false;
  CountedCalls counted_;
  std::vector<Duration> times_;
  std::set<std::string> shown_throws_;  // their sites, since the calls became many
};

}  // namespace ofn::dev
