// Ends the program while the author's code is compiled and loaded: on a signal, or on an exception
// of a static initializer.
//
//   const auto program = load_stoppable(std::move(request), [&](const LoadRequest& stoppable) {
//     return load(stoppable, log);
//   });
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "loader/loader.h"
#include "loop/loop.h"
#include "loop/signals.h"
#include "loop/workers.h"
#include "os/watched_process.h"

namespace ofn::cli {

// SIGTERM, SIGINT and SIGHUP request a stop of the loader, which ends its compilers and removes
// their files. Then the process ends as by the signal's default action. If the loader does not
// react, for example in a static initializer that never returns, the process ends after
// kLastChance.
// Lifetime: while it lives, the signals do not have their default effect. If one has come, the
// destructor does not return.
// Cost: a thread.
class StoppableLoad {
 public:
  static constexpr Duration kLastChance = std::chrono::seconds(2);

  StoppableLoad();
  StoppableLoad(const StoppableLoad&) = delete;
  StoppableLoad& operator=(const StoppableLoad&) = delete;
  ~StoppableLoad();

  std::stop_token token() const { return stop_.get_token(); }

 private:
  SystemClock clock_;
  std::stop_source stop_;
  std::atomic<int> told_ = 0;  // the signal
  std::atomic<bool> over_ = false;
  Loop loop_{clock_};
  Timer last_chance_;
  Signals signals_;
  std::optional<Workers> thread_;
};

// While it lives, an exception that leaves a static initializer on this thread ends the program
// with kExitLoad and a message that names `file`. Needed because an exception cannot pass through
// dlopen().
class InitializersWatched {
 public:
  explicit InitializersWatched(std::string file);
  InitializersWatched(const InitializersWatched&) = delete;
  InitializersWatched& operator=(const InitializersWatched&) = delete;
  ~InitializersWatched();

 private:
  std::string file_;
  os::WatchedProcess::Loading loading_;
  std::terminate_handler before_;
};

// Ends the process as the signal's default action does. Also works for process 1, which has no
// default action, and if the shell that started the program ignored the signal.
[[noreturn]] void end_by(int number);

// How a command that only compiles and looks at functions, such as `build`, reports that one of them ends the process.
os::WatchedProcess::Options watched_command();

// Calls `load` while both classes above are active.
Result<LoadedProgram> load_stoppable(
    LoadRequest request, const std::function<Result<LoadedProgram>(const LoadRequest&)>& load);

}  // namespace ofn::cli
