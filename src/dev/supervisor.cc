#include "dev/supervisor.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <iterator>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "dev/visible_text.h"

namespace ofn::dev {

namespace {

namespace fs = std::filesystem;

// The number of the listening socket in a worker.
constexpr int kListening = 3;
// How long an older worker may take until it begins no further request. It needs milliseconds unless its machine is stuck.
constexpr std::chrono::seconds kLeavesWithin(3);
// The most that is kept of what a worker writes before it serves.
constexpr std::size_t kMostText = std::size_t{64} * 1024;
// How long a worker that crashes may take to report why.
constexpr std::chrono::seconds kReportsWithin(10);
// How many calls are named that a worker has not answered.
constexpr std::size_t kMostNamed = 10;
// How many older workers may still answer calls. Somebody who saves often while a long upload or a stream is under way stays below
// it, because the drain timeout ends the workers, too.
constexpr std::size_t kMostLeaving = 16;
// The waits before a crashed build starts again; the last one repeats.
constexpr std::array<std::chrono::milliseconds, 7> kRestartAfter = {
    std::chrono::milliseconds(0),    std::chrono::milliseconds(500),
    std::chrono::milliseconds(1000), std::chrono::milliseconds(2000),
    std::chrono::milliseconds(4000), std::chrono::milliseconds(8000),
    std::chrono::milliseconds(10000)};
// A build that crashes this often before it gets a request waits for the next save.
constexpr unsigned kCrashesAtStart = 3;

std::string how_it_ended(const os::Ended& ended) {
  constexpr int kSignals = 128;  // as shells count
  if (ended.exit_code <= kSignals) return "exit code " + std::to_string(ended.exit_code);
  const char* const name = ::sigabbrev_np(ended.exit_code - kSignals);
  return name == nullptr ? "signal " + std::to_string(ended.exit_code - kSignals)
                         : "SIG" + std::string(name);
}

// What the developer should know of a worker that has ended with calls that it had not answered.
std::string cut_short(const Worker& worker, const os::Ended& ended) {
  const std::string& why = worker.killed_because();
  std::string text = "build " + std::to_string(worker.build());
  text += why.empty() ? " ended before all its calls had ended (" + how_it_ended(ended) + ")"
                      : " was killed, because " + why;
  const std::vector<std::string> calls = worker.running_calls();
  for (std::size_t i = 0; i < std::min(calls.size(), kMostNamed); ++i) text += "\n" + calls[i];
  if (calls.size() > kMostNamed)
    text += "\nand " + std::to_string(calls.size() - kMostNamed) + " more calls";
  return text;
}

std::vector<Diagnostic> diagnostics_of(const Build& build) {
  std::vector<Diagnostic> diagnostics;
  for (const ofn::Diagnostic& each : build.diagnostics) {
    const bool is_error = each.severity == ofn::Diagnostic::Severity::kError;
    diagnostics.push_back({.file = each.file,
                           .line = each.line,
                           .column = each.column,
                           .severity = is_error ? "error" : "warning",
                           .message = each.message});
  }
  return diagnostics;
}

}  // namespace

Supervisor::Supervisor(Loop& loop, Options options, Listener& listener, Log& log)
    : loop_(loop),
      options_(std::move(options)),
      listener_(listener),
      changes_(
          loop,
          {.on_saved = [this](const Changes::Saved& saved) { begin(saved.files, saved.saved_at); },
           .on_told = [this](const Told& told) { listener_.on(told); }}),
      compiling_(loop, log),
      stand_in_(loop, log),
      restart_(loop, [this] { restart(); }),
      patience_(loop, [this] { lose_patience(); }) {
  loop.set_time_limits(this);
}

Supervisor::~Supervisor() { loop_.set_time_limits(nullptr); }

bool Supervisor::are_off() const {
  const auto is_debugged = [](const std::unique_ptr<Worker>& worker) {
    return worker != nullptr && worker->is_debugged();
  };
  return is_debugged(next_) || is_debugged(serving_) || std::ranges::any_of(leaving_, is_debugged);
}

void Supervisor::start() { begin({}, loop_.system_now()); }

void Supervisor::rebuild() { begin({}, loop_.system_now()); }

unsigned Supervisor::coming() const {
  if (compiling_.is_running()) return build_;
  if (next_ != nullptr) return next_is_.build;
  return is_announced_ ? 0 : serving();
}

Result<os::Descriptor> Supervisor::connect(std::string mode) {
  if (serving_ == nullptr) return ofn::fail(Code::kUnavailable, "no build can be served");
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return ofn::fail(Code::kResourceExhausted,
                     std::string("no connection to the worker: ") + std::strerror(errno));
  }
  serving_->pass_direct(os::Descriptor(ends[1]), std::move(mode));
  return os::Descriptor(ends[0]);
}

