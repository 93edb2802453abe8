// Gives memory back when the work that needed it is over: after a crowd has gone, and after floods of what is small. What large
// bodies leave behind goes sooner (Host::large_body_done).
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>

#include "loop/loop.h"

namespace ofn::cli {

// What is to be done at a look.
enum class RestAct { kNothing, kGiveBack, kStop };

// Decides when it is worth it. A value without a clock: it is asked once a look.
//
// Memory is given back when at least kWorth more is resident than when it was last given back, and no more than at the look before:
// the work goes on elsewhere, or is over. Where what was given back is resident again at the next look, work needs it: the next
// looks pass, twice as many each time.
class RestPolicy {
 public:
  static constexpr std::size_t kWorth = std::size_t{4} * 1024 * 1024;
  static constexpr int kMostPasses = 32;

  // `resident`: in bytes, of nothing that is in a file. `busy`: connections are open.
  RestAct look(std::size_t resident, bool busy);
  // What is resident at the start, and after it was given back.
  void given_back(std::size_t resident) { least_ = resident; }

 private:
  std::size_t least_ = 0;
  std::size_t last_ = 0;
  int passes_ = 0;  // looks that are still to pass
  int next_passes_ = 1;
};

// Lifetime: ends before the loop. Threads: the loop's. Cost: while connections are open, one small file is read every two seconds;
// nothing while there are none.
class Rest {
 public:
  static constexpr std::chrono::seconds kLookEvery{2};

  // `busy`: are connections open? `give_back` has all threads give back what they keep.
  Rest(Loop& loop, std::function<bool()> busy, std::function<void()> give_back);

  // There is work. To be called when a connection comes.
  void expect() {
    if (!timer_.armed()) timer_.arm(loop_.now() + kLookEvery);
  }

 private:
  void look();

  Loop& loop_;
  std::function<bool()> busy_;
  std::function<void()> give_back_;
  RestPolicy policy_;
  Timer timer_;
};

}  // namespace ofn::cli
