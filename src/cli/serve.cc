#include "cli/serve.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <unistd.h>
#include <vector>

#include <ofn/route.h>

#include "base/random.h"
#include "cli/command_line.h"
#include "cli/configuration.h"
#include "cli/descriptors.h"
#include "cli/dev_command.h"
#include "cli/env_files.h"
#include "cli/inherited.h"
#include "cli/load_function.h"
#include "cli/loading.h"
#include "cli/measurement.h"
#include "cli/precompiling.h"
#include "cli/program_log.h"
#include "cli/running_server.h"
#include "cli/streams.h"
#include "cli/user_signals.h"
#include "context/settings.h"
#include "function/error_handlers.h"
#include "life/life_cycle.h"
#include "life/life_runner.h"
#include "life/readiness.h"
#include "logging/logger.h"
#include "metrics/author_metrics.h"
#include "middleware/middleware.h"
#include "os/calls_in_flight.h"
#include "os/debugger.h"
#include "os/heap.h"
#include "os/memory_limits.h"
#include "os/memory_reserve.h"
#include "os/process_start.h"
#include "os/watched_process.h"
#include "otlp/resource.h"
#include "otlp/settings.h"
#include "tracing/section.h"
#include "typed/openapi.h"
#include "typed/schema.h"

namespace ofn::cli {

namespace {

// A signal handler calls it.
bool log_is_behind(const void* log) { return static_cast<const ProgramLog*>(log)->is_behind(); }

// The served functions, in the form for user code, the dry run and the log.
struct Served {
  std::string names;      // "hello", or "add,get"
  std::string signature;  // their common signature, otherwise "http": all are served by HTTP
};

Served served_by(const Routes& routes) {
  Served served;
  std::string_view common = signature_name(routes.functions().front().signature);
  for (const Function& function : routes.functions()) {
    served.names += (served.names.empty() ? "" : ",") + function.name;
    if (signature_name(function.signature) != common) common = "http";
  }
  served.signature = common;
  return served;
}

// A function that has every path needs no line, because the line "listening" names it.
void log_routes(const Routes& routes, Log& log) {
  if (routes.sole() != nullptr && routes.sole()->routes.empty()) return;
  for (const Routes::Route& route : routes.routes()) {
    const Function& function = routes.functions()[route.function];
    log.write(Level::kInfo, "route",
              {{"route", route.pattern.text()},
               {"function", function.name},
               {"signature", signature_name(function.signature)}});
  }
}

// A route's limits hold beside the program's, so a larger one has no effect.
void warn_of_options(const Routes& routes, const Settings& settings, Log& log) {
  for (const Routes::Route& route : routes.routes()) {
    if (route.options == nullptr) continue;
    const auto warn = [&](std::uint64_t own, std::uint64_t program, std::string_view option,
                          std::string_view flag) {
      if (own == abi::RouteOptions::kNone || own <= program) return;
      log.write(Level::kWarning, "a limit of a route is larger than the program's, which counts",
                {{"route", route.pattern.text()},
                 {"location", route.place},
                 {"option", option},
                 {"flag", flag}});
    };
    warn(route.options->concurrency, settings.concurrency, "ofn::concurrency", "--concurrency");
    warn(route.options->timeout_nanoseconds, static_cast<std::uint64_t>(settings.timeout.count()),
         "ofn::timeout", "--timeout");
    // --max-body-size does not apply to bodies in pieces.
    if (!routes.functions()[route.function].reads_pieces)
      warn(route.options->max_body, settings.max_body_size, "ofn::max_body", "--max-body-size");
  }
}

// Returns the reason why Dapr cannot trigger the loaded functions; nullopt if it can.
std::optional<std::string> triggering_problem(const Routes& routes) {
  if (const Function* function = routes.sole()) return delivery_problem(*function);
  std::string names;
  for (const Function& function : routes.functions()) {
    if (!names.empty()) names += ", ";
    names += function.name;
  }
  return "the context's triggers are for one function, and this program has several (" + names +
         "); name one with --target";
}

// Returns the address of a socket that another process has made.
std::string url_of(const wire::Endpoint& address) {
  return address.is_unix() ? address.text() : "http://" + address.text() + "/";
}

// Returns true if a developer on a machine of their own works on a source.
bool is_developers(const Settings& settings, const Inherited& inherited) {
  const bool only_looks = settings.only_looks();
  const bool is_started_by_another =
      inherited.socket || inherited.supervised || settings.ready_fd.has_value();
  return settings.debug && !settings.in_pod && !only_looks && !is_started_by_another &&
         !settings.source.value.ends_with(".so");
}

Result<void> wait_for_debugger(const std::optional<Supervised>& supervised) {
  const std::string process = std::to_string(getpid());
  const std::string build =
      supervised ? "build " + std::to_string(supervised->build()) : "the program";
  const std::string text = build + " waits for a debugger as process " + process +
                           "; attach with one of these commands:\n" + os::how_to_attach(getpid());
  supervised ? supervised->tell(text) : complain(text);
  return os::wait_for_debugger();
}

// Reads what the program sends to a collector. A mistake in the variables or in the context's section is logged; it stops no start.
otlp::Settings sent_telemetry(const Environment& env, const FunctionContext& context, Log& log) {
  std::vector<Note> notes;
  otlp::Settings settings = otlp::read_settings(tracing::with_section(env, context, notes), notes);
  log_notes(notes, log);
  return settings;
}

TraceChoice traces_of(const Environment& env, const FunctionContext& context,
                      const otlp::Settings& sent, const otlp::ResourceFacts& facts, Log& log) {
  std::vector<Note> notes;
  TraceChoice choice = choose_traces(env, context, sent, facts, notes);
  log_notes(notes, log);
  return choice;
}

bool is_observed(const Settings& settings, const otlp::Settings& sent, const TraceChoice& traced) {
  return settings.metrics.is_on() || sent.metrics.exporter != otlp::MetricsExporter::kNone ||
         traced.is_on();
}

// `names`: of the functions.
otlp::ResourceFacts facts_of(const FunctionContext& context, const std::string& names) {
  Random random;
  return otlp::with_process({.function_name = context.name.empty() ? names : context.name,
                             .function_version = context.version,
                             .framework_version = OFN_VERSION,
                             .instance_id = uuid4(random)});
}

// What all telemetry of this process has in common.
otlp::Resource resource_of(const otlp::ResourceFacts& facts, const Environment& env, Log& log) {
  std::vector<Note> notes;
  otlp::Resource resource = otlp::read_resource(env, facts, notes);
  log_notes(notes, log);
  return resource;
}

// The steps of a start: the program is made, unless the source is one, and then loaded: its libraries, its start-up code, and the
// registrations.
std::vector<tracing::StartUp::Step> load_steps(SystemTime began, std::optional<SystemTime> made,
                                               SystemTime loaded) {
  std::vector<tracing::StartUp::Step> steps;
  if (made) steps.push_back({.name = "compile", .began = began, .ended = *made});
  steps.push_back({.name = "load", .began = made.value_or(began), .ended = loaded});
  return steps;
}

[[noreturn]] void end_at_once(ProgramLog& log, int code) {
  log.finish();
  os::WatchedProcess::ends();
  // Functions may still run on other threads, and use objects that would be destroyed.
  std::_Exit(code);
}

// Runs the start functions. Returns only if the program can serve.
void start(RunningServer& server, LifeCycle& life, Readiness& checks, ProgramLog& log) {
  const LifeRunner::End end = server.start(life, checks);
  if (end == LifeRunner::End::kStarted) return;
  if (end == LifeRunner::End::kSignalled) {
    log.finish();
    end_by(server.starting().signal());
  }
  complain(server.starting().problem());
  end_at_once(log, end == LifeRunner::End::kAbandoned ? kExitFailure : kExitLoad);
}

std::size_t mappable_now() { return os::mappable_memory(os::memory_limits(), os::mapped_memory()); }

}  // namespace

int serve(const ServeCommand& command, const Environment& process, const abi::Program* linked) {
  os::bound_kept_memory(mappable_now());
  auto configuration = resolve_configuration(command.flags, process);
  if (!configuration) return complain(configuration.error());
  const Environment& env = configuration->env;
  const FunctionContext& context = configuration->context;
  const Settings& settings = configuration->settings;
  os::CallsInFlight calls;  // a supervised program looks at them until its end
  auto inherited = take_inherited(settings, env);
  if (!inherited) {
    for (const std::string& problem : inherited.error()) complain(problem);
    return kExitUsage;
  }
  if (linked == nullptr && command.watches && is_developers(settings, *inherited))
    return dev({.flags = command.flags, .waits_for_debugger = command.waits_for_debugger}, process);
  // Before any thread starts, and before the function's start-up code runs.
  set_in_process(configuration->variables);

  const ProgramLog::Pointer program_log = ProgramLog::make(settings, inherited->supervised);
  Logger& log = program_log->log();
  log_notes(configuration->notes, log);

  os::WatchedProcess watched(
      {.reader = settings.debug ? os::Reader::kAuthor : os::Reader::kOperator,
       .shape = inherited->supervised ? LogShape() : log.shape(),
       .fd = inherited->supervised ? inherited->supervised->channel().fd() : program_log->fd(),
       .crash_notice = inherited->supervised ? inherited->supervised->channel().fd() : -1,
       .exited = kExitByFunction,
       .came_back = kExitForkedChild,
       .not_loaded = kExitLoad,
       .calls = &calls,
       .log_is_behind = log_is_behind,
       .log = program_log.get(),
       .flush = flush_output});
  if (command.waits_for_debugger || (settings.debug && !settings.in_pod)) os::allow_debuggers();
  if (command.waits_for_debugger) {
    if (const auto attached = wait_for_debugger(inherited->supervised); !attached)
      return complain("--wait-for-debugger: " + attached.error().message(), kExitFailure);
  }
  // A supervisor shows the output itself.
  const bool only_looks = settings.only_looks();
  if (settings.capture_output && !only_looks && !inherited->supervised) {
    if (const auto captured = program_log->capture_output(); !captured)
      return complain(captured.error().message(), kExitFailure);
  }
  // The function's constructors may read this variable.
  setenv("FUNCTION_TARGET", settings.target.value.c_str(), 1);
  if (inherited->supervised) inherited->supervised->watch_calls(calls);
  Programs programs{.host = only_looks ? nullptr : &program_log->host()};
  Build build;
  const std::string shown = inherited->supervised ? inherited->supervised->source() : "";
  const SystemTime load_began = SystemClock().system_now();
  const auto routes =
      load_functions(settings, context.http_pattern, shown, env, linked, programs, build, log);
  if (!routes) return complain(routes.error().message(), kExitLoad);
  if (!configuration->subscriptions.inputs().empty()) {
    if (const auto problem = triggering_problem(*routes)) return complain(*problem, kExitLoad);
  }
  if (const auto loaded = load_plugin_files(settings, programs); !loaded) {
    return complain(loaded.error().message(), kExitLoad);
  }
  // Also if they are not counted: what works on the author's machine works in production.
  auto authors_metrics = metrics::AuthorMetrics::of(programs.all);
  if (!authors_metrics) {
    for (const Error& error : authors_metrics.error()) complain(error.message());
    return kExitLoad;
  }
  const auto errors = ErrorHandlers::of(
      programs.all, only_looks ? ErrorHandlers::Code::kIsLeftOut : ErrorHandlers::Code::kMayRun);
  if (!errors) {
    for (const Error& error : errors.error()) complain(error.message());
    return kExitLoad;
  }
  auto steps = life_steps(programs.all);
  if (!steps) return complain(steps.error().message(), kExitLoad);
  const SystemClock clock_of_checks;
  Readiness checks(*steps, clock_of_checks, log);
  std::ranges::move(object_steps(*routes), std::back_inserter(*steps));
  LifeCycle life(*std::move(steps));
  const auto middleware = Middleware::of(
      programs.all, env, only_looks ? Middleware::Secrets::kLeftOut : Middleware::Secrets::kRead);
  if (!middleware) {
    for (const Error& error : middleware.error()) complain(error.message());
    return kExitLoad;
  }
  const auto hooks = Hooks::of(context, programs.plugins, settings.optional_hooks, log);
  if (!hooks) {
    for (const Error& error : hooks.error()) complain(error.message());
    return kExitContext;
  }
  const SystemTime loaded = SystemClock().system_now();
  if (inherited->supervised) inherited->supervised->long_calls()->loaded();
  const Served served = served_by(*routes);
  setenv("FUNCTION_TARGET", served.names.c_str(), 1);
  setenv("FUNCTION_SIGNATURE_TYPE", served.signature.c_str(), 1);
  watched.serves(served.names);

  if (settings.print_schema) return print(schema_of(routes->functions()));
  const OpenApiFacts described{.title = context.name.empty() ? served.names : context.name,
                               .version = context.version.empty() ? "1" : context.version};
  if (settings.print_openapi) return print(openapi_of(*routes, described));
  // Checked again, because the function's start-up code may have opened descriptors.
  const std::size_t loops = settings.threads != 0 ? settings.threads : usable_cpus();
  if (const auto problem = descriptor_shortage(kDescriptorsToServe + kDescriptorsOfALoop * loops)) {
    return complain(*problem, kExitFailure);
  }
  if (!settings.dry_run) log_routes(*routes, log);
  warn_of_options(*routes, settings, log);

  os::keep_memory_reserve(os::reserve_for(mappable_now()));
  auto server = std::make_unique<RunningServer>(
      settings, context, *routes, *hooks, *errors, *middleware,
      std::move(configuration->subscriptions), env, log, calls, inherited->notice,
      inherited->supervised ? &*inherited->supervised : nullptr);
  if (!settings.openapi.empty()) server->show_openapi(openapi_of(*routes, described));
  const otlp::Settings sent = sent_telemetry(env, context, log);
  const otlp::ResourceFacts facts = facts_of(context, served.names);
  const TraceChoice traced = traces_of(env, context, sent, facts, log);
  if (is_observed(settings, sent, traced)) {
    const otlp::Resource resource = resource_of(facts, env, log);
    const SystemTime began = os::process_start();
    const SystemClock clock;
    server->measure({.began = clock.now() - (clock.system_now() - began),
                     .loading = build.elapsed,
                     .version = OFN_VERSION,
                     .functions = served.names,
                     .signature = served.signature,
                     .build = inherited->supervised ? std::optional(inherited->supervised->build())
                                                    : std::nullopt},
                    {log_source(log), resource_source(resource)}, *std::move(authors_metrics),
                    sent.metrics, resource);
    server->trace(traced, otlp::encode(resource),
                  {.began = began, .steps = load_steps(load_began, build.made, loaded)});
  }
  if (const auto connected = server->connect(); !connected) {
    for (const Error& error : connected.error()) complain(error.text());
    return kExitFailure;
  }
  if (settings.dry_run) {
    const std::string url =
        inherited->socket ? url_of(inherited->socket->address()) : settings.url();
    return print("Function: " + served.names + "\nURL: " + url +
                 "\nDry run successful, shutting down.\n");
  }
  if (command.waits_for_debugger || settings.debug) server->heed_debuggers();
  start(*server, life, checks, *program_log);
  const bool is_inherited = inherited->socket.has_value();
  auto bound = server->listen(std::move(inherited->socket));
  if (!bound) {
    server->stop_early();
    if (bound.error().code() == Code::kInvalidArgument) {
      bound.error().with("the address is from", settings.host.origin.name);
    }
    complain(bound.error().text());
    // Threads that a start function has begun may use objects that would be destroyed.
    if (life.has_starts()) end_at_once(*program_log, kExitListen);
    return kExitListen;
  }
  if (is_user_signal_unused(SIGUSR1))
    server->on_signal(SIGUSR1, [&program_log] { program_log->toggle_debug(); });
  log.write(Level::kInfo, "listening",
            {{"function", served.names},
             {"signature", served.signature},
             {"url", is_inherited ? url_of(*bound) : settings.url(bound->port)}});
  std::optional<Precompiling> precompiling;
  if (build.precompiling_pays) {
    precompiling.emplace(load_request(settings.source.value, std::nullopt, settings.cxxflags, env),
                         log);
  }
  const int code = server->run();
  if (code != kExitOk || !checks.close()) end_at_once(*program_log, code);
  return code;
}

}  // namespace ofn::cli
