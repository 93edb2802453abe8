#include "cli/running_server.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <unistd.h>
#include <utility>

#include "cli/author_http.h"
#include "cli/build_stamp.h"
#include "cli/call_contents.h"
#include "cli/call_reports.h"
#include "cli/command_line.h"
#include "cli/flushed_answers.h"
#include "cli/sending.h"
#include "cli/server_limits.h"
#include "dapr/app_http.h"
#include "dapr/app_server.h"
#include "invocation/invocation.h"
#include "invocation/observers.h"
#include "logging/access_log.h"
#include "loop/descriptor_waits.h"
#include "loop/memory_return.h"
#include "metrics/process_source.h"
#include "os/debugger.h"
#include "os/memory_limits.h"
#include "os/start_up_code.h"
#include "os/watched_process.h"
#include "serving/front.h"
#include "wire/http_sessions.h"

namespace ofn::cli {

namespace {

// The end waits this long for a collector to take the last spans.
constexpr std::chrono::seconds kLongestFlush(5);

// The start is over this long after run(), when the first requests have been served.
constexpr std::chrono::seconds kStart(1);

std::vector<std::unique_ptr<Loop>> make_loops(std::size_t count, const Clock& clock) {
  std::vector<std::unique_ptr<Loop>> loops;
  for (std::size_t i = 0; i < count; ++i) loops.push_back(std::make_unique<Loop>(clock));
  return loops;
}

}  // namespace

struct RunningServer::OnLoop {
  OnLoop(RunningServer& server, Loop& on)
      : loop(on),
        reports(server.supervised_ == nullptr
                    ? std::nullopt
                    : std::optional<CallReports>(std::in_place, server.supervised_->channel(),
                                                 server.supervised_->build(), server.log_,
                                                 server.supervised_->long_calls(), &sent)),
        counted(server.measurement_ ? &server.measurement_->on(on) : nullptr),
        access_log(access_log_of(server)),
        descriptors(on),
        author_http(on, descriptors, server.memory_),
        sending(on, server.sidecar_->endpoint(), server.settings_, server.context_, server.memory_,
                author_http, server.traces_.get(), server.log_, counted, reports ? &sent : nullptr),
        observers({sending.traced == nullptr ? nullptr : &sending.traced->tracer(),
                   reports ? &*reports : nullptr, counted, access_log ? &*access_log : nullptr}),
        environment{.loop = on,
                    .context = server.context_,
                    .outputs = &sending.outputs,
                    .log = server.log_,
                    .detail = server.settings_.debug ? Detail::kShown : Detail::kHidden,
                    .stores = &sending.stores(),
                    .hooks = server.hooks_.empty() ? nullptr : &server.hooks_,
                    .failures = &server.failures_,
                    .calls = &server.calls_,
                    .awaits = {.descriptors = &descriptors,
                               .workers = &server.workers_,
                               .http = &sending.http()},
                    .observer = observers.as_one(),
                    .max_held = server.settings_.max_body_size,
                    .errors = server.errors_.empty() ? nullptr : &server.errors_,
                    .middleware = server.middleware_.is_around() ? &server.middleware_ : nullptr},
        requests(server.service_, environment),
        deliveries(server.async_, environment),
        callbacks(deliveries, options_of(server.invocations_, requests, server.settings_)),
        http_callbacks(deliveries, {.api_token = server.settings_.app_api_token}),
        counted_callbacks(callbacks),
        counted_http_callbacks(http_callbacks),
        front(doors(server)),
        recorder(reports ? std::optional<CallRecorder>(std::in_place, front, reports->contents())
                         : std::nullopt),
        stamp(
            server.supervised_ == nullptr
                ? std::nullopt
                : std::optional<BuildStamp>(std::in_place, *recorder, server.supervised_->build())),
        flushed(sending.traced == nullptr || !server.settings_.trace_flush.value
                    ? std::nullopt
                    : std::optional<FlushedAnswers>(
                          std::in_place, stamp ? static_cast<wire::Handler&>(*stamp) : front,
                          *sending.traced, *server.settings_.trace_flush.value)),
        sessions(handler(), server.limits_, server.failures_, &server.memory_,
                 [this, &server](std::string_view id, const wire::Refused& refused) {
                   // CountedCallbacks counts the calls of a sidecar.
                   if (refused.call != nullptr && server.serves_grpc()) return;
                   requests.on_refused(id, refused);
                 }),
        memory_return(on, server.workers_, [&server] {
          return server.server_ != nullptr && server.server_->connections() > 0;
        }) {}

