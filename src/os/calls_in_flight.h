// The function calls in flight, so that a crash report can name them.
//
//   CallsInFlight calls;
//   CallMark mark(&calls);                      // a member of an object that is reused for one call after the other
//   mark.began("hello", request_id);
//   { const CallMark::RunsHere here(mark); function(); }
//   mark.ended();
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace ofn::os {

using ThreadId = pid_t;  // the kernel's number of the thread

// Cost: one system call for each thread, and a load for each later call.
ThreadId this_thread_id() noexcept;

class CallMark;

// Lifetime: outlives its marks. Threads: any. A signal handler reads the list without the lock while other threads still run.
// Therefore each mark copies the request id into memory that never moves.
class CallsInFlight {
 public:
  CallsInFlight() = default;
  CallsInFlight(const CallsInFlight&) = delete;
  CallsInFlight& operator=(const CallsInFlight&) = delete;

  struct Call {
    std::string_view function;
    std::string_view request_id;
    ThreadId thread;  // the thread that runs it now; 0 while it waits
  };
  // Calls `visit` for each call in flight. May be called in a signal handler.
  template <class Visit>
  void each(Visit visit) const;

 private:
  friend class CallMark;
  std::mutex mutex_;
  std::atomic<CallMark*> first_ = nullptr;
};

// Marks one call at a time. Lifetime: reusable. Threads: one at a time. Cost of a call: it copies the id and stores a few words.
class CallMark {
 public:
  // If `calls` is null, the mark is in no list.
  explicit CallMark(CallsInFlight* calls);
  CallMark(const CallMark&) = delete;
  CallMark& operator=(const CallMark&) = delete;
  ~CallMark();

  // `function` is the function's name. It lives as long as the program.
  void began(const std::string& function, std::string_view request_id) noexcept {
    id_size_.store(0, std::memory_order_relaxed);
    function_.store(&function, std::memory_order_relaxed);
    const std::size_t size = std::min(request_id.size(), id_.size());
    std::memcpy(id_.data(), request_id.data(), size);
    id_size_.store(static_cast<std::uint8_t>(size), std::memory_order_release);
  }
  void ended() noexcept { id_size_.store(0, std::memory_order_relaxed); }

  // While this object lives, the call is marked as running on this thread.
  class RunsHere {
   public:
    explicit RunsHere(CallMark& mark) noexcept : mark_(mark) {
      mark_.thread_.store(this_thread_id(), std::memory_order_relaxed);
    }
    RunsHere(const RunsHere&) = delete;
    RunsHere& operator=(const RunsHere&) = delete;
    ~RunsHere() { mark_.thread_.store(0, std::memory_order_relaxed); }

   private:
    CallMark& mark_;
  };

 private:
  friend class CallsInFlight;
  static constexpr std::size_t kLongestId = 64;

  CallsInFlight* calls_;
  std::atomic<CallMark*> next_ = nullptr;
  std::atomic<const std::string*> function_ = nullptr;
  std::array<char, kLongestId> id_{};
  std::atomic<std::uint8_t> id_size_ = 0;  // 0: no call
  std::atomic<ThreadId> thread_ = 0;
};

template <class Visit>
void CallsInFlight::each(Visit visit) const {
  for (const CallMark* mark = first_.load(std::memory_order_acquire); mark != nullptr;
       mark = mark->next_.load(std::memory_order_acquire)) {
    const std::size_t size = mark->id_size_.load(std::memory_order_acquire);
    if (size == 0) continue;
    visit(Call{.function = *mark->function_.load(std::memory_order_relaxed),
               .request_id = {mark->id_.data(), size},
               .thread = mark->thread_.load(std::memory_order_relaxed)});
  }
}

}  // namespace ofn::os
