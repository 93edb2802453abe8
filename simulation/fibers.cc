#include "simulation/fibers.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <cxxabi.h>
#include <ucontext.h>
#include <utility>

#include "base/check.h"
#include "loop/workers.h"
#include "simulation/starving.h"

namespace ofn::simulation {

namespace {

Fibers* the_fibers = nullptr;

constexpr std::chrono::milliseconds kLongestStall(30);
constexpr std::size_t kStack = std::size_t{256} * 1024;

// Stacks are made once for all runs, because the system clears each new one.
std::vector<std::unique_ptr<char[]>>& stacks() {
  static std::vector<std::unique_ptr<char[]>> all;
  return all;
}

// What the C++ runtime knows of the exceptions of a thread. Each fiber has its own.
struct Exceptions {
  void* caught = nullptr;
  unsigned uncaught = 0;
};
void swap_exceptions(Exceptions& with) {
  void* const of_thread = abi::__cxa_get_globals();
  Exceptions now;
  std::memcpy(static_cast<void*>(&now), of_thread, sizeof now);
  std::memcpy(of_thread, static_cast<const void*>(&with), sizeof with);
  with = now;
}

}  // namespace

struct Fibers::Fiber {
  const void* pool = nullptr;
  Task task;
  std::unique_ptr<char[]> stack;
  ucontext_t context{};
  ucontext_t caller{};
  Exceptions exceptions;
  const std::function<bool()>* done = nullptr;
  SteadyTime latest = SteadyTime::max();
  bool has_ended = false;

  bool can_go_on(SteadyTime now) const { return done == nullptr || latest <= now || (*done)(); }
};

Fibers::Fibers(Kernel& kernel) : kernel_(kernel) {
  OFN_CHECK(the_fibers == nullptr);
  the_fibers = this;
}

Fibers::~Fibers() {
  for (auto& fiber : idle_) stacks().push_back(std::move(fiber->stack));
  the_fibers = nullptr;
}

Fibers& Fibers::here() {
  OFN_CHECK(the_fibers != nullptr);
  return *the_fibers;
}

void Fibers::post(const void* pool, std::size_t threads, Task task) {
  const NotStarving simulation;
  waiting_.push_back({pool, threads, std::move(task)});
}

std::size_t Fibers::left_of(const void* pool) const {
  const auto of_pool = [pool](const auto& each) {
    if constexpr (requires { each->pool; })
      return each->pool == pool;
    else
      return each.pool == pool;
  };
  return static_cast<std::size_t>(std::ranges::count_if(waiting_, of_pool) +
                                  std::ranges::count_if(running_, of_pool));
}

SteadyTime Fibers::next_wake() const {
  SteadyTime next = SteadyTime::max();
  for (const auto& fiber : running_) next = std::min(next, fiber->latest);
  return next;
}

void Fibers::enter(unsigned high, unsigned low) {
  auto* const fiber = reinterpret_cast<Fiber*>((static_cast<std::uintptr_t>(high) << 32U) | low);
  fiber->task();
  fiber->task = nullptr;
  fiber->has_ended = true;
  swapcontext(&fiber->context, &fiber->caller);
}

void Fibers::go_on(Fiber& fiber) {
  Fiber* const before = std::exchange(current_, &fiber);
  swap_exceptions(fiber.exceptions);
  swapcontext(&fiber.caller, &fiber.context);
  swap_exceptions(fiber.exceptions);
  current_ = before;
}

bool Fibers::step(Random& random) {
  // The candidates: fibers that can go on, and the first task of each pool that has a free thread.
  const SteadyTime now = kernel_.now();
  std::vector<std::size_t> candidates;
  for (std::size_t i = 0; i < running_.size(); ++i) {
    if (running_[i]->can_go_on(now)) candidates.push_back(i);
  }
  std::vector<const void*> seen;
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    const Waiting& each = waiting_[i];
    if (std::ranges::find(seen, each.pool) != seen.end()) continue;
    seen.push_back(each.pool);
    const auto busy = std::ranges::count_if(
        running_, [&each](const auto& fiber) { return fiber->pool == each.pool; });
    if (static_cast<std::size_t>(busy) < each.threads) candidates.push_back(running_.size() + i);
  }
  if (candidates.empty()) return false;
  std::size_t chosen = candidates[random() % candidates.size()];
  if (chosen >= running_.size()) {
    const std::size_t at = chosen - running_.size();
    if (idle_.empty()) {
      auto made = std::make_unique<Fiber>();
      if (stacks().empty()) {
        made->stack = std::make_unique_for_overwrite<char[]>(kStack);
      } else {
        made->stack = std::move(stacks().back());
        stacks().pop_back();
      }
      idle_.push_back(std::move(made));
    }
    std::unique_ptr<Fiber> fiber = std::move(idle_.back());
    idle_.pop_back();
    fiber->pool = waiting_[at].pool;
    fiber->task = std::move(waiting_[at].task);
    fiber->has_ended = false;
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(at));
    getcontext(&fiber->context);
    fiber->context.uc_stack.ss_sp = fiber->stack.get();
    fiber->context.uc_stack.ss_size = kStack;
    const auto address = reinterpret_cast<std::uintptr_t>(fiber.get());
    // makecontext() takes integers only.
    makecontext(&fiber->context, reinterpret_cast<void (*)()>(&Fibers::enter), 2,
                static_cast<unsigned>(address >> 32U), static_cast<unsigned>(address));
    chosen = running_.size();
    running_.push_back(std::move(fiber));
  }
  Fiber& fiber = *running_[chosen];
  fiber.done = nullptr;
  fiber.latest = SteadyTime::max();
  go_on(fiber);
  if (fiber.has_ended) {
    const auto at =
        std::ranges::find(running_, &fiber, [](const auto& each) { return each.get(); });
    idle_.push_back(std::move(*at));
    running_.erase(at);
  }
  return true;
}

void Fibers::wait_until(const std::function<bool()>& done, SteadyTime latest) {
  // A function that was short so far runs on its loop's own thread, and keeps it now. The watchdog, which would give the loop to another
  // thread, is not simulated.
  if (current_ == nullptr) return kernel_.advance(std::min(latest, kernel_.now() + kLongestStall));
  Fiber& fiber = *current_;
  while (!done() && kernel_.now() < latest) {
    fiber.done = &done;
    fiber.latest = latest;
    swapcontext(&fiber.context, &fiber.caller);
  }
}

}  // namespace ofn::simulation

namespace ofn {

using simulation::Fibers;

Workers::Workers(std::size_t max_threads, std::chrono::seconds idle, const char* name)
    : max_threads_(max_threads), idle_(idle), name_(name) {}

// Nothing of the run may be left then.
Workers::~Workers() { OFN_CHECK(Fibers::here().left_of(this) == 0); }

std::size_t Workers::threads() const { return max_threads_; }

bool Workers::post(Task&& task) {
  // A stack of a thread cannot be read here: there is one thread only.
  if (std::string_view(name_) == "ofn-report") return false;
  if (!Fibers::here().grants_threads()) return false;
  Fibers::here().post(this, max_threads_, std::move(task));
  return true;
}

}  // namespace ofn