void Supervisor::begin(const std::vector<std::string>& changed, SystemTime saved_at) {
  if (stopped_) return;
  changes_.begin_build();
  ++build_;
  began_ = loop_.clock().now();
  restart_.disarm();
  crashes_ = 0;
  crashes_at_start_ = 0;
  if (next_ != nullptr) retire(std::move(next_));
  listener_.on(BuildStarted{.build = build_, .changed = changed});
  auto plan = options_.plan();
  if (!plan) {
    compiling_.cancel();
    return fail(build_, plan.error());
  }
  made_ = Ready();
  made_.plan = *std::move(plan);
  made_.build = build_;
  if (!changed.empty())
    made_.times.detect = std::max(Duration(0), Duration(loop_.clock().system_now() - saved_at));
  compiling_.begin(made_.plan.request, options_.folder,
                   [this](Compilation made, Duration took) { compiled(std::move(made), took); });
}

void Supervisor::compiled(Compilation made, Duration took) {
  made_.diagnostics = diagnostics_of(made.build);
  if (!made.program) {
    watch(made.build);
    return fail(made_.build, made.program.error().message(), std::move(made_.diagnostics));
  }
  for (const CompilerWarning& warning : made.build.warnings) made_.warnings += warning.text;
  good_inputs_ = std::exchange(made.build.inputs, {});
  made_.program = made.program->native();
  made_.times.compile = took;
  made_.was_cached = made.build.commands == 0;
  start_worker(made_);
  watch(made.build);  // while the worker starts
}

// The files of a build that failed may be incomplete, so those of the last good build stay.
void Supervisor::watch(const Build& build) {
  if (!options_.watches) return;
  Changes::Watched watched;
  for (const auto& files : {build.inputs, made_.plan.files, good_inputs_}) {
    for (const std::string& file : files) {
      std::error_code unreadable;
      (fs::exists(file, unreadable) ? watched.files : watched.missing).push_back(file);
    }
  }
  for (const std::string& folder : build.folders) {
    watched.folders.push_back(
        {.path = folder, .wants = [](std::string_view name) { return may_join(fs::path(name)); }});
  }
  for (const Changes::Folder& folder : made_.plan.folders) watched.folders.push_back(folder);
  changes_.watch(std::move(watched));
}

void Supervisor::fail(unsigned build, std::string text, std::vector<Diagnostic> diagnostics) {
  // If the last good build waits because it has crashed, it starts again, as after any save.
  const bool restarts =
      serving_ == nullptr && next_ == nullptr && current_.build != 0 && current_.build != build;
  const unsigned good = next_ != nullptr ? next_is_.build : restarts ? current_.build : serving();
  listener_.on(BuildFailed{
      .build = build, .text = text, .diagnostics = std::move(diagnostics), .serving = good});
  if (good == 0) stand_in(std::move(text));
  if (restarts) restart();
}

