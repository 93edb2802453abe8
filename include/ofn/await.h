// What a task (<ofn/task.h>) may await of its own: descriptors, callbacks, work on other threads, a stop. <ofn/semaphore.h> has
// locks, and <ofn/when_any.h> the first of several tasks.
//
//   ofn::task<std::string> answer_of(int socket) {
//     const bool ready = co_await ofn::readable(socket, std::chrono::seconds(5));
//     if (!ready) co_return "too late";  // or the call was asked to stop
//     co_return co_await ofn::on_worker([socket] { return read_all(socket); });
//   }
//
// Every wait ends early if the call is asked to stop: its deadline has passed, the client has left, or the server gives up
// draining. Then its result is false or empty, as each says. So does every wait of a task that has lost in when_any().
//
// Threads: a call's tasks run one at a time, but each piece between two awaits may run on another thread.
// Cost: a wait takes no memory beside the coroutine's frame, unless said otherwise, and no thread. Its end wakes the call's
// loop.
#pragma once

#include <chrono>
#include <concepts>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

#include <ofn/task.h>

namespace ofn {

class HttpCall;    // <ofn/http_client.h>
struct HttpReply;  // <ofn/http_client.h>

namespace abi {

// One wait of a coroutine. It lies in the coroutine's frame, and is moved only before it begins.
struct Wait {
  using Time = std::chrono::steady_clock::duration;

  Wait() = default;
  Wait(Wait&&) = default;
  Wait& operator=(Wait&&) = delete;
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;
  ~Wait() = default;

  Tasks* tasks = nullptr;
  void* frame = nullptr;
  const Scope* scope = nullptr;
  Time limit = Time::max();
  // Ends the wait without what it waits for. The host calls it on its loop, at the limit or if the call or the scope is asked
  // to stop. Returns false if something has ended the wait already; then wake() was or will be called. Null: the wait always
  // lasts until wake().
  bool (*give_up)(Wait& wait) noexcept = nullptr;

  // The result. Threads: the host's loop, until the coroutine goes on.
  bool was_given_up = false;
  int error = 0;  // why there was nothing to wait for: a number of <cerrno>

