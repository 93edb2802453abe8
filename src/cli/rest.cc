#include "cli/rest.h"

#include <algorithm>
#include <condition_variable>
#include <fstream>
#include <memory>
#include <mutex>
#include <unistd.h>
#include <utility>

#include "base/heap.h"

namespace ofn::cli {

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

}  // namespace

void RestPolicy::given_back(std::size_t resident) {
  least_ = resident;
  if (!busy_ && resident + kWorth > last_) at_rest_ = resident;
}

void return_memory_of_workers(Workers& workers) {
  struct Meeting {
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t here = 0;
  };
  // Calls need the workers more than the memory is needed: nobody waits longer for those that cannot come.
  static constexpr std::chrono::milliseconds kPatience(20);
  const auto meeting = std::make_shared<Meeting>();
  const std::size_t all = most_arenas();
  for (std::size_t i = 0; i < all; ++i) {
    const bool taken = workers.post([meeting, all] {
      std::unique_lock lock(meeting->mutex);
      ++meeting->here;
      meeting->changed.notify_all();
      meeting->changed.wait_for(lock, kPatience, [&] { return meeting->here >= all; });
      return_kept_memory();  // one after the other, because they change a limit of the process
      if (meeting->here >= all) return_scattered_memory();
    });
    if (!taken) return;  // the system grants no more threads
  }
}

RestAct RestPolicy::look(std::size_t resident, bool busy) {
  const std::size_t before = std::exchange(last_, resident);
  busy_ = busy;
  least_ = std::min(least_, resident);
  at_rest_ = std::min(at_rest_, resident);
  const bool worth_it = resident >= (busy ? least_ : at_rest_) + kWorth;
  if (!busy && !worth_it) {
    next_passes_ = 1;
    passes_ = 0;
    return RestAct::kStop;
  }
  if (!worth_it) {
    next_passes_ = 1;
    return RestAct::kNothing;
  }
  if (resident > before && busy) return RestAct::kNothing;  // memory is still growing
  if (busy && passes_ > 0) {
    --passes_;
    return RestAct::kNothing;
  }
  passes_ = next_passes_;
  next_passes_ = std::min(2 * next_passes_, kMostPasses);
  return RestAct::kGiveBack;
}

Rest::Rest(Loop& loop, std::function<bool()> busy, std::function<void()> give_back)
    : loop_(loop),
      busy_(std::move(busy)),
      give_back_(std::move(give_back)),
      timer_(loop, [this] { look(); }) {
  policy_.given_back(resident_bytes());
}

void Rest::look() {
  const bool busy = busy_();
  const RestAct act = policy_.look(resident_bytes(), busy);
  if (act == RestAct::kGiveBack) {
    give_back_();
    policy_.given_back(resident_bytes());
  }
  if (act != RestAct::kStop && (busy || act == RestAct::kGiveBack))
    timer_.arm(loop_.now() + kLookEvery);
}

}  // namespace ofn::cli
