#include "cli/loading.h"

#include <csignal>
#include <cstdlib>
#include <exception>
#include <unistd.h>
#include <utility>

#include "cli/command_line.h"
#include "cli/streams.h"
#include "function/guard.h"
#include "os/end_forked_child.h"
#include "os/watched_process.h"

namespace ofn::cli {

namespace {

// Global, because a terminate handler has no parameter.
constinit thread_local const std::string* loaded_file = nullptr;

[[noreturn]] void tell_of_initializer() {
  if (loaded_file == nullptr) os::report_terminate();
  const auto crash = guarded([] {
    if (const auto thrown = std::current_exception()) std::rethrow_exception(thrown);
  });
  std::string text = "File " + *loaded_file + " cannot be loaded: ";
  text += crash ? "a static initializer threw " + crash->exception : "it ended by std::terminate";
  if (crash && !crash->what.empty()) text += ": " + crash->what;
  complain(text);
  os::WatchedProcess::ends();
  std::_Exit(kExitLoad);
}

}  // namespace

void end_by(int number) {
  if (getpid() != 1) {
    std::signal(number, SIG_DFL);
    ::kill(getpid(), number);
  }
  os::WatchedProcess::ends();
  std::_Exit(128 + number);
}

StoppableLoad::StoppableLoad()
    : last_chance_(loop_, [this] { end_by(told_); }),
      signals_(loop_, {SIGTERM, SIGINT, SIGHUP}, [this](int number) {
        if (told_ != 0) return;
        told_ = number;
        last_chance_.arm(clock_.now() + kLastChance);
        stop_.request_stop();
      }) {
  thread_.emplace(1, std::chrono::seconds(10), "ofn-load-stop");
  // If the system grants no thread, the program cannot serve either.
  (void)thread_->post([this] { loop_.run_until([this] { return over_.load(); }); });
}

StoppableLoad::~StoppableLoad() {
  over_ = true;
  loop_.post([] {});
  thread_.reset();
  loop_.poll();  // handles a signal that came last
  if (told_ != 0) end_by(told_);
}

InitializersWatched::InitializersWatched(std::string file)
    : file_(std::move(file)), loading_(file_), before_(std::set_terminate(tell_of_initializer)) {
  loaded_file = &file_;
}

InitializersWatched::~InitializersWatched() {
  loaded_file = nullptr;
  std::set_terminate(before_);
}

os::WatchedProcess::Options watched_command() {
  return {.shape = {.format = LogFormat::kReadable},
          .fd = STDERR_FILENO,
          .exited = kExitLoad,
          .came_back = kExitForkedChild,
          .not_loaded = kExitLoad,
          .flush = flush_output};
}

Result<LoadedProgram> load_stoppable(
    LoadRequest request, const std::function<Result<LoadedProgram>(const LoadRequest&)>& load) {
  const InitializersWatched watched(request.source);
  const StoppableLoad stoppable;
  request.stop = stoppable.token();
  auto loaded = load(request);
  // A static initializer may have forked, and the child lacks the thread to wait for.
  os::end_forked_child();
  return loaded;
}

}  // namespace ofn::cli