  // The host's.
  Wait* previous = nullptr;
  Wait* next = nullptr;
  void* timer = nullptr;
  void* source = nullptr;
  bool has_begun = false;
  bool is_woken = false;
};

enum class Interest : std::uint32_t { kReadable = 1, kWritable = 2, kEither = 3 };

// The host's functions for waits. Each but wake() only records the wait, which begins when the coroutine has suspended; when it
// has ended, the host resumes the coroutine. Threads: the coroutine's, unless said otherwise. None of them throws.
struct AwaitTable {
  // Lasts until wake() or give_up().
  void (*wait)(void* host, Wait& wait) noexcept = nullptr;
  // Ends the wait. Call it once for each wait that is not given up. Threads: any, also before the coroutine has suspended.
  void (*wake)(void* host, Wait& wait) noexcept = nullptr;
  void (*watch)(void* host, Wait& wait, int descriptor, Interest interest) noexcept = nullptr;
  // Calls `run` on a thread that may block.
  void (*work)(void* host, Wait& wait, void (*run)(Wait& wait) noexcept) noexcept = nullptr;
  // Makes a request of <ofn/http_client.h>. Sets `failure` if there is no reply.
  void (*fetch)(void* host, Wait& wait, const HttpCall& call, HttpReply& reply,
                std::optional<Failure>& failure) noexcept = nullptr;
  // Scope::is_stopped was set: gives up the waits in that scope.
  void (*scope_stopped)(void* host) noexcept = nullptr;
  std::stop_token (*stop_token)(void* host) noexcept = nullptr;
  // Returns true if the call was asked to stop.
  bool (*is_stopped)(void* host) noexcept = nullptr;
};

}  // namespace abi

namespace internal {

struct WaitOperation : Operation, abi::Wait {
  template <std::derived_from<Promise> P>
  const abi::AwaitTable& waits_in(std::coroutine_handle<P> coroutine) noexcept {
    const Promise& promise = coroutine.promise();
    tasks = promise.tasks;
    scope = promise.scope;
    frame = coroutine.address();
    return *tasks->awaits;
  }
  static bool always_give_up(abi::Wait& /*wait*/) noexcept { return true; }
};

struct [[nodiscard("nothing is waited for until it is awaited: co_await it")]] Ready final
    : WaitOperation {
  Ready(int of, abi::Interest in, Time at_most) noexcept : descriptor(of), interest(in) {
    limit = at_most;
  }
  template <std::derived_from<Promise> P>
  void await_suspend(std::coroutine_handle<P> coroutine) noexcept {
    const abi::AwaitTable& host = waits_in(coroutine);
    host.watch(tasks->host, *this, descriptor, interest);
  }
  bool await_resume() const {
    if (error != 0) {
      throw std::system_error(error, std::generic_category(),
                              "ofn: no task can wait for descriptor " + std::to_string(descriptor));
    }
    return !was_given_up;
  }
  int descriptor;
  abi::Interest interest;
};

}  // namespace internal

// Awaiting it waits until the descriptor has something to read (also an end or an error), or takes something. Returns true
// then; false if `at_most` has passed or the call is asked to stop.
//
// Any number of tasks may wait for one descriptor, in any calls; all of them go on. It may be in epoll sets of its own. A
// regular file is always ready (epoll_ctl(2), EPERM). It is not closed while a task waits for it: the wait would last until
// its limit or a stop.
// Errors: throws std::system_error if there is no such descriptor, or the kernel has no room.
// Cost: three calls of the kernel, some hundred bytes.
inline auto readable(int descriptor, abi::Wait::Time at_most = abi::Wait::Time::max()) noexcept {
  return internal::Ready(descriptor, abi::Interest::kReadable, at_most);
}
inline auto writable(int descriptor, abi::Wait::Time at_most = abi::Wait::Time::max()) noexcept {
  return internal::Ready(descriptor, abi::Interest::kWritable, at_most);
}
inline auto readable_or_writable(int descriptor,
                                 abi::Wait::Time at_most = abi::Wait::Time::max()) noexcept {
  return internal::Ready(descriptor, abi::Interest::kEither, at_most);
}

namespace internal {

// GCC 12 destroys a temporary closure in an awaited expression twice (GCC bug 99576). That harms no closure whose captures need no
// destructor, such as references and numbers.
#if defined(__GNUC__) && !defined(__clang__)
template <class F>
constexpr bool kIsDestroyedOnce =
    std::is_lvalue_reference_v<F> || std::is_trivially_destructible_v<F>;
#else
template <class F>
constexpr bool kIsDestroyedOnce = true;
#endif

// A value, or Done for void; also for a reference, which is refused.
template <class T>
using Kept = std::conditional_t<std::is_void_v<T> || std::is_reference_v<T>, Done, T>;

template <class F>
struct [[nodiscard("nothing runs until it is awaited: co_await it")]] OnWorker final
    : WaitOperation {
  using Result = std::invoke_result_t<F&>;
  static_assert(!std::is_reference_v<Result>,
                "ofn: what ofn::on_worker() runs returns a value, because the task takes it over");

  explicit OnWorker(F&& work) : function(std::forward<F>(work)) {}
  template <std::derived_from<Promise> P>
  void await_suspend(std::coroutine_handle<P> coroutine) noexcept {
    const abi::AwaitTable& host = waits_in(coroutine);
    host.work(tasks->host, *this, &run);
  }
  Result await_resume() {
    if (error != 0) {
      throw std::system_error(error, std::generic_category(),
                              "ofn: there is no thread for ofn::on_worker()");
    }
    if (failure) std::rethrow_exception(failure);
    if constexpr (!std::is_void_v<Result>) return *std::move(result);
  }
  static void run(abi::Wait& wait) noexcept {
    auto& self = static_cast<OnWorker&>(wait);
    try {
      if constexpr (std::is_void_v<Result>) {
        self.function();
      } else {
        self.result.emplace(self.function());
      }
    } catch (...) {
      self.failure = std::current_exception();
    }
  }
  F function;
  std::optional<Kept<Result>> result;
  std::exception_ptr failure;
};

}  // namespace internal

// Awaiting it runs `work` on a thread that may block, and returns its result or throws its exception.
//
// The wait lasts until `work` has returned, also if the call is asked to stop: `work` may use what lies in the task. If it can
// take long, give it the call's stop token or deadline.
// Errors: throws std::system_error if the system grants no thread.
//
// With GCC, a closure that captures by value what needs a destructor, such as a std::string, has a name of its own; it is not
// copied then:
//
//   ofn::task<std::string> text_of(std::string path) {
//     const auto work = [path] { return read_file(path); };
//     co_return co_await ofn::on_worker(work);
//   }
template <class F>
  requires std::invocable<std::remove_reference_t<F>&>
auto on_worker(F&& work) {
  static_assert(
      internal::kIsDestroyedOnce<F>,
      "ofn: GCC destroys this closure twice. Capture by reference, or give it a name: const auto "
      "work = [text] { … }; co_await ofn::on_worker(work)");
  return internal::OnWorker<F>(std::forward<F>(work));
}

namespace internal {

struct CompletionWait;

// What all copies of a Completion share, but for its value.
struct CompletionState {
  enum class Stage : std::uint8_t { kOpen, kFired, kTaken };

