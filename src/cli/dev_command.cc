#include "cli/dev_command.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <sys/ioctl.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include "cli/chosen_sidecar.h"
#include "cli/configuration.h"
#include "cli/dev_api.h"
#include "cli/load_function.h"
#include "cli/precompiling.h"
#include "cli/streams.h"
#include "cli/work_folder.h"
#include "dev/invoke_again.h"
#include "dev/json_events.h"
#include "dev/keys.h"
#include "dev/listeners.h"
#include "dev/replay.h"
#include "dev/ring.h"
#include "dev/supervisor.h"
#include "dev/terminal.h"
#include "dev/told_log.h"
#include "dev/visible_text.h"
#include "loop/signals.h"
#include "wire/listening_socket.h"
#include "wire/port_owner.h"

namespace ofn::cli {

namespace {

namespace fs = std::filesystem;

// If the default port is taken, the next ones are tried.
constexpr int kPortsTried = 20;
// How long a worker may take to end if the supervisor ends before it.
constexpr std::chrono::milliseconds kEndsWithin(200);

// How much longer than its function a request that is sent again may take.
constexpr std::chrono::seconds kBesideTheFunction(10);

bool is_component_file(std::string_view name) {
  return name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".json");
}

std::string absolute(const std::string& path) {
  std::error_code error;
  return fs::absolute(path, error).lexically_normal().native();
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  return text;
}

std::string joined(const std::vector<Error>& errors) {
  std::string text;
  for (const Error& error : errors) text += error.text() + '\n';
  return text;
}

std::string text_of(const localdapr::ComponentChange& change) {
  using What = localdapr::ComponentChange::What;
  std::string text = "component " + change.name + " (" + change.type + ")";
  text += change.what == What::kAdded     ? " is new"
          : change.what == What::kRemoved ? " has ended"
                                          : " has started anew, the others go on";
  if (!change.lost.empty()) text += " · lost: " + change.lost;
  return text;
}

// Inputs and outputs have the same members.
std::vector<dev::Link> links_of(const auto& inputs_or_outputs) {
  std::vector<dev::Link> links;
  for (const auto& one : inputs_or_outputs) {
    links.push_back({.name = one.name,
                     .component = one.component,
                     .type = one.component_type,
                     .to = one.topic});
  }
  return links;
}

// The supervisor has chosen the sidecar, so its workers start none.
std::vector<std::string> worker_arguments(const Flags& flags) {
  std::vector<std::string> arguments = {"/proc/self/exe", "--debug", "--local-sidecar=off"};
  for (const FlagSpec& spec : flag_table()) {
    const auto& text = flags[spec.flag];
    const bool is_supervisors = spec.flag == Flag::kSource || spec.flag == Flag::kHost ||
                                spec.flag == Flag::kPort || spec.flag == Flag::kListenFd ||
                                spec.flag == Flag::kReadyFd || spec.flag == Flag::kDebug ||
                                spec.flag == Flag::kLocalSidecar;
    if (text && !is_supervisors) arguments.push_back("--" + std::string(spec.name) + "=" + *text);
  }
  return arguments;
}

Result<wire::ListeningSocket> listen(const Settings& settings, std::string& note) {
  auto socket = wire::ListeningSocket::listen({settings.host.value, settings.port.value, {}});
  if (socket || socket.error().code() != Code::kAlreadyExists ||
      !settings.port.origin.is_default()) {
    return socket;
  }
  for (int more = 1; more <= kPortsTried; ++more) {
    const auto port = static_cast<std::uint16_t>(settings.port.value + more);
    auto other = wire::ListeningSocket::listen({settings.host.value, port, {}});
    if (!other) continue;
    const std::string taken = std::to_string(settings.port.value);
    const std::string owner = wire::port_owner(settings.port.value).value_or("another process");
    note = "port " + taken + " is taken by " + owner + ", so " + std::to_string(port) + " is used";
    return other;
  }
  return socket;
}

std::size_t terminal_width() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void write_to(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void write_to_terminal(std::string_view text) { write_to(STDERR_FILENO, text); }

class Developer {
 public:
  Developer(const DevCommand& command, const Environment& env, Configuration configuration)
      : command_(command),
        process_env_(env),
        configuration_(std::move(configuration)),
        show_(loop_, [this] { terminal_.tick(); }),
        terminal_(clock_, terminal_options()),
        listeners_(listeners()) {
    if (command.verbose) log_.tell_from(Level::kDebug);
  }

  int run() {
    const Settings& settings = configuration_.settings;
    std::string note;
    auto socket = listen(settings, note);
    if (!socket) return complain(socket.error().text(), kExitListen);
    if (auto found = find_runtimes(); !found) return complain(found.error().message(), kExitUsage);
    auto folder = WorkFolder::make(load_request_of(configuration_).cache_dirs);
    if (!folder) return complain(folder.error().message(), kExitFailure);
    if (const auto chosen = choose_sidecar(socket->address()); !chosen)
      return complain(joined(chosen.error()), kExitFailure);
    address_ = socket->address();
    const auto open = api_.open(process_env_, instance(), log_);
    listeners_.on(dev::Started{.version = OFN_VERSION,
                               .source = settings.source.value,
                               .url = settings.url(address_.port),
                               .sidecar = sidecar_text(),
                               .note = note});
    if (!open) {
      say(dev::Told::Weight::kWarning,
          "commands such as `invoke` cannot reach this loop: " + open.error().message());
    }
    supervisor_.emplace(
        loop_,
        dev::Supervisor::Options{.listening_fd = socket->fd(),
                                 .folder = folder->path(),
                                 .plan = [this] { return plan(); },
                                 .on_serving = [this] { on_serving(); },
                                 .on_none =
                                     [this] {
                                       if (sidecar_->local()) sidecar_->local()->app_has_gone();
                                     },
                                 .print = [this](std::string_view text) { print_of_worker(text); },
                                 .write =
                                     [this](std::string_view text) {
                                       write_to_terminal(text);
                                       api_.lines()->add_text(text);
                                     },
                                 .watches = command_.watches,
                                 .first_arguments = first_arguments()},
        listeners_, log_);
    if (!command_.json) keys_.emplace(loop_, STDIN_FILENO, [this](dev::Key key) { pressed(key); });
    const Signals signals(loop_, {SIGTERM, SIGINT, SIGHUP}, [this](int) { stop(); });
    supervisor_->start();
    loop_.run();
    keys_.reset();
    terminal_.tick();
    return kExitOk;
  }

 private:
  std::vector<dev::Listener*> listeners() {
    std::vector<dev::Listener*> all = {&ring_, api_.lines(), api_.calls(), api_.api()};
    if (command_.json) {
      all.insert(all.begin(), &json_);
    } else {
      all.insert(all.begin(), &terminal_);
      all.push_back(&again_);
    }
    return all;
  }

  dev::Instance instance() const {
    const Settings& settings = configuration_.settings;
    const fs::path source = absolute(settings.source.value);
    std::error_code unreadable;
    const bool is_folder = fs::is_directory(source, unreadable);
    fs::path folder = is_folder ? source : source.parent_path();
    // A path that ends with a slash has an empty last part.
    if (!folder.has_filename()) folder = folder.parent_path();
    return {.pid = ::getpid(),
            .source = settings.source.value,
            .folder = folder.native(),
            .url = settings.url(address_.port),
            .started = dev::timestamp(clock_.system_now()),
            .version = OFN_VERSION};
  }

  void stop() {
    if (sidecar_->local()) sidecar_->local()->stop_delivering();
    supervisor_->stop([this] { loop_.stop(); });
  }

  // With --json, standard output has the events only.
  void print_of_worker(std::string_view text) {
    write_to(command_.json ? STDERR_FILENO : STDOUT_FILENO, text);
    api_.lines()->add_text(text, dev::LogRing::Stream::kOutput);
  }

  void pressed(dev::Key key) {
    switch (key) {
      case dev::Key::kInvokeAgain:
        return again_.invoke();
      case dev::Key::kRebuild:
        return supervisor_->rebuild();
      case dev::Key::kVerbose:
        return terminal_.toggle_verbose();
      case dev::Key::kHelp:
        return terminal_.show_help();
      case dev::Key::kQuit:
        return stop();
    }
  }

  void say(dev::Told::Weight weight, std::string text) {
    listeners_.on(dev::Told{.weight = weight, .text = std::move(text)});
  }

  Result<std::vector<std::string>> send_again(const dev::CallEnded& call, dev::Replays::Done done) {
    return replays_.send(address_, call, std::move(done));
  }

  dev::Terminal::Options terminal_options() {
    const bool is_terminal = ::isatty(STDERR_FILENO) == 1;
    std::error_code unreadable;
    return {
        .write = write_to_terminal,
        .width = terminal_width,
        .wake_at = [this](SteadyTime at) { show_.arm(at); },
        .look = dev::look_for(is_terminal ? dev::WritesTo::kTerminal : dev::WritesTo::kOther,
                              [this](const char* name) { return process_env_(name).value_or(""); }),
        .folder = fs::current_path(unreadable).native(),
        .verbose = command_.verbose,
        .has_keys = !command_.json && ::isatty(STDIN_FILENO) == 1};
  }

  LoadRequest load_request_of(const Configuration& configuration) const {
    const Settings& settings = configuration.settings;
    const auto target =
        settings.target.origin.is_default() ? std::nullopt : std::optional(settings.target.value);
    LoadRequest request =
        load_request(settings.source.value, target, settings.cxxflags, configuration.env);
    request.profile = command_.is_release ? Profile::kServe : Profile::kDevelop;
    request.sanitizers = command_.sanitizers;
    return request;
  }

  // The sanitizers' runtimes must be in the worker before it loads the function.
  Result<void> find_runtimes() {
    const auto libraries = sanitizer_runtimes(load_request_of(configuration_));
    if (!libraries) return std::unexpected(libraries.error());
    for (const fs::path& library : *libraries)
      preload_ += (preload_.empty() ? "" : ":") + library.native();
    return {};
  }

  std::expected<void, std::vector<Error>> choose_sidecar(const wire::Endpoint& bound) {
    auto chosen =
        ChosenSidecar::make(configuration_.settings, configuration_.context,
                            callbacks_of(configuration_.subscriptions, configuration_.settings),
                            loop_, configuration_.env, log_);
    if (!chosen) return std::unexpected(std::move(chosen).error());
    sidecar_.emplace(*std::move(chosen));
    return deliver(bound);
  }

  std::expected<void, std::vector<Error>> choose_sidecar_again() {
    const bool had_local = sidecar_->local() != nullptr;
    const auto changes =
        sidecar_->choose_again(configuration_.settings, configuration_.context,
                               callbacks_of(configuration_.subscriptions, configuration_.settings),
                               loop_, configuration_.env, log_);
    if (!changes) return std::unexpected(changes.error());
    for (const localdapr::ComponentChange& change : *changes)
      say(dev::Told::Weight::kInfo, text_of(change));
    if (!had_local && sidecar_->local() != nullptr)
      say(dev::Told::Weight::kInfo, "the context needs a sidecar now: " + sidecar_text());
    return deliver(address_);
  }

  std::expected<void, std::vector<Error>> deliver(const wire::Endpoint& bound) {
    if (sidecar_->local() == nullptr || sidecar_->local()->has_app() ||
        configuration_.subscriptions.inputs().empty())
      return {};
    // A worker that serves already is of a build that wants no deliveries.
    if (auto delivers = sidecar_->deliver_to(bound, configuration_.settings, false); !delivers)
      return std::unexpected(std::vector{std::move(delivers).error()});
    return {};
  }

  std::string sidecar_text() const {
    if (sidecar_->local() != nullptr) return "local sidecar at " + sidecar_->endpoint().text();
    if (configuration_.context.outputs.empty() && configuration_.context.triggers.empty())
      return "";
    return "sidecar at " + sidecar_->endpoint().text();
  }

  // Everything that is not compiled may have changed, too: the context, the variables, the components.
  std::expected<dev::Plan, std::string> plan() {
    auto configuration = resolve_configuration(flags(), process_env_);
    if (!configuration) return std::unexpected(joined(configuration.error().messages));
    configuration_ = *std::move(configuration);
    const Settings& settings = configuration_.settings;
    const std::string components = absolute(settings.components);
    if (auto chosen = choose_sidecar_again(); !chosen)
      return std::unexpected(joined(chosen.error()));
    dev::Plan plan{.request = load_request_of(configuration_),
                   .worker = {.arguments = worker_arguments(flags())}};
    if (sidecar_->local() != nullptr) {
      plan.worker.variables.push_back("DAPR_GRPC_PORT=" +
                                      std::to_string(sidecar_->endpoint().port));
    }
    if (!preload_.empty()) {
      plan.worker.variables.push_back("LD_PRELOAD=" + preload_);
      // A report of the undefined behaviour sanitizer names the copy of the author's file that was compiled; its stack names the
      // author's file.
      if (!process_env_("UBSAN_OPTIONS"))
        plan.worker.variables.emplace_back("UBSAN_OPTIONS=print_stacktrace=1");
    }
    plan.is_detailed = command_.verbose;
    plan.drains_within = settings.drain_delay + settings.drain_timeout;
    plan.worker.ends_within = kEndsWithin;
    for (const std::string& file : configuration_.files) plan.files.push_back(absolute(file));
    plan.folders.push_back({.path = components, .wants = is_component_file});
    plan.inputs = links_of(configuration_.context.triggers);
    plan.outputs = links_of(configuration_.context.outputs);
    return plan;
  }

  std::vector<std::string> first_arguments() const {
    if (!command_.waits_for_debugger) return {};
    return {"--wait-for-debugger"};
  }

  const Flags& flags() const { return command_.flags; }

  void on_serving() {
    if (sidecar_->local()) sidecar_->local()->app_has_changed();
    if (!precompiling_) {
      precompiling_.emplace(load_request_of(configuration_), log_);
    }
  }

  const DevCommand& command_;
  const Environment& process_env_;
  Configuration configuration_;
  SystemClock clock_;
  Loop loop_{clock_};
  Timer show_;
  dev::Terminal terminal_;
  dev::JsonEvents json_{clock_, [](std::string_view line) { write_to(STDOUT_FILENO, line); }};
  dev::Ring ring_;
  dev::Replays replays_{loop_, configuration_.settings.timeout + kBesideTheFunction};
  dev::InvokeAgain again_{
      loop_,
      ring_,
      {.coming = [this] { return supervisor_->coming(); },
       .send = [this](const auto& call, auto done) { return send_again(call, std::move(done)); }},
      terminal_};
  DevApi api_{loop_,
              ring_,
              {.coming = [this] { return supervisor_ ? supervisor_->coming() : 0; },
               .serving = [this] { return supervisor_ ? supervisor_->serving() : 0; },
               .connect =
                   [this](dev::CallMode mode) {
                     return supervisor_ ? supervisor_->connect(mode.text())
                                        : fail(Code::kUnavailable, "no build can be served");
                   },
               .within = configuration_.settings.timeout + kBesideTheFunction}};
  dev::Listeners listeners_;
  dev::ToldLog log_{loop_, listeners_};
  std::string preload_;  // for LD_PRELOAD
  std::optional<dev::Keys> keys_;
  wire::Endpoint address_;
  std::optional<ChosenSidecar> sidecar_;
  std::optional<dev::Supervisor> supervisor_;
  std::optional<Precompiling> precompiling_;
};

}  // namespace

int dev(const DevCommand& command, const Environment& env) {
  DevCommand developing = command;
  developing.flags[Flag::kDebug] = "true";
  auto configuration = resolve_configuration(developing.flags, env);
  if (!configuration) return complain(configuration.error());
  return Developer(developing, env, *std::move(configuration)).run();
}

}  // namespace ofn::cli
