// Coroutines: functions that wait without holding a thread.
//
//   ofn::task<ofn::Out> process(ofn::Context& context, ofn::Bytes data) {
//     const ofn::SendReport sent = co_await context.async_send("archive", data);
//     if (!sent) co_return ofn::Out::error(sent.error());
//     co_await ofn::sleep_for(std::chrono::seconds(1));
//     co_return ofn::Out::success();
//   }
//
// Every supported function may return a task of its result. A task may await other tasks,
// when_all(), sleep_for(), and the members of Context and Writer whose names begin with async.
// <ofn/await.h>, <ofn/semaphore.h> and <ofn/when_any.h> have more: descriptors, callbacks, locks, the first of several tasks. Any other call
// may block, as in every function, and then holds its thread.
#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <ofn/failure.h>
#include <ofn/stores.h>

namespace ofn {

struct SendOptions;
class SendReport;

template <class T = void>
class task;  // NOLINT(readability-identifier-naming): see below

namespace internal {
struct Promise;
}

namespace abi {

// Tasks that are asked to stop together: those of one when_any(). It lies in the frame of that. Threads: the call's.
struct Scope {
  const Scope* parent = nullptr;  // null: the call
  bool is_stopped = false;
};

// The operations for which a coroutine may wait. Each function only records the operation; the work
// begins when the coroutine has suspended. When the operation has ended, its result is written, and
// the coroutine of `frame` is resumed. The arguments must live until then. Threads: the
// coroutine's. None of them throws.
struct TaskTable {
  // Sets `slept` to false if the call, or the scope, was asked to stop before or meanwhile.
  void (*sleep)(void* host, std::chrono::steady_clock::duration time, bool& slept,
                const Scope* scope, void* frame);
  // If `output` is null, sends to all outputs; if `options` is null, uses none.
  void (*send)(void* host, const std::string_view* output, std::string_view data,
               const SendOptions* options, SendReport& report, void* frame);
  void (*ask)(void* host, const StoreCall& call, StoreAnswer& answer,
              std::optional<Failure>& failure, void* frame);
  // Sets `open` to true if the client still accepts data, to false if it does not, or if the scope was asked to stop before or meanwhile.
  void (*wait_for_room)(void* host, bool& open, const Scope* scope, void* frame);
};
struct AwaitTable;  // <ofn/await.h>
struct Tasks {
  const TaskTable* table = nullptr;
  const AwaitTable* awaits = nullptr;
  void* host = nullptr;
  internal::Promise* next = nullptr;  // the coroutines that run next: see internal::drive()
};

// The coroutine of a call. The host resumes it until it has ended, and then destroys it.
struct Running {
  void* frame = nullptr;
  // Returns the exception of a coroutine that has ended; null if there is none.
  std::exception_ptr (*failure)(void* frame) = nullptr;
};

}  // namespace abi

namespace internal {

// Returns true if the scope, or one that it is in, was asked to stop.
inline bool is_stopped(const abi::Scope* scope) noexcept {
  while (scope != nullptr && !scope->is_stopped) scope = scope->parent;
  return scope != nullptr;
}

// The part that all promises share. Threads: one at a time, because a call's coroutines never run
// at once.
//
// A coroutine never resumes another one directly. It puts the other one into its call's list and
// suspends, and drive() resumes the coroutines in the list. So the stack has the same depth however
// many tasks await each other, even if the compiler makes no tail calls (-O0).
struct Promise {
  Promise* then = nullptr;      // continues when this one ends; null for the host's own coroutine
  std::size_t* left = nullptr;  // the number of tasks that must end before `then` continues
  abi::Tasks* tasks = nullptr;
  const abi::Scope* scope = nullptr;  // null: the call
  std::coroutine_handle<> self;       // set while another coroutine may resume it
  Promise* behind = nullptr;          // the next one in the same list
  std::exception_ptr failure;

  // Puts it at the front of the list: it runs when the running coroutine has suspended.
  void run_next() noexcept {
    behind = tasks->next;
    tasks->next = this;
  }

  static std::suspend_always initial_suspend() noexcept { return {}; }
  struct End {
    static bool await_ready() noexcept { return false; }
    template <std::derived_from<Promise> P>
    static void await_suspend(std::coroutine_handle<P> ended) noexcept {
      Promise& promise = ended.promise();
      if (promise.then == nullptr) return;
      if (promise.left == nullptr || --*promise.left == 0) promise.then->run_next();
    }
    static void await_resume() noexcept {}
  };
  static End final_suspend() noexcept { return {}; }
  void unhandled_exception() noexcept { failure = std::current_exception(); }