  std::mutex mutex;
  abi::Wait* waiter = nullptr;
  Stage stage = Stage::kOpen;
  std::exception_ptr failure;

  // Call it after the value is there, with the mutex locked by `lock`.
  void fire(std::unique_lock<std::mutex> lock) noexcept {
    stage = Stage::kFired;
    abi::Wait* const first = std::exchange(waiter, nullptr);
    lock.unlock();
    // From now on only wake() can end the wait, so the waiter is still there.
    if (first != nullptr) first->tasks->awaits->wake(first->tasks->host, *first);
  }
};
template <class T>
struct CompletionValue : CompletionState {
  std::optional<Kept<T>> value;
};

template <class T>
struct [[nodiscard("nothing is waited for until it is awaited: co_await it")]] AwaitCompletion final
    : WaitOperation {
  AwaitCompletion(std::shared_ptr<CompletionValue<T>> of, Time at_most) noexcept
      : state(std::move(of)) {
    limit = at_most;
    give_up = &leave;
  }
  template <std::derived_from<Promise> P>
  bool await_suspend(std::coroutine_handle<P> coroutine) {
    const abi::AwaitTable& host = waits_in(coroutine);
    {
      const std::lock_guard lock(state->mutex);
      if (state->stage == CompletionState::Stage::kFired) return false;
      if (state->stage == CompletionState::Stage::kTaken || state->waiter != nullptr)
        throw std::logic_error("ofn: only one task awaits a Completion, and takes its value once");
      state->waiter = this;
    }
    host.wait(tasks->host, *this);
    return true;
  }
  auto await_resume() {
    const std::lock_guard lock(state->mutex);
    const bool is_fired = !was_given_up;
    if (is_fired) {
      state->stage = CompletionState::Stage::kTaken;
      if (state->failure) std::rethrow_exception(std::exchange(state->failure, nullptr));
    }
    if constexpr (std::is_void_v<T>) {
      return is_fired;
    } else {
      return is_fired ? std::exchange(state->value, std::nullopt) : std::nullopt;
    }
  }
  static bool leave(abi::Wait& wait) noexcept {
    auto& self = static_cast<AwaitCompletion&>(wait);
    const std::lock_guard lock(self.state->mutex);
    if (self.state->waiter != &wait) return false;
    self.state->waiter = nullptr;
    return true;
  }
  std::shared_ptr<CompletionValue<T>> state;
};

}  // namespace internal

// A result that arrives once, from any thread: the bridge from libraries that call back.
//
//   ofn::task<std::string> looked_up(std::string name) {
//     const ofn::Completion<std::string> done;
//     library_look_up(name, [done](std::string found) { done(std::move(found)); });
//     const std::optional<std::string> found = co_await done;
//     co_return found.value_or("the call was asked to stop");
//   }
//
// Awaiting it returns a std::optional<T>, or a bool for void: empty or false if the call is asked to stop before it was fired.
// It is copied freely; all copies are the same one.
//
// Lifetime: may be fired at any time, also after the call has ended; then nothing happens. If nobody fires it, the task waits
// until the call is asked to stop.
// Threads: any. One task awaits it.
// Cost: one allocation.
template <class T = void>
class Completion : public internal::Awaitable {
 public:
  Completion() : state_(std::make_shared<internal::CompletionValue<T>>()) {}

