#include "loop/memory_return.h"

#include <algorithm>
#include <condition_variable>
#include <fstream>
#include <memory>
#include <mutex>
#include <unistd.h>
#include <utility>

#include "os/heap.h"

namespace ofn {

namespace {

// The resident memory that is not backed by a file. statm counts, in pages: mapped, resident, and resident backed by a file
// (proc(5)).
std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t size = 0;
  std::size_t resident = 0;
  std::size_t of_files = 0;
  file >> size >> resident >> of_files;
  return (resident - std::min(resident, of_files)) *
         static_cast<std::size_t>(sysconf(_SC_PAGE_SIZE));
}

void return_memory_of_this_thread() {
  os::return_kept_memory();
  os::return_scattered_memory();
}

}  // namespace

void MemoryReturnPolicy::given_back(std::size_t resident) { least_ = resident; }

void return_memory_of_workers(Workers& workers) {
  struct Meeting {
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t here = 0;
  };
  // Workers that have arrived wait only briefly for the others, because calls need the workers more
  // urgently.
  static constexpr std::chrono::milliseconds kPatience(20);
  const auto meeting = std::make_shared<Meeting>();
  const std::size_t all = os::most_arenas();
  for (std::size_t i = 0; i < all; ++i) {
    const bool taken = workers.post([meeting, all] {
      std::unique_lock lock(meeting->mutex);
      ++meeting->here;
      meeting->changed.notify_all();
      meeting->changed.wait_for(lock, kPatience, [&] { return meeting->here >= all; });
      os::return_kept_memory();  // one at a time, because it changes a limit of the process
      if (meeting->here >= all) os::return_scattered_memory();
    });
    if (!taken) return;  // the system grants no more threads
  }
}

MemoryReturnAct MemoryReturnPolicy::look(std::size_t resident, Connections connections) {
  const bool busy = connections == Connections::kOpen;
  const std::size_t before = std::exchange(last_, resident);
  least_ = std::min(least_, resident);
  at_rest_ = std::min(at_rest_, resident);
  const bool was_fruitless =
      std::exchange(returned_at_rest_, false) && !busy && resident + kWorth > before;
  fruitless_ = was_fruitless ? fruitless_ + 1 : 0;
  if (fruitless_ >= kMostFruitless) at_rest_ = resident;
  const bool worth_it = resident >= (busy ? least_ : at_rest_) + kWorth;
  if (!busy && !worth_it) {
    next_passes_ = 1;
    passes_ = 0;
    return MemoryReturnAct::kStop;
  }
  if (!worth_it) {
    next_passes_ = 1;
    return MemoryReturnAct::kNothing;
  }
  if (resident > before && busy) return MemoryReturnAct::kNothing;  // memory is still growing
  if (busy && passes_ > 0) {
    --passes_;
    return MemoryReturnAct::kNothing;
  }
  passes_ = next_passes_;
  next_passes_ = std::min(2 * next_passes_, kMostPasses);
  returned_at_rest_ = !busy;
  return MemoryReturnAct::kGiveBack;
}

MemoryReturn::MemoryReturn(Loop& loop, Workers& workers, std::function<bool()> busy)
    : loop_(loop),
      workers_(workers),
      busy_(std::move(busy)),
      check_(loop, [this] { look(); }),
      after_body_(loop, [] { return_memory_of_this_thread(); }) {
  policy_.begin(resident_bytes());
}

void MemoryReturn::look() {
  const bool busy = busy_();
  const MemoryReturnAct act =
      policy_.look(resident_bytes(), busy ? Connections::kOpen : Connections::kNone);
  if (act == MemoryReturnAct::kGiveBack) {
    return_memory_of_this_thread();
    return_memory_of_workers(workers_);
    policy_.given_back(resident_bytes());
  }
  if (act != MemoryReturnAct::kStop && (busy || act == MemoryReturnAct::kGiveBack))
    check_.arm(loop_.now() + kLookEvery);
}

}  // namespace ofn
