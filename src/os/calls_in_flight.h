// The function calls in flight, so that a crash report can name them.
//
//   CallsInFlight calls;
//   CallMark mark(&calls);                      // a member of an object that is reused for one call after the other
//   mark.began(name, {.request = id});
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

#include "base/call_fields.h"
#include "base/span_context.h"

namespace ofn::os {

using ThreadId = pid_t;  // the kernel's number of the thread

// Cost: one system call for each thread, and a load for each later call.
ThreadId this_thread_id() noexcept;

}  // namespace ofn::os

namespace ofn {
class CallSpans;
}  // namespace ofn

namespace ofn::os {

class CallMark;

// Lifetime: outlives its marks. Threads: any. A signal handler reads the list without the lock while other threads still run.
// Therefore each mark copies the ids into memory that never moves.
class CallsInFlight {
 public:
  CallsInFlight() = default;
  CallsInFlight(const CallsInFlight&) = delete;
  CallsInFlight& operator=(const CallsInFlight&) = delete;

  struct Call {
    std::string_view function;
    CallIds ids;
    ThreadId thread;  // the thread that runs it now; 0 while it waits
  };
  // Calls `visit` for each call in flight. May be called in a signal handler.
  template <class Visit>
  void each(Visit visit) const;
  // Returns true if the mark exists and still marks the call of that number. Takes the lock.
  bool is_in_flight(const CallMark* mark, std::uint32_t number) const;

 private:
  friend class CallMark;
  mutable std::mutex mutex_;
  std::atomic<CallMark*> first_ = nullptr;
};

// Marks one call at a time. Lifetime: reusable. Threads: one at a time. Cost of a call: it copies the ids and stores a few words.
class CallMark {
 public:
  // If `calls` is null, the mark is in no list.
  explicit CallMark(CallsInFlight* calls);
  CallMark(const CallMark&) = delete;
  CallMark& operator=(const CallMark&) = delete;
  ~CallMark();

  // `function` is the function's name. It lives as long as the program.
  void began(const std::string& function, const CallIds& ids) noexcept {
    request_.clear();
    function_.store(&function, std::memory_order_relaxed);
    number_.store(number_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    execution_.set(ids.execution);
    set_trace(ids.trace);
    request_.set(ids.request);
  }
  // Replaces the trace context, when an observer has set it.
  void set_trace(const SpanContext& trace) noexcept {
    trace_.set(trace);
    has_traceparent_ = false;
  }
  void ended() noexcept { request_.clear(); }

  // The call that runs on this thread; null: none.
  static const CallMark* here() noexcept { return on_this_thread; }
  // Returns the ids of the call. Lifetime: until the call has ended. Threads: the one that runs the call.
  CallIds ids() const noexcept {
    return {.request = request_.view(), .execution = execution_.view(), .trace = trace_.get()};
  }
  // Returns the call's traceparent; empty: there is none. Lifetime and threads: as ids(). Cost: the first time it writes the text.
  std::string_view traceparent() const noexcept {
    const SpanContext trace = trace_.get();
    if (trace.empty()) return {};
    if (!has_traceparent_) traceparent_ = trace.traceparent();
    has_traceparent_ = true;
    return {traceparent_.data(), traceparent_.size()};
  }
  const std::string& function() const noexcept {
    return *function_.load(std::memory_order_relaxed);
  }
  // What the author's code records of the call (invocation/call_spans.h); null: nothing. Threads: the one that runs the call.
  CallSpans* spans() const noexcept { return spans_; }
  void set_spans(CallSpans* spans) noexcept { spans_ = spans; }
  // Which of the calls of this mark it is.
  std::uint32_t number() const noexcept { return number_.load(std::memory_order_relaxed); }

  // While this object lives, the call is marked as running on this thread.
  class RunsHere {
   public:
    explicit RunsHere(CallMark& mark) noexcept : mark_(mark), before_(on_this_thread) {
      mark_.thread_.store(this_thread_id(), std::memory_order_relaxed);
      on_this_thread = &mark;
    }
    RunsHere(const RunsHere&) = delete;
    RunsHere& operator=(const RunsHere&) = delete;
    ~RunsHere() {
      on_this_thread = before_;
      mark_.thread_.store(0, std::memory_order_relaxed);
    }

   private:
    CallMark& mark_;
    const CallMark* before_;
  };

 private:
  friend class CallsInFlight;

  // A text that another thread may read while it changes. What it then reads is a mixture, but within the memory.
  template <std::size_t kMost>
  class Text {
   public:
    void clear() noexcept { size_.store(0, std::memory_order_relaxed); }
    void set(std::string_view text) noexcept {
      clear();
      if (text.empty()) return;
      const std::size_t size = std::min(text.size(), kMost);
      std::copy_n(text.begin(), size, bytes_.begin());
      size_.store(static_cast<std::uint8_t>(size), std::memory_order_release);
    }
    std::string_view view() const noexcept {
      return {bytes_.data(), size_.load(std::memory_order_acquire)};
    }

   private:
    std::array<char, kMost> bytes_{};
    std::atomic<std::uint8_t> size_ = 0;
  };
  // The same for a trace's ids.
  class Trace {
   public:
    void set(const SpanContext& trace) noexcept {
      flags_.store(trace.flags, std::memory_order_relaxed);
      std::array<std::uint64_t, 3> words;
      std::memcpy(words.data(), trace.trace_id.data(), sizeof trace.trace_id);
      std::memcpy(words.data() + 2, trace.span_id.data(), sizeof trace.span_id);
      for (std::size_t i = 0; i < words.size(); ++i)
        ids_[i].store(words[i], std::memory_order_relaxed);
    }
    SpanContext get() const noexcept {
      std::array<std::uint64_t, 3> words;
      for (std::size_t i = 0; i < words.size(); ++i)
        words[i] = ids_[i].load(std::memory_order_relaxed);
      SpanContext trace;
      std::memcpy(trace.trace_id.data(), words.data(), sizeof trace.trace_id);
      std::memcpy(trace.span_id.data(), words.data() + 2, sizeof trace.span_id);
      trace.flags = flags_.load(std::memory_order_relaxed);
      return trace;
    }

   private:
    std::array<std::atomic<std::uint64_t>, 3> ids_{};  // of the trace, then of the span
    std::atomic<std::uint8_t> flags_ = 0;
  };

  static constinit thread_local const CallMark* on_this_thread;

  CallsInFlight* calls_;
  std::atomic<CallMark*> next_ = nullptr;
  std::atomic<const std::string*> function_ = nullptr;
  Text<64> request_;  // empty: no call
  Text<64> execution_;
  Trace trace_;
  // The text of trace_, when the thread that runs the call has asked for it.
  mutable std::array<char, SpanContext::kTextSize> traceparent_;
  mutable bool has_traceparent_ = false;
  CallSpans* spans_ = nullptr;
  std::atomic<std::uint32_t> number_ = 0;
  std::atomic<ThreadId> thread_ = 0;
};

template <class Visit>
void CallsInFlight::each(Visit visit) const {
  for (const CallMark* mark = first_.load(std::memory_order_acquire); mark != nullptr;
       mark = mark->next_.load(std::memory_order_acquire)) {
    const CallIds ids = mark->ids();
    if (ids.request.empty()) continue;
    visit(Call{.function = mark->function(),
               .ids = ids,
               .thread = mark->thread_.load(std::memory_order_relaxed)});
  }
}

}  // namespace ofn::os