// Answers requests with this reason until a worker serves.
void Supervisor::stand_in(std::string reason) {
  if (auto listens = stand_in_.listen(options_.listening_fd, std::move(reason)); !listens)
    listener_.on(Told{.weight = Told::Weight::kError, .text = listens.error().message()});
  for (Passing& connection : std::exchange(held_, {})) stand_in_.take(std::move(connection));
}

void Supervisor::start_worker(const Ready& ready) {
  if (next_ != nullptr) retire(std::move(next_));
  end_oldest();
  next_is_ = ready;
  next_text_.clear();
  started_ = loop_.clock().now();
  Worker::Start start{.command = ready.plan.worker,
                      .build = ready.build,
                      .is_detailed = ready.plan.is_detailed,
                      .source = ready.plan.request.source,
                      .program = ready.program,
                      .drains_within = ready.plan.drains_within};
  start.command.arguments.push_back("--source=" + ready.program);
  start.command.arguments.push_back("--listen-fd=" + std::to_string(kListening));
  start.command.descriptors.push_back({.fd = options_.listening_fd, .as = kListening});
  if (!has_served_)
    std::ranges::copy(options_.first_arguments, std::back_inserter(start.command.arguments));
  auto self = std::make_shared<Worker*>(nullptr);
  auto worker = Worker::start(
      loop_, std::move(start),
      {.serving =
           [this](std::vector<ServedFunction> functions) { is_serving(std::move(functions)); },
       .call =
           [this](CallEnded call) {
             has_answered_ = true;
             call.at = loop_.system_now();
             listener_.on(call);
           },
       .passed = [this](Passing connection) { pass(std::move(connection)); },
       .left =
           [this, self] {
             std::erase(not_left_, *self);
             announce();
           },
       .crashing = [this, self] { is_crashing(**self); },
       .told = [this](std::string_view text) { listener_.on(Told{.text = std::string(text)}); },
       .still_runs = [this](const StillRuns& told) { listener_.on(told); },
       .printed = [this](std::string_view text) { options_.print(text); },
       .wrote =
           [this, self](std::string_view text) {
             if (*self != next_.get()) return options_.write(text);
             next_text_ += text.substr(0, kMostText - std::min(kMostText, next_text_.size()));
           },
       .debugger = [this,
                    build = ready.build](DebuggerWatch::Change change) { debugger(build, change); },
       .stuck = [this, self](const std::string& why) { stuck(**self, why); },
       .ended = [this, self](const os::Ended& ended) { has_ended(**self, ended); }});
  if (!worker) return fail(next_is_.build, worker.error().message());
  *self = worker->get();
  next_ = *std::move(worker);
}

// Starts what served before, because it has crashed.
void Supervisor::restart() {
  current_.times = {};
  current_.was_cached = true;
  began_ = loop_.clock().now();
  start_worker(current_);
}

void Supervisor::is_serving(std::vector<ServedFunction> functions) {
  hand_over_began_ = loop_.clock().now();
  current_ = next_is_;
  functions_ = std::move(functions);
  has_answered_ = false;
  is_announced_ = false;
  has_served_ = true;
  told_who_stays_ = false;
  std::unique_ptr<Worker> older = std::exchange(serving_, std::exchange(next_, nullptr));
  if (!next_text_.empty()) options_.write(std::exchange(next_text_, {}));
  stand_in_.leave([this](Passing connection) { pass(std::move(connection)); });
  for (Passing& connection : std::exchange(held_, {})) pass(std::move(connection));
  if (older != nullptr) {
    older->release();
    not_left_.push_back(older.get());
    leaving_.push_back(std::move(older));
    patience_.arm(loop_.clock().now() + kLeavesWithin);
  }
  announce();
}