  // A supervisor shows the calls itself.
  static std::optional<AccessLog> access_log_of(const RunningServer& server) {
    const auto& [mode, origin] = server.settings_.access_log;
    const bool is_shown = server.supervised_ != nullptr && origin.is_default();
    if (mode == AccessLogMode::kOff || is_shown) return std::nullopt;
    return AccessLog(server.log_, mode == AccessLogMode::kOn ? AccessLog::Which::kAll
                                                             : AccessLog::Which::kErrors);
  }

  wire::Handler& handler() {
    if (flushed) return *flushed;
    if (stamp) return *stamp;
    return front;
  }

  // Returns the handlers of the port, in the order in which they are tried.
  std::vector<Door> doors(RunningServer& server) {
    wire::Handler& grpc =
        counted != nullptr ? static_cast<wire::Handler&>(counted_callbacks) : callbacks;
    wire::Handler& http =
        counted != nullptr ? static_cast<wire::Handler&>(counted_http_callbacks) : http_callbacks;
    std::vector<Door> doors = {{.wants = dapr::AppServer::is_always_answered, .handler = grpc}};
    if (server.measurement_) {
      if (const auto door = server.measurement_->door(loop, server.routes_)) doors.push_back(*door);
    }
    if (server.openapi_) {
      doors.push_back({.wants = [&page = *server.openapi_](
                                    const wire::Message& message) { return page.wants(message); },
                       .handler = *server.openapi_});
    }
    if (server.serves_grpc()) {
      doors.push_back({.wants =
                           [this](const wire::Message& message) {
                             return message.version == wire::Version::kHttp2 &&  // most are not
                                    (dapr::AppServer::is_grpc(message) ||
                                     callbacks.is_misaddressed(message));
                           },
                       .handler = grpc});
    }
    if (server.callbacks_ == Callbacks::kHttp) {
      // The HTTP service refuses a gRPC call at its head. A callback over HTTP is recognized only when
      // it is complete.
      doors.push_back({.wants = dapr::AppServer::is_grpc, .handler = requests});
      doors.push_back(
          {.wants = [this](const wire::Message& message) { return http_callbacks.wants(message); },
           .handler = http});
    }
    doors.push_back({.wants = {}, .handler = requests});
    return doors;
  }

