// Returns freed memory to the system when the work that needed it has ended: after many connections
// have closed, after a flood of small requests, and soon after each large body.
//
//   MemoryReturn memory(loop, workers, [&] { return server.connections() > 0; });   // one per loop
//   memory.connection_accepted();
//   memory.large_body_done();
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>

#include "loop/loop.h"
#include "loop/workers.h"
#include "os/heap.h"

namespace ofn {

// Whether connections are open.
enum class Connections { kNone, kOpen };
// The result of one check: wait for the next check, return memory, or stop checking.
enum class MemoryReturnAct { kNothing, kGiveBack, kStop };

// Decides when it is worthwhile to return memory. It has no clock: its owner calls look() once for each check.
//
// Memory is returned if at least kWorth more is resident than after the last return, and no more than at the check before: then
// the work does not need more memory, or is over. If the returned memory is resident again at the next check, the work needs it.
// Then the policy skips checks before it returns memory again, and skips twice as many each time, up to kMostPasses.
//
// Free memory stays resident until it is returned. So without connections the policy compares with the last time without
// connections: memory that was in use at the last return may be free now. Workers return theirs after the call of given_back(), or
// not at all while the machine is busy. So without connections the policy tries again, and accepts what is resident as needed
// only after kMostFruitless returns that brought little.
class MemoryReturnPolicy {
 public:
  static constexpr std::size_t kWorth = std::size_t{4} * 1024 * 1024;
  static constexpr int kMostPasses = 32;
  static constexpr int kMostFruitless = 3;

  // `resident`: the resident memory that is not backed by a file, in bytes.
  MemoryReturnAct look(std::size_t resident, Connections connections);
  // Call this with the resident memory at the start.
  void begin(std::size_t resident) { least_ = at_rest_ = resident; }
  // Call this with the resident memory after each return.
  void given_back(std::size_t resident);

 private:
  std::size_t least_ = 0;    // after the last return
  std::size_t at_rest_ = 0;  // after the last returns without connections, which brought little
  std::size_t last_ = 0;     // at the last check
  bool returned_at_rest_ = false;  // at the last check, without connections
  int fruitless_ = 0;              // such returns that brought little, one after the other
  int passes_ = 0;                 // checks that are still to be skipped
  int next_passes_ = 1;
};

// Returns the free memory at the end of the arenas that workers have used, including workers that
// have ended. To do this it brings together so many workers that each arena has one of them. Then
// it calls return_scattered_memory(). The function returns before that is done. Threads: any.
void return_memory_of_workers(Workers& workers);

// Lifetime: ends before the loop. `workers` outlives it. Threads: the loop's. Cost: it reads one
// small file every two seconds while connections are open; nothing otherwise.
class MemoryReturn {
 public:
  static constexpr std::chrono::seconds kLookEvery{2};

  // `busy` returns true if connections are open. Memory that `workers` leave behind is returned as well.
  MemoryReturn(Loop& loop, Workers& workers, std::function<bool()> busy);

  // Starts the checks. Call this when a connection is accepted.
  void connection_accepted() {
    if (!check_.armed()) check_.arm(loop_.now() + kLookEvery);
  }
  // Returns the memory of the loop's thread when no large body has come for a while (kMemoryIsKept).
  void large_body_done() { after_body_.arm(loop_.now() + os::kMemoryIsKept); }

 private:
  void look();

  Loop& loop_;
  Workers& workers_;
  std::function<bool()> busy_;
  MemoryReturnPolicy policy_;
  Timer check_;
  Timer after_body_;
};

}  // namespace ofn
