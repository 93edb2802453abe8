// Locks that a task (<ofn/task.h>) may await and hold across an await: so many tasks at once, or one.
#pragma once

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <mutex>
#include <utility>

#include <ofn/await.h>

namespace ofn {

class Semaphore;
namespace internal {
struct Acquire;
}

// A permit of a Semaphore, or the lock of a Mutex, until its scope ends. It is empty if the call was asked to stop while it
// waited: look at it before you use what it protects.
class [[nodiscard("it is released at once: give it a name, and look whether it is there")]] Permit {
 public:
  Permit() = default;
  Permit(Permit&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}
  Permit& operator=(Permit&& other) noexcept {
    std::swap(of_, other.of_);
    return *this;
  }
  Permit(const Permit&) = delete;
  Permit& operator=(const Permit&) = delete;
  ~Permit() { release(); }

  explicit operator bool() const noexcept { return of_ != nullptr; }
  // Gives it back before its scope ends. Threads: any.
  void release() noexcept;

 private:
  friend class Semaphore;
  friend struct internal::Acquire;
  explicit Permit(Semaphore* of) noexcept : of_(of) {}
  Semaphore* of_ = nullptr;
};

// Lets that many tasks at once through, in the order in which they came:
//
//   constinit ofn::Semaphore connections(10);
//
//   ofn::task<> limited() {
//     const ofn::Permit permit = co_await connections.acquire();
//     if (!permit) co_return;  // the call was asked to stop
//     co_await ofn::sleep_for(std::chrono::seconds(1));
//   }
//
// It may be a global variable, because it is made when the program is compiled (constinit).
// Lifetime: outlives its permits and waits. Threads: any; tasks of all calls and loops share it. A task that waits holds no
// thread, and a permit may be released by another one.
class Semaphore {
 public:
  constexpr explicit Semaphore(std::size_t permits) noexcept : permits_(permits) {}
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;

  // Awaiting it returns a Permit.
  internal::Acquire acquire() noexcept;
  // Returns an empty one if all are taken.
  Permit try_acquire() noexcept {
    const std::lock_guard lock(mutex_);
    if (permits_ == 0) return {};
    --permits_;
    return Permit(this);
  }

 private:
  friend class Permit;
  friend struct internal::Acquire;
  void release() noexcept;

  std::mutex mutex_;
  std::size_t permits_;
  // Those that wait; none if there is a permit.
  internal::Acquire* first_ = nullptr;
  internal::Acquire* last_ = nullptr;
};

namespace internal {

struct [[nodiscard("nothing is waited for until it is awaited: co_await it")]] Acquire final
    : WaitOperation {
  explicit Acquire(Semaphore& semaphore) noexcept : of(semaphore) { give_up = &leave; }
  bool await_ready() noexcept {
    permit = of.try_acquire();
    return static_cast<bool>(permit);
  }
  template <std::derived_from<Promise> P>
  bool await_suspend(std::coroutine_handle<P> coroutine) noexcept {
    const abi::AwaitTable& host = waits_in(coroutine);
    {
      const std::lock_guard lock(of.mutex_);
      if (of.permits_ > 0) {
        --of.permits_;
        permit = Permit(&of);
        return false;
      }
      before = of.last_;
      (of.last_ == nullptr ? of.first_ : of.last_->behind) = this;
      of.last_ = this;
      is_queued = true;
    }
    host.wait(tasks->host, *this);
    return true;
  }
  Permit await_resume() noexcept {
    return was_given_up ? Permit() : Permit(std::exchange(permit, Permit()));
  }
  // With the semaphore's mutex locked.
  void unqueue() noexcept {
    (before == nullptr ? of.first_ : before->behind) = behind;
    (behind == nullptr ? of.last_ : behind->before) = before;
    is_queued = false;
  }
  static bool leave(abi::Wait& wait) noexcept {
    auto& self = static_cast<Acquire&>(wait);
    const std::lock_guard lock(self.of.mutex_);
    if (!self.is_queued) return false;
    self.unqueue();
    return true;
  }
  Semaphore& of;
  Permit permit;
  Acquire* before = nullptr;
  Acquire* behind = nullptr;
  bool is_queued = false;
};

}  // namespace internal

inline internal::Acquire Semaphore::acquire() noexcept { return internal::Acquire(*this); }
inline void Semaphore::release() noexcept {
  internal::Acquire* first = nullptr;
  {
    const std::lock_guard lock(mutex_);
    first = first_;
    if (first == nullptr) {
      ++permits_;
      return;
    }
    first->unqueue();
    first->permit.of_ = this;
  }
  // From now on only wake() can end the wait, so it is still there.
  first->tasks->awaits->wake(first->tasks->host, *first);
}
inline void Permit::release() noexcept {
  if (Semaphore* const of = std::exchange(of_, nullptr)) of->release();
}

// Lets one task at once through, in the order in which they came. A std::mutex is not held across an await, because the task may
// go on on another thread; this one may. The rest is as with Semaphore.
class Mutex {
 public:
  constexpr Mutex() noexcept = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  // Awaiting it returns the lock, a Permit.
  internal::Acquire lock() noexcept { return one_.acquire(); }
  Permit try_lock() noexcept { return one_.try_acquire(); }

 private:
  Semaphore one_{1};
};

}  // namespace ofn