  template <class A>
  static decltype(auto) await_transform(A&& awaited) noexcept;
};

// Resumes a coroutine of a call, and then each coroutine that is put into the call's list.
__attribute__((visibility("hidden"))) inline void drive(abi::Tasks& tasks,
                                                        std::coroutine_handle<> first) {
  first.resume();
  while (Promise* const next = tasks.next) {
    tasks.next = next->behind;
    next->self.resume();
  }
}

// Destroys the frame of a task. A frame may contain a task as a parameter, whose frame contains
// another one, and so on. From some depth on, frames wait for their turn, so that the stack does
// not grow further.
__attribute__((visibility("hidden"))) inline void destroy(Promise& ended,
                                                          std::coroutine_handle<> frame) noexcept {
  constexpr int kDeepest = 100;
  struct Frames {
    Promise* waiting = nullptr;
    int depth = 0;
  };
  static constinit thread_local Frames frames;
  Frames& here = frames;
  if (here.depth == kDeepest) {
    ended.self = frame;
    ended.behind = here.waiting;
    here.waiting = &ended;
    return;
  }
  ++here.depth;
  frame.destroy();
  while (here.depth == 1 && here.waiting != nullptr) {
    Promise* const next = here.waiting;
    here.waiting = next->behind;
    next->self.destroy();
  }
  --here.depth;
}

// The base of everything that a task may await.
struct Awaitable {};

template <class T>
struct PromiseOf;

// Runs a task, and continues with its result.
template <class T>
struct Result {
  std::coroutine_handle<PromiseOf<T>> task;
  static bool await_ready() noexcept { return false; }
  template <std::derived_from<Promise> P>
  void await_suspend(std::coroutine_handle<P> parent) const noexcept {
    Promise& awaits = parent.promise();
    Promise& begins = task.promise();
    awaits.self = parent;
    begins.self = task;
    begins.then = &awaits;
    begins.tasks = awaits.tasks;
    begins.scope = awaits.scope;
    begins.run_next();
  }
  T await_resume() const { return task.promise().take(); }
};

template <class T>
struct PromiseOf : Promise {
  task<T> get_return_object() noexcept;
  template <class V = T>
    requires std::convertible_to<V, T>
  void return_value(V&& value) {
    result.emplace(std::forward<V>(value));
  }
  T take() {
    if (failure) std::rethrow_exception(failure);
    return *std::move(result);
  }
  std::optional<T> result;
};
template <>
struct PromiseOf<void> : Promise {
  task<void> get_return_object() noexcept;
  static void return_void() noexcept {}
  void take() const {
    if (failure) std::rethrow_exception(failure);
  }
};

}  // namespace internal

// The future result of a coroutine. The coroutine starts when the task is awaited; if the task is
// never awaited, it never runs. Awaiting returns the coroutine's result, or throws its exception.
//
// Lifetime: owns the coroutine. Its parameters by reference must live until it has ended; those of
// the served function do.
// Threads: a call's tasks run one at a time, but each piece between two awaits may run on another
// thread. So hold no lock across an await, and do not rely on thread_local.
// Cost: one allocation, and two wake-ups of threads for each piece if the function takes a Context.
template <class T>
// NOLINTNEXTLINE(readability-identifier-naming): in coroutines' world a task is lower case.
class [[nodiscard("a task does nothing until it is awaited: co_await it")]] task
    : public internal::Awaitable {
 public:
  // NOLINTNEXTLINE(readability-identifier-naming): the language's name.
  using promise_type = internal::PromiseOf<T>;
  using Handle = std::coroutine_handle<promise_type>;

  explicit task(Handle handle) noexcept : handle_(handle) {}
  task(task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  task& operator=(task&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  task(const task&) = delete;
  task& operator=(const task&) = delete;
  ~task() {
    if (handle_) internal::destroy(handle_.promise(), handle_);
  }

  // May be awaited only once.
  auto operator co_await() const noexcept { return internal::Result<T>{handle_}; }

  // For the framework.
  Handle handle() const noexcept { return handle_; }
  Handle release() noexcept { return std::exchange(handle_, {}); }

 private:
  Handle handle_;
};

namespace internal {

template <class T>
task<T> PromiseOf<T>::get_return_object() noexcept {
  return task<T>(std::coroutine_handle<PromiseOf>::from_promise(*this));
}
inline task<void> PromiseOf<void>::get_return_object() noexcept {
  return task<void>(std::coroutine_handle<PromiseOf>::from_promise(*this));
}

template <class A>
decltype(auto) Promise::await_transform(A&& awaited) noexcept {
  // A variable and no concept, because compilers explain why a concept does not hold.
  constexpr bool kCanBeAwaited = std::is_base_of_v<Awaitable, std::remove_cvref_t<A>>;
  if constexpr (kCanBeAwaited) {
    return std::forward<A>(awaited);
  } else {
    static_assert(kCanBeAwaited,
                  "ofn: a task can await other tasks, ofn::when_all(), ofn::sleep_for(), what the "
                  "async_… members of ofn::Context and ofn::Writer return, and what <ofn/await.h> "
                  "has; ofn::on_worker() runs anything else that blocks");
    return std::suspend_never();
  }
}

template <class T>
struct TaskOf {
  static constexpr bool kIsTask = false;
  using Type = T;
};
template <class T>
struct TaskOf<task<T>> {
  static constexpr bool kIsTask = true;
  using Type = T;
};
template <class R>
constexpr bool kIsTask = TaskOf<R>::kIsTask;
// The type of the final result.
template <class R>
using Awaited = typename TaskOf<R>::Type;

// An operation that the host executes; then the host resumes the coroutine.
struct Operation : Awaitable {
  static bool await_ready() noexcept { return false; }
};

struct [[nodiscard("nothing is waited for until it is awaited: co_await it")]] Sleep : Operation {
  explicit Sleep(std::chrono::steady_clock::duration duration) : time(duration) {}
  template <std::derived_from<Promise> P>
  void await_suspend(std::coroutine_handle<P> waits) {
    const Promise& promise = waits.promise();
    const abi::Tasks& tasks = *promise.tasks;
    tasks.table->sleep(tasks.host, time, slept, promise.scope, waits.address());
  }
  bool await_resume() const noexcept { return slept; }
  std::chrono::steady_clock::duration time;
  bool slept = true;
};

// Starts all tasks at once, and continues when the last one has ended.
class [[nodiscard("the tasks do nothing until they are awaited: co_await it")]] All
    : public Awaitable {
 public:
  template <class T>
  void add(const task<T>& one) {
    one.handle().promise().self = one.handle();
    branches_.push_back(&one.handle().promise());
  }
  bool await_ready() const noexcept { return branches_.empty(); }
  template <std::derived_from<Promise> P>
  void await_suspend(std::coroutine_handle<P> parent) noexcept {
    Promise& awaits = parent.promise();
    awaits.self = parent;
    left_ = branches_.size();
    // Including <ranges> would make the compilation of each author's file slower.
    // NOLINTNEXTLINE(modernize-loop-convert)
    for (auto branch = branches_.rbegin(); branch != branches_.rend(); ++branch) {
      (*branch)->then = &awaits;
      (*branch)->left = &left_;
      (*branch)->tasks = awaits.tasks;
      (*branch)->scope = awaits.scope;
      (*branch)->run_next();  // so that the first one runs first
    }
  }
  static void await_resume() noexcept {}

 private:
  std::vector<Promise*> branches_;
  std::size_t left_ = 0;
};

// Returns the result of a task that has ended; Done if it has none.
template <class T>
auto result_of(const task<T>& ended) {
  if constexpr (std::is_void_v<T>) {
    ended.handle().promise().take();
    return Done();
  } else {
    return ended.handle().promise().take();
  }
}

}  // namespace internal

// Awaiting it waits for that time and returns true. If the call is asked to stop (its stop token),
// it returns false at once.
inline auto sleep_for(std::chrono::steady_clock::duration time) { return internal::Sleep(time); }

// Runs tasks concurrently: all start before it waits for one. Returns their results in order (Done
// for tasks without a result). If tasks throw, it waits until all have ended, and then throws the
// exception of the first of them in that order.
template <class... T>
task<std::tuple<decltype(internal::result_of(std::declval<const task<T>&>()))...>> when_all(
    task<T>... tasks) {
  internal::All all;
  (all.add(tasks), ...);
  co_await all;
  co_return {internal::result_of(tasks)...};
}
template <class T>
task<std::vector<decltype(internal::result_of(std::declval<const task<T>&>()))>> when_all(
    std::vector<task<T>> tasks) {
  internal::All all;
  for (const task<T>& one : tasks) all.add(one);
  co_await all;
  std::vector<decltype(internal::result_of(tasks.front()))> results;
  results.reserve(tasks.size());
  for (const task<T>& one : tasks) results.push_back(internal::result_of(one));
  co_return results;
}

}  // namespace ofn
