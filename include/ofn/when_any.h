// The first of several tasks (<ofn/task.h>), and an end to the others.
//
//   ofn::task<int> asks(int server);
//
//   ofn::task<int> fastest() {
//     const auto first = co_await ofn::when_any(asks(1), asks(2));
//     co_return first.index() == 0 ? std::get<0>(first) : std::get<1>(first);
//   }
#pragma once

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <utility>
#include <variant>
#include <vector>

#include <ofn/await.h>
#include <ofn/task.h>

namespace ofn {

namespace internal {

// Several tasks of which the first counts.
class Race {
 public:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  Race() = default;
  Race(const Race&) = delete;
  Race& operator=(const Race&) = delete;

  void add(const task<>& branch) {
    branch.handle().promise().self = branch.handle();
    branches_.push_back(&branch.handle().promise());
  }
  void start(Promise& awaits) noexcept {
    tasks_ = awaits.tasks;
    scope_.parent = awaits.scope;
    left_ = branches_.size();
    // NOLINTNEXTLINE(modernize-loop-convert): as in All
    for (auto branch = branches_.rbegin(); branch != branches_.rend(); ++branch) {
      (*branch)->then = &awaits;
      (*branch)->left = &left_;
      (*branch)->tasks = awaits.tasks;
      (*branch)->scope = &scope_;
      (*branch)->run_next();
    }
  }

  bool is_over() const noexcept { return winner_ != kNone; }
  std::size_t winner() const noexcept { return winner_; }
  void ended(std::size_t branch) noexcept {
    if (is_over()) return;
    winner_ = branch;
    scope_.is_stopped = true;
    if (left_ > 1) tasks_->awaits->scope_stopped(tasks_->host);
  }

 private:
  std::vector<Promise*> branches_;
  std::size_t left_ = 0;
  std::size_t winner_ = kNone;
  abi::Tasks* tasks_ = nullptr;
  abi::Scope scope_;
};

// Starts all branches, and continues when the last one has ended.
struct RunRace : Awaitable {
  explicit RunRace(Race& of) noexcept : race(&of) {}
  static bool await_ready() noexcept { return false; }
  template <std::derived_from<Promise> P>
  void await_suspend(std::coroutine_handle<P> parent) const noexcept {
    parent.promise().self = parent;
    race->start(parent.promise());
  }
  static void await_resume() noexcept {}
  Race* race;
};

// Runs a task, and continues when it has ended, without its result.
template <class T>
struct Ended : Awaitable {
  explicit Ended(const task<T>& one) noexcept : result{one.handle()} {}
  static bool await_ready() noexcept { return false; }
  template <std::derived_from<Promise> P>
  void await_suspend(std::coroutine_handle<P> parent) const noexcept {
    result.await_suspend(parent);
  }
  static void await_resume() noexcept {}
  Result<T> result;
};

template <class T>
task<> race_branch(const task<T>& one, Race& race, std::size_t index) {
  if (race.is_over()) co_return;
  Ended<T> ended(one);
  co_await ended;
  race.ended(index);
}

template <class T>
using ResultOf = decltype(result_of(std::declval<const task<T>&>()));

template <class Variant, std::size_t... kIndex, class... T>
Variant winner_of(std::size_t winner, std::index_sequence<kIndex...> /*indices*/,
                  const task<T>&... tasks) {
  std::optional<Variant> result;
  ((kIndex == winner
        ? static_cast<void>(result.emplace(std::in_place_index<kIndex>, result_of(tasks)))
        : static_cast<void>(0)),
   ...);
  return *std::move(result);
}

}  // namespace internal

// The result of the task that ended first, and which one that was.
template <class T>
struct First {
  std::size_t index = 0;
  T value;
};

// Runs tasks concurrently until the first has ended, asks the others to stop, and returns when they have ended. Returns the
// result of the first (Done for a task without one), or throws its exception; of the others, results and exceptions are lost.
// The index of the variant is that of the task.
//
// "Asked to stop" means: their waits end early, as if the call was asked to stop. A read of a Reader throws a BodyError, and takes
// nothing from the body; a write that waits for room returns false, and what it has written stays written. A send or a call of a store ends
// by itself. A loser that does not wait runs to its end, and one that has not begun yet never begins. So a task that ignores the results
// of its waits can hold up the others.
// Errors: throws std::invalid_argument for an empty vector.
template <class... T>
  requires(sizeof...(T) > 0)
task<std::variant<internal::ResultOf<T>...>> when_any(task<T>... tasks) {
  internal::Race race;
  std::vector<task<>> branches;
  branches.reserve(sizeof...(T));
  (branches.push_back(internal::race_branch(tasks, race, branches.size())), ...);
  for (const task<>& one : branches) race.add(one);
  co_await internal::RunRace(race);
  co_return internal::winner_of<std::variant<internal::ResultOf<T>...>>(
      race.winner(), std::index_sequence_for<T...>(), tasks...);
}
template <class T>
task<First<internal::ResultOf<T>>> when_any(std::vector<task<T>> tasks) {
  if (tasks.empty()) throw std::invalid_argument("ofn::when_any() needs at least one task");
  internal::Race race;
  std::vector<task<>> branches;
  branches.reserve(tasks.size());
  for (const task<T>& one : tasks)
    branches.push_back(internal::race_branch(one, race, branches.size()));
  for (const task<>& one : branches) race.add(one);
  co_await internal::RunRace(race);
  co_return First<internal::ResultOf<T>>{race.winner(), internal::result_of(tasks[race.winner()])};
}

}  // namespace ofn
