#include "os/started_threads.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <dlfcn.h>
#include <memory>
#include <new>
#include <pthread.h>

#include "os/alternate_stack.h"
#include "os/process_state.h"

namespace ofn::os {

namespace {

using Routine = void* (*)(void*);

struct Start {
  Routine routine = nullptr;
  void* argument = nullptr;
  std::array<char, 64> id{};  // as long as in a CallMark
  std::size_t id_size = 0;
};

// Null on a thread that no call has started.
constinit thread_local const Start* started_by = nullptr;

// Unused with a sanitizer: below.
[[maybe_unused]] std::string_view id_of_this_call() {
  const WatchedProcess::Options* const options = process_state.options;
  if (options == nullptr || options->calls == nullptr) return {};
  const ThreadId self = this_thread_id();
  std::string_view id;
  options->calls->each([&](const CallsInFlight::Call& call) {
    if (call.thread == self) id = call.request_id;
  });
  return id;
}

[[maybe_unused]] void* run_started(void* argument) {
  const std::unique_ptr<const Start> start(static_cast<const Start*>(argument));
  started_by = start.get();
  const AlternateStack stack;
  return start->routine(start->argument);
}

}  // namespace

std::string_view starter_of_this_thread() noexcept {
  return started_by == nullptr ? std::string_view()
                               : std::string_view(started_by->id.data(), started_by->id_size);
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
  if (!process_state.author_reads.load(std::memory_order_relaxed)) [[likely]]
    return create(thread, attributes, routine, argument);
  const std::string_view own = id_of_this_call();
  const std::string_view id = own.empty() ? starter_of_this_thread() : own;
  auto* const start = id.empty() ? nullptr : new (std::nothrow) Start;
  if (start == nullptr) return create(thread, attributes, routine, argument);
  start->routine = routine;
  start->argument = argument;
  start->id_size = id.copy(start->id.data(), start->id.size());
  const int problem = create(thread, attributes, run_started, start);
  if (problem != 0) delete start;
  return problem;
}
#endif
