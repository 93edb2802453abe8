// The calls of functions that are under way, as a crash report names them.
//
//   CallsInFlight calls;
//   CallMark mark(&calls);                      // a member of what is one call after the other
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

using ThreadId = pid_t;  // the kernel's

// Cost: a system call for each thread, a load from then on.
ThreadId this_thread_id() noexcept;

class CallMark;

// Lifetime: outlives its marks. Threads: any; a signal handler reads it without the lock, beside threads that still run, so
// what it reads is a copy that never moves.
class CallsInFlight {
 public:
  CallsInFlight() = default;
  CallsInFlight(const CallsInFlight&) = delete;
  CallsInFlight& operator=(const CallsInFlight&) = delete;

  struct Call {
    std::string_view function;
    std::string_view request_id;
    ThreadId thread;  // that it runs on at present; 0: it waits for something
  };
  // Tells `visit` each call that is under way. May be called in a signal handler.
  template <class Visit>
  void each(Visit visit) const;

 private:
  friend class CallMark;
  std::mutex mutex_;
  std::atomic<CallMark*> first_ = nullptr;
};

// Lifetime: it is one call after the other. Threads: one at a time. Cost of a call: it copies the id, and stores a few words.
class CallMark {
 public:
  // `calls` null: nobody asks.
  explicit CallMark(CallsInFlight* calls);
  CallMark(const CallMark&) = delete;
  CallMark& operator=(const CallMark&) = delete;
  ~CallMark();

  // `function`, its name, lives as long as the program.
  void began(const std::string& function, std::string_view request_id) noexcept {
    id_size_.store(0, std::memory_order_relaxed);
    function_.store(&function, std::memory_order_relaxed);
    const std::size_t size = std::min(request_id.size(), id_.size());
    std::memcpy(id_.data(), request_id.data(), size);
    id_size_.store(static_cast<std::uint8_t>(size), std::memory_order_release);
  }
  void ended() noexcept { id_size_.store(0, std::memory_order_relaxed); }

  // The author's code runs on this thread, as long as this lives.
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