  // Fires it. Returns false if it was fired before; then nothing changes.
  template <class V = T>
    requires(!std::is_void_v<T> && std::constructible_from<internal::Kept<T>, V &&>)
  bool operator()(V&& value) const {  // NOLINT(bugprone-forwarding-reference-overload)
    std::unique_lock lock(state_->mutex);
    if (state_->stage != internal::CompletionState::Stage::kOpen || state_->value) return false;
    state_->value.emplace(std::forward<V>(value));
    state_->fire(std::move(lock));
    return true;
  }
  bool operator()() const noexcept
    requires std::is_void_v<T>
  {
    std::unique_lock lock(state_->mutex);
    if (state_->stage != internal::CompletionState::Stage::kOpen) return false;
    state_->fire(std::move(lock));
    return true;
  }
  // Fires it with an exception, which awaiting it throws.
  bool fail(std::exception_ptr failure) const noexcept {
    std::unique_lock lock(state_->mutex);
    if (state_->stage != internal::CompletionState::Stage::kOpen) return false;
    state_->failure = std::move(failure);
    state_->fire(std::move(lock));
    return true;
  }

  auto operator co_await() const { return wait_for(abi::Wait::Time::max()); }
  // Awaiting it waits at most that long. Then the completion may be awaited again.
  auto wait_for(abi::Wait::Time at_most) const {
    return internal::AwaitCompletion<T>(state_, at_most);
  }

 private:
  std::shared_ptr<internal::CompletionValue<T>> state_;
};

// Calls `start` with a Completion<T> at once. Awaiting what it returns awaits that:
//
//   ofn::task<int> rows_of(Database& database) {
//     const std::optional<int> rows = co_await ofn::callback<int>([&](auto done) { database.count(done); });
//     co_return rows.value_or(0);
//   }
// `start` has run when callback() returns, so it may capture by reference. With GCC, see on_worker().
template <class T = void, class Start>
  requires std::invocable<Start, Completion<T>>
auto callback(Start&& start) {
  static_assert(
      internal::kIsDestroyedOnce<Start>,
      "ofn: GCC destroys this closure twice. Capture by reference, or give it a name: const auto "
      "start = [text](auto done) { … }; co_await ofn::callback(start)");
  const Completion<T> done;
  std::invoke(std::forward<Start>(start), Completion<T>(done));
  return done.wait_for(abi::Wait::Time::max());
}

namespace internal {

struct [[nodiscard("nothing is waited for until it is awaited: co_await it")]] Stopped final
    : WaitOperation {
  template <std::derived_from<Promise> P>
  void await_suspend(std::coroutine_handle<P> coroutine) noexcept {
    give_up = &always_give_up;
    const abi::AwaitTable& host = waits_in(coroutine);
    host.wait(tasks->host, *this);
  }
  static void await_resume() noexcept {}
};

// Asks, and does not suspend.
struct [[nodiscard("nothing is asked until it is awaited: co_await it")]] IsStopped final
    : Operation {
  template <std::derived_from<Promise> P>
  bool await_suspend(std::coroutine_handle<P> coroutine) noexcept {
    const Promise& promise = coroutine.promise();
    is = is_stopped(promise.scope) || promise.tasks->awaits->is_stopped(promise.tasks->host);
    return false;
  }
  bool await_resume() const noexcept { return is; }
  bool is = false;
};
struct [[nodiscard("nothing is asked until it is awaited: co_await it")]] StopToken final
    : Operation {
  template <std::derived_from<Promise> P>
  bool await_suspend(std::coroutine_handle<P> coroutine) noexcept {
    const abi::Tasks& tasks = *coroutine.promise().tasks;
    token = tasks.awaits->stop_token(tasks.host);
    return false;
  }
  std::stop_token await_resume() noexcept { return std::move(token); }
  std::stop_token token;
};

}  // namespace internal

// Awaiting it waits until the call is asked to stop, or this task has lost in when_any().
inline auto stopped() noexcept { return internal::Stopped(); }
// Awaiting it returns at once: true if that was asked.
inline auto stop_requested() noexcept { return internal::IsStopped(); }
// Awaiting it returns at once, with the call's stop token: that of Request and Context.
inline auto stop_token() noexcept { return internal::StopToken(); }

}  // namespace ofn
