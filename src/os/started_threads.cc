#include "os/started_threads.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <dlfcn.h>
#include <new>
#include <optional>
#include <pthread.h>
#include <string>
#include <utility>

#include "os/alternate_stack.h"
#include "os/calls_in_flight.h"
#include "os/process_state.h"

namespace ofn::os {

namespace {

using Routine = void* (*)(void*);

struct Start {
  Routine routine = nullptr;
  void* argument = nullptr;
  const CallMark* mark = nullptr;
  std::uint32_t number = 0;
  const std::string* function = nullptr;
  std::array<char, 128> room{};  // as long as the texts in a CallMark
  CallIds ids{};                 // its texts are in `room`
};

// Null on a thread that no call has started.
constinit thread_local const Start* started_by = nullptr;

// Unused with a sanitizer: below.
[[maybe_unused]] Start* start_by_this_thread() {
  const CallMark* const mark = CallMark::here();
  if (mark == nullptr && started_by == nullptr) return nullptr;
  auto* const start = new (std::nothrow) Start;
  if (start == nullptr) return nullptr;
  start->mark = mark != nullptr ? mark : started_by->mark;
  start->number = mark != nullptr ? mark->number() : started_by->number;
  start->function = mark != nullptr ? &mark->function() : started_by->function;
  const CallIds ids = mark != nullptr ? mark->ids() : started_by->ids;
  char* at = start->room.data();
  const auto copied = [&at](std::string_view text) {
    const std::string_view copy(at, text.copy(at, text.size()));
    at += copy.size();
    return copy;
  };
  start->ids = {
      .request = copied(ids.request), .execution = copied(ids.execution), .trace = ids.trace};
  return start;
}

[[maybe_unused]] void* run_started(void* argument) {
  struct Ends {
    ~Ends() { delete std::exchange(started_by, nullptr); }
  };
  started_by = static_cast<const Start*>(argument);
  const Ends ends;
  std::optional<AlternateStack> stack;
  if (process_state.author_reads.load(std::memory_order_relaxed)) stack.emplace();
  return started_by->routine(started_by->argument);
}

}  // namespace

Starter starter_of_this_thread() noexcept {
  if (started_by == nullptr) return {};
  return {.function = *started_by->function, .ids = started_by->ids};
}

bool starter_is_in_flight() {
  const WatchedProcess::Options* const options = process_state.options;
  if (started_by == nullptr || options == nullptr || options->calls == nullptr) return false;
  return options->calls->is_in_flight(started_by->mark, started_by->number);
}

}  // namespace ofn::os

// A sanitizer has its own.
#if !defined(OFN_ADDRESS_SANITIZER) && !defined(OFN_THREAD_SANITIZER)
// Weak, because a program that is linked with a static C library has that library's own.
extern "C" __attribute__((weak, visibility("default"))) int pthread_create(
    pthread_t* thread, const pthread_attr_t* attributes, void* (*routine)(void*),
    void* argument) noexcept {
  using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static constinit std::atomic<Create> next = nullptr;
  Create create = next.load(std::memory_order_relaxed);
  if (create == nullptr) [[unlikely]] {
    create = reinterpret_cast<Create>(dlsym(RTLD_NEXT, "pthread_create"));
    next.store(create, std::memory_order_relaxed);
  }
  using namespace ofn::os;  // NOLINT(google-build-using-namespace)
  Start* const start = start_by_this_thread();
  if (start == nullptr) [[likely]]
    return create(thread, attributes, routine, argument);
  start->routine = routine;
  start->argument = argument;
  const int problem = create(thread, attributes, run_started, start);
  if (problem != 0) delete start;
  return problem;
}
#endif