// Says that the newest build serves, as soon as no older one begins a request.
void Supervisor::announce() {
  if (!not_left_.empty() || serving_ == nullptr || is_announced_) return;
  is_announced_ = true;
  patience_.disarm();
  if (options_.on_serving) options_.on_serving();
  const SteadyTime now = loop_.clock().now();
  StageTimes times = current_.times;
  times.start = hand_over_began_ - started_;
  times.hand_over = now - hand_over_began_;
  times.whole = times.detect + (now - began_);
  listener_.on(ServingBuild{.build = current_.build,
                            .times = times,
                            .was_cached = current_.was_cached,
                            .warnings = current_.warnings,
                            .diagnostics = current_.diagnostics,
                            .functions = functions_,
                            .inputs = current_.plan.inputs,
                            .outputs = current_.plan.outputs});
}

void Supervisor::debugger(unsigned build, DebuggerWatch::Change change) {
  const std::string number = std::to_string(build);
  listener_.on(
      Told{.text = change == DebuggerWatch::Change::kAttached
                       ? "a debugger is attached to build " + number + ": time limits are off"
                       : "the debugger has left build " + number + ": time limits count again in " +
                             std::to_string(DebuggerWatch::kAfterwards.count()) + " s"});
}

// A worker that a debugger has stopped cannot leave. It is not killed, because that would end the developer's session.
void Supervisor::lose_patience() {
  for (Worker* const worker : not_left_) {
    if (!worker->is_debugged()) {
      worker->kill("it had not passed its requests on within " + duration_text(kLeavesWithin));
      continue;
    }
    patience_.arm(loop_.clock().now() + kLeavesWithin);
    if (std::exchange(told_who_stays_, true)) continue;
    listener_.on(
        Told{.weight = Told::Weight::kWarning,
             .text = "build " + std::to_string(worker->build()) +
                     " is in a debugger and may still answer requests: let it continue, or "
                     "end it there"});
  }
}

// Without this worker the others go on: its build starts again if it serves, and its connections go to the newest one.
void Supervisor::stuck(Worker& worker, const std::string& why) {
  if (worker.killed_because().empty()) worker.kill(why);
}

void Supervisor::pass(Passing connection) {
  if (serving_ != nullptr && serving_->pass(connection)) return;
  if (stand_in_.is_listening()) return stand_in_.take(std::move(connection));
  held_.push_back(std::move(connection));
}

void Supervisor::has_ended(Worker& worker, const os::Ended& ended) {
  if (serving_.get() == &worker) is_crashing(worker);
  for (Passing& connection : worker.take_unsent()) pass(std::move(connection));
  if (next_.get() == &worker) {
    start_failed(ended);
  } else {
    std::erase(not_left_, &worker);
    const auto place =
        std::ranges::find(leaving_, &worker, [](const auto& one) { return one.get(); });
    if (place == leaving_.end()) return;
    if (crashing_.contains(&worker)) {
      if (!stopped_) listener_.on(crash_of(worker, ended));
      crashing_.erase(&worker);
    } else if (!worker.killed_because().empty() ||
               (worker.is_released() && ended.exit_code != 0 && !stopped_)) {
      listener_.on(Told{.weight = Told::Weight::kWarning, .text = cut_short(worker, ended)});
    }
    if (worker.program() != current_.program) remove_program(worker.program());
    leaving_.erase(place);
    announce();
  }
  if (stopped_ && has_ended_all()) std::exchange(stopped_, nullptr)();
}

void Supervisor::start_failed(const os::Ended& ended) {
  const std::unique_ptr<Worker> worker = std::exchange(next_, nullptr);
  if (worker->program() != current_.program) remove_program(worker->program());
  if (stopped_) return;
  std::string text = std::exchange(next_text_, {});
  for (const Report& report : worker->reports()) {
    text += "the process ended before it served: " + report.how + "\n";
    for (const Frame& frame : report.frames) {
      text += "  " + frame.file + ":" + std::to_string(frame.line) + " in " + frame.function + "\n";
      if (!frame.source.empty()) text += "      " + frame.source + "\n";
    }
  }
  if (text.empty()) text = "the process ended before it served: " + how_it_ended(ended);
  fail(worker->build(), std::move(text));
}