  Loop& loop;
  SentData sent;                       // by the calls of this loop; empty without a supervisor
  std::optional<CallReports> reports;  // for a supervisor
  metrics::LoopMetrics* counted;       // null: --metrics is off
  std::optional<AccessLog> access_log;
  DescriptorWaits descriptors;  // of the author's tasks
  AuthorHttp author_http;       // the same
  Sending sending;
  Observers observers;
  CallEnvironment environment;
  HttpService::OnLoop requests;
  AsyncService::OnLoop deliveries;
  dapr::AppServer callbacks;
  dapr::AppHttp http_callbacks;
  CountedCallbacks counted_callbacks;
  CountedCallbacks counted_http_callbacks;
  Front front;
  std::optional<CallRecorder> recorder;   // for a supervisor
  std::optional<BuildStamp> stamp;        // the same
  std::optional<FlushedAnswers> flushed;  // with --trace-flush response
  wire::HttpSessions sessions;
  MemoryReturn memory_return;
};

RunningServer::RunningServer(const Settings& settings, const FunctionContext& context,
                             const Routes& routes, const Hooks& hooks, const ErrorHandlers& errors,
                             const Middleware& middleware, Subscriptions subscriptions,
                             const Environment& env, Log& log, os::CallsInFlight& calls,
                             os::ReadyNotice& notice, Supervised* supervised)
    : settings_(settings),
      context_(context),
      hooks_(hooks),
      errors_(errors),
      middleware_(middleware),
      env_(env),
      log_(log),
      calls_(calls),
      notice_(notice),
      supervised_(supervised),
      routes_(routes),
      failures_(log, clock_, [this] { failures_held_back(); }),
      limits_(limits_of(settings)),
      memory_(memory_of(settings)),
      gate_(settings.concurrency, settings.queue, &memory_),
      callbacks_(callbacks_of(subscriptions, settings)),
      invocations_(invocations_of(settings, callbacks_, context)),
      service_(callbacks_ == Callbacks::kNone || context.http ? routes : no_routes_, gate_,
               workers_, log, settings.timeout, settings.queue,
               middleware.has_door() || middleware.is_around() ? &middleware : nullptr),
      async_(std::move(subscriptions), routes.functions().front(), gate_, workers_, log,
             settings.timeout, settings.queue),
      loops_(make_loops(settings.threads != 0 ? settings.threads : usable_cpus(), clock_)),
      stopping_(*this, *loops_.front(),
                {.delay = supervised == nullptr ? settings.drain_delay : Duration::zero(),
                 .timeout = settings.drain_timeout},
                log),
      workers_(threads_within(settings.concurrency,
                              os::mappable_memory(os::memory_limits(), os::mapped_memory()))) {}

// The account must not call the parts while they are destroyed.
RunningServer::~RunningServer() {
  memory_.on_large_done({});
  if (measurement_) measurement_->close();
}

void RunningServer::measure(StartFacts facts, std::vector<metrics::Source> sources,
                            std::unique_ptr<metrics::AuthorMetrics> authors,
                            const otlp::MetricsSettings& push, const otlp::Resource& resource) {
  const bool pushes = push.exporter != otlp::MetricsExporter::kNone;
  if (!settings_.metrics.is_on() && !pushes) return;
  measurement_.emplace(settings_.metrics, context_, loops(), log_);
  if (pushes) {
    // Threads of the programs may count at any time.
    const auto is_busy = [this, programs_count = !authors->empty()] {
      return programs_count || left().connections + left().invocations > 0;
    };
    log_problem(measurement_->push_to(
        push, {.resource = otlp::encode(resource), .version = facts.version, .is_busy = is_busy}));
  }
  for (metrics::Source& source : sources) measurement_->add(std::move(source));
  measurement_->add(metrics::count(std::move(authors)));
  measurement_->add(metrics::process_source(clock_, facts.began));
  measurement_->add(start_source(std::move(facts), listening_));
  measurement_->add(gate_source(gate_));
  measurement_->add(memory_source(memory_));
  measurement_->add(loops_source(loops()));
  measurement_->add(hooks_source(hooks_));
  measurement_->add([this](metrics::Snapshot& snapshot) {
    snapshot.add(metrics::Metric::kConnections, {}, static_cast<double>(server_->connections()));
  });
}

void RunningServer::show_openapi(std::string document) {
  const std::string& path = settings_.openapi;
  RouteParams params;
  if (routes_.find("GET", path, params).is_authors) {
    log_.write(Level::kWarning,
               "the OpenAPI document is not shown: a route of the function has the path " + path);
    return;
  }
  openapi_.emplace(path, "application/openapi+json", std::move(document));
}

std::vector<Loop*> RunningServer::loops() const {
  std::vector<Loop*> loops;
  for (const auto& loop : loops_) loops.push_back(loop.get());
  return loops;
}

RunningServer::OnLoop* RunningServer::part_of(const Loop& loop) const {
  const auto part = std::ranges::find(parts_, &loop, [](const auto& each) { return &each->loop; });
  return part == parts_.end() ? nullptr : part->get();
}

void RunningServer::trace(const TraceChoice& choice, std::string resource,
                          tracing::StartUp start_up) {
  const std::vector<Loop*> all = loops();
  traces_ = Traces::make(choice, env_, context_, std::move(resource), all, log_);
  start_up_ = std::move(start_up);
  if (measurement_ && traces_ != nullptr) measurement_->add(traces_source(*traces_));
  if (traces_ == nullptr || !settings_.may_be_stopped_at_rest) return;
  // An operator who sets --trace-flush, also to `batch`, needs no warning.
  if (!settings_.trace_flush.origin.is_default()) return;
  log_.write(Level::kWarning,
             "spans are sent some seconds after an answer, and may be late or lost if the platform "
             "gives processors only to requests, as Cloud Run does by default: set "
             "OFN_TRACE_FLUSH=response:200ms (--trace-flush), or batch if it always gives them");
}

std::expected<void, std::vector<Error>> RunningServer::connect() {
  auto sidecar = ChosenSidecar::make(settings_, context_, callbacks_, *loops_.front(), env_, log_);
  if (!sidecar) return std::unexpected(std::move(sidecar).error());
  sidecar_.emplace(*std::move(sidecar));
  for (const auto& loop : loops_) parts_.push_back(std::make_unique<OnLoop>(*this, *loop));
  memory_.on_large_done([this] { large_body_done(); });
  if (measurement_) {
    std::vector<const CountedCallbacks*> counted;
    for (const auto& part : parts_) {
      counted.push_back(&part->counted_callbacks);
      counted.push_back(&part->counted_http_callbacks);
    }
    measurement_->add(std::move(counted));
  }
  return {};
}

// On any thread.
void RunningServer::large_body_done() {
  for (const auto& part : parts_) {
    if (part->loop.in_loop()) return part->memory_return.large_body_done();
  }
}

// On any thread.
void RunningServer::failures_held_back() {
  loops_.front()->post([this] {
    if (!tell_failures_) tell_failures_.emplace(*loops_.front(), [this] { failures_.tell(); });
    if (!tell_failures_->armed()) tell_failures_->arm(clock_.now() + LimitedLog::kWindow);
  });
}

Result<wire::Endpoint> RunningServer::listen(std::optional<wire::ListeningSocket> inherited) {
  const auto make_session = [this](Loop& loop) {
    OnLoop* const part = part_of(loop);
    if (part == nullptr) return std::unique_ptr<wire::Session>();
    part->memory_return.connection_accepted();
    if (measurement_) measurement_->connection_accepted();
    return part->sessions.make();
  };
  // Before a client can connect. A signal that comes before run() waits for it.
  heed_signals();
  server_ = std::make_unique<wire::Server>(loops(), make_session, limits_, failures_,
                                           settings_.max_connections, &memory_);
  is_inherited_ = inherited.has_value();
  Result<wire::Endpoint> bound =
      is_inherited_ ? server_->listen(*std::move(inherited))
                    : server_->listen({settings_.host.value, settings_.port.value, {}});
  if (!bound) return bound;
  listening_ = clock_.now();
  start_up_.listening = clock_.system_now();
  if (measurement_) measurement_->open();
  if (traces_ != nullptr) traces_->started(std::move(start_up_));
  warn_of_callbacks(*bound);
  os::WatchedProcess::listens(bound->port);
  os::WatchedProcess::listens(bound->unix_path);
  check_sidecar();
  if (callbacks_ == Callbacks::kNone) return bound;
  if (auto delivering = sidecar_->deliver_to(*bound, settings_); !delivering) {
    return std::unexpected(std::move(delivering).error());
  }
  return bound;
}

// The local sidecar's components were checked when it started.
void RunningServer::check_sidecar() {
  if (sidecar_->local() != nullptr) return;
  if (context_.outputs.empty() && callbacks_ == Callbacks::kNone) return;
  sidecar_check_.emplace(
      *loops_.front(), sidecar_->endpoint(), settings_.dapr_api_token,
      WantedOfSidecar{.context = context_,
                      .protocol = settings_.app_protocol,
                      .checks_inputs = is_on_this_machine(sidecar_->endpoint()) &&
                                       callbacks_ != Callbacks::kNone,
                      .heard_of_bindings = [this] { return async_.heard_of_bindings(); }},
      log_);
  sidecar_check_->start();
}

void RunningServer::warn_of_callbacks(const wire::Endpoint& bound) const {
  if (callbacks_ == Callbacks::kGrpc && !settings_.app_api_token.empty()) {
    log_.write(Level::kWarning,
               "over gRPC, daprd asks for the list of topics without its token and is refused: if "
               "daprd is the sidecar, use APP_PROTOCOL=http with APP_API_TOKEN");
  }
  if (callbacks_ == Callbacks::kNone || is_on_this_machine(bound) ||
      !settings_.app_api_token.empty())
    return;
  log_.write(
      Level::kWarning,
      "any program that reaches the port can deliver events to the function: set APP_API_TOKEN "
      "here and for the sidecar, or listen on 127.0.0.1",
      {{"host", bound.host}});
}

void RunningServer::heed_debuggers() {
  debugger_.emplace(
      *loops_.front(), [] { return os::tracer_of(getpid()); },
      [this](DebuggerWatch::Change change) {
        if (supervised_ != nullptr) return;  // the supervisor sees it, too
        const bool is_attached = change == DebuggerWatch::Change::kAttached;
        log_.write(Level::kInfo, is_attached ? "a debugger is attached: time limits are off"
                                             : "the debugger has left: time limits count again");
      });
  for (const auto& loop : loops_) loop->set_time_limits(&*debugger_);
}

void RunningServer::on_signal(int number, std::function<void()> action) {
  other_signal_.emplace(*loops_.front(), std::initializer_list<int>{number},
                        [action = std::move(action)](int) { action(); });
}

int RunningServer::run() {
  // Later than the first requests, so that they find the code still mapped.
  start_is_over_.emplace(*loops_.front(), [] { os::return_start_up_code(); });
  start_is_over_->arm(clock_.now() + kStart);
  threads_ = std::make_unique<LoopThreads>(loops());
  if (!threads_->all_run()) {
    log_.write(Level::kError, "the system allows too few threads; see --threads",
               {{"loops", loops_.size()}});
    return kExitFailure;
  }
  loops_.front()->post([this] {
    log_problem(notice_.ready());
    if (supervised_ != nullptr) obey_supervisor();
  });
  threads_->wait();
  if (stopping_.abandoned()) {
    if (life_) life_->log_abandoned();
    return kExitFailure;
  }
  threads_.reset();
  failures_.tell();
  log_.write(Level::kInfo, "stopped");
  return kExitOk;
}

void RunningServer::log_problem(const Result<void>& told) {
  if (!told) log_.write(Level::kWarning, told.error().message());
}

Stoppable::Left RunningServer::left() const {
  return {.connections = server_->connections(),
          .invocations = gate_.in_use() + gate_.waiting() + service_.waiting()};
}

void RunningServer::obey_supervisor() {
  orders_ = supervised_->watch(
      *loops_.front(),
      {.release =
           [this] {
             is_replaced_ = true;
             supervised_->long_calls()->left_behind();
             stopping_.replaced();
           },
       .adopt = [this](int fd, std::string received) { server_->adopt(fd, std::move(received)); },
       .direct = [this](int fd, std::string_view mode) { take_direct(fd, mode); }});
  supervised_->say_serving(routes_);
}

void RunningServer::take_direct(int fd, std::string_view mode) {
  if (direct_ == nullptr) {
    OnLoop& part = *parts_.front();
    direct_ = std::make_unique<DirectCalls>(*loops_.front(),
                                            DirectCalls::Parts{.service = service_,
                                                               .async = async_,
                                                               .environment = part.environment,
                                                               .reports = *part.reports,
                                                               .supervised = *supervised_,
                                                               .limits = limits_,
                                                               .memory = memory_,
                                                               .log = failures_});
  }
  direct_->take(fd, dev::CallMode::of(mode));
}

void RunningServer::flush_spans() {
  if (traces_ == nullptr) return push_metrics();
  std::vector<Traces::OnLoop*> parts;
  for (const auto& part : parts_) parts.push_back(part->sending.traced.get());
  const SteadyTime latest = clock_.now() + kLongestFlush;
  traces_->flush(std::move(parts), Deadline(std::min(latest, drain_ends_)),
                 [this] { push_metrics(); });
}

void RunningServer::stop_calls() {
  if (life_) life_->hurry();
  if (direct_ != nullptr) loops_.front()->post([this] { direct_->stop_calls(); });
  for (const auto& part : parts_) {
    part->loop.post([&stopped = *part] {
      stopped.requests.stop_calls();
      stopped.deliveries.stop_calls();
    });
  }
}

void RunningServer::end_loops() { loops_.front()->stop(); }

}  // namespace ofn::cli
