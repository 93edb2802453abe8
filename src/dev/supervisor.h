// The developer's loop: builds what is saved, and lets a new worker serve it.
//
//   Supervisor supervisor(loop, options, listener, log);
//   supervisor.start();
//   loop.run();
//
//  What a save does:
//
//   saved → Changes → Compiling → Worker (starting) → it serves → the older worker is released: it passes its connections on
//         → "serving build N" → the older worker ends when its calls have ended
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "dev/changes.h"
#include "dev/compiling.h"
#include "dev/event.h"
#include "dev/stand_in.h"
#include "dev/worker.h"
#include "loader/loader.h"
#include "loop/loop.h"
#include "os/descriptor.h"
#include "os/process.h"

namespace ofn::dev {

// How the next build is made and served.
struct Plan {
  LoadRequest request;
  os::Command worker;  // without --source
  std::vector<std::string> files =
      {};  // to watch beside the build's: of the context, of the environment
  std::vector<Changes::Folder> folders = {};  // the same
  std::vector<Link> inputs = {};
  std::vector<Link> outputs = {};
  bool is_detailed = false;  // workers log details
  Duration drains_within{};  // how long a worker's calls may take to end when it is told to
};

// Lifetime: `loop`, `listener` and `log` outlive it. Threads: the loop's.
class Supervisor final : private TimeLimits {
 public:
  struct Options {
    int listening_fd = -1;         // the socket that all workers share
    std::filesystem::path folder;  // for the programs that are built
    // Decides how the next build is made, whatever has changed since the last one. Errors: the text for the developer.
    std::function<std::expected<Plan, std::string>()> plan;
    // A worker serves, and no older one begins a request any more.
    std::function<void()> on_serving;
    // No worker serves any more.
    std::function<void()> on_none;
    // A worker has written this to its standard output.
    std::function<void(std::string_view)> print;
    // A worker has written this to its standard error.
    std::function<void(std::string_view)> write;
    bool watches = true;  // false: only rebuild() begins a build
    // More arguments of the workers, until one has served.
    std::vector<std::string> first_arguments = {};
  };

  Supervisor(Loop& loop, Options options, Listener& listener, Log& log);
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;
  ~Supervisor();

  // Begins the first build.
  void start();
  // Begins a build even if nothing has been saved.
  void rebuild();
  // Makes all workers drain, and runs `done` when the last one has ended. Called again, it ends them at once.
  void stop(std::function<void()> done);
  // Returns a connection to the worker that serves, for calls of the developer (CallMode::text()).
  // Errors: kUnavailable: none serves; kResourceExhausted.
  Result<os::Descriptor> connect(std::string mode);
  // The build that is served; 0: none.
  unsigned serving() const { return serving_ == nullptr ? 0 : serving_->build(); }
  // The build that is compiled, or whose worker starts, or that older workers do not leave the requests to yet; 0: none.
  unsigned coming() const;

 private:
  // A program that may be started.
  struct Ready {
    Plan plan;
    unsigned build = 0;
    std::string program;
    StageTimes times;
    bool was_cached = false;
    std::string warnings;  // the compiler's words
    std::vector<Diagnostic> diagnostics;
  };

  // While a worker is in a debugger, the limits of this process are off, too: those of the local sidecar for example, whose
  // deliveries the worker does not answer.
  bool are_off() const override;
  void begin(const std::vector<std::string>& changed, SystemTime saved_at);
  void compiled(Compilation made, Duration took);
  void fail(unsigned build, std::string text, std::vector<Diagnostic> diagnostics = {});
  void stand_in(std::string reason);
  void watch(const Build& build);
  void start_worker(const Ready& ready);
  void restart();
  void is_serving(std::vector<ServedFunction> functions);
  void announce();
  void pass(Passing connection);
  void has_ended(Worker& worker, const os::Ended& ended);
  void start_failed(const os::Ended& ended);
  void is_crashing(Worker& worker);
  WorkerCrashed crash_of(const Worker& worker, const os::Ended& ended) const;
  void debugger(unsigned build, DebuggerWatch::Change change);
  void lose_patience();
  void stuck(Worker& worker, const std::string& why);
  void retire(std::unique_ptr<Worker> worker);
  void end_oldest();
  void remove_program(const std::string& program) const;
  bool has_ended_all() const { return next_ == nullptr && serving_ == nullptr && leaving_.empty(); }

  Loop& loop_;
  Options options_;
  Listener& listener_;
  Changes changes_;
  Compiling compiling_;
  StandIn stand_in_;
  Ready made_;                            // the last build
  Ready next_is_;                         // what the next worker serves
  Ready current_;                         // what serves, or served last
  std::vector<std::string> good_inputs_;  // of the last build that compiled
  unsigned build_ = 0;                    // the number of the last build
  std::unique_ptr<Worker> next_;
  std::unique_ptr<Worker> serving_;
  std::list<std::unique_ptr<Worker>> leaving_;  // the older ones, until they have ended
  // The workers that end unasked, each with the time after which its build starts again.
  std::map<const Worker*, std::optional<Duration>> crashing_;
  std::vector<Worker*> not_left_;  // of them, those that may still begin a request
  std::vector<Passing> held_;      // connections that no worker has yet
  std::string next_text_;          // what the next worker has written
  std::vector<ServedFunction> functions_;
  SteadyTime began_;
  SteadyTime started_;
  SteadyTime hand_over_began_;
  unsigned crashes_at_start_ = 0;  // one after the other, each before a request
  unsigned crashes_ = 0;           // since the last call that was answered, or the last save
  bool has_answered_ = false;      // the serving worker has ended a call
  bool is_announced_ = false;
  bool has_served_ = false;  // a worker, since the start
  bool told_who_stays_ = false;
  Timer restart_;
  Timer patience_;  // with workers that do not leave
  std::function<void()> stopped_;
};

}  // namespace ofn::dev