// The worker that serves begins to end unasked. Its build starts again at once, while it still reports why.
void Supervisor::is_crashing(Worker& worker) {
  if (serving_.get() != &worker) return;
  worker.must_end_within(kReportsWithin);
  not_left_.push_back(serving_.get());
  leaving_.push_back(std::move(serving_));
  if (options_.on_none) options_.on_none();
  if (stopped_) return;
  std::optional<Duration>& again_in = crashing_[&worker];
  if (next_ != nullptr) {  // a newer worker is about to serve
    again_in = Duration(0);
    return;
  }
  if (!worker.is_debugged()) {  // its user decides when it starts again: by a save
    if (has_answered_) crashes_ = 0;
    if (worker.has_begun_calls()) crashes_at_start_ = 0;
    const Duration wait = kRestartAfter[std::min<std::size_t>(crashes_, kRestartAfter.size() - 1)];
    ++crashes_;
    if (worker.has_begun_calls() || ++crashes_at_start_ < kCrashesAtStart) again_in = wait;
  }
  if (again_in == Duration(0)) return restart();
  if (again_in) restart_.arm(loop_.clock().now() + *again_in);
  stand_in(std::string("the function's process crashed; it starts again ") +
           (again_in ? "in a moment" : "after the next save"));
}

WorkerCrashed Supervisor::crash_of(const Worker& worker, const os::Ended& ended) const {
  WorkerCrashed crash;
  crash.build = worker.build();
  crash.how = how_it_ended(ended);
  if (!worker.killed_because().empty()) crash.how += ": " + worker.killed_because();
  crash.running = worker.running_calls();
  crash.again_in = crashing_.at(&worker);
  for (const Report& report : worker.reports()) {
    if (!report.is_of_worker) continue;
    crash.how = report.how;
    crash.by = report.id.empty() ? std::string() : worker.name_of_call(report.id);
    crash.frames = report.frames;
    crash.running.clear();
    for (const std::string& id : report.running) crash.running.push_back(worker.name_of_call(id));
  }
  return crash;
}

// Ends a worker that no longer matters.
void Supervisor::retire(std::unique_ptr<Worker> worker) {
  worker->terminate(kLeavesWithin);  // it has no calls
  leaving_.push_back(std::move(worker));
}

// Each save may leave a worker behind whose calls take long. Their number is bounded, because each is a process. One in a
// debugger stays.
void Supervisor::end_oldest() {
  if (leaving_.size() < kMostLeaving) return;
  const auto oldest = std::ranges::find_if(
      leaving_, [](const std::unique_ptr<Worker>& worker) { return !worker->is_debugged(); });
  if (oldest == leaving_.end()) return;
  (*oldest)->terminate(kLeavesWithin);  // the second order to stop: it abandons its calls
}

void Supervisor::remove_program(const std::string& program) const {
  std::error_code ignored;
  const std::string name = fs::path(program).filename();
  if (fs::path(program).parent_path() != options_.folder || name.empty()) return;
  for (const auto& entry : fs::directory_iterator(options_.folder, ignored)) {
    if (entry.path().filename().native().starts_with(name)) fs::remove(entry.path(), ignored);
  }
}

void Supervisor::stop(std::function<void()> done) {
  const bool again = static_cast<bool>(stopped_);
  stopped_ = std::move(done);
  compiling_.cancel();
  restart_.disarm();
  if (has_ended_all()) return std::exchange(stopped_, nullptr)();
  for (const auto* worker : {&next_, &serving_}) {
    if (*worker == nullptr) continue;
    if (again)
      (*worker)->signal(SIGKILL);
    else
      (*worker)->terminate(current_.plan.drains_within + kLeavesWithin);
  }
  if (!again) return;  // the older workers drain already
  for (const auto& worker : leaving_) worker->signal(SIGKILL);
}

}  // namespace ofn::dev
