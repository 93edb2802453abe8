#include "cli/host.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <utility>

#include "base/heap.h"
#include "base/memory_limits.h"
#include "base/memory_reserve.h"
#include "cli/command_line.h"
#include "cli/memory.h"
#include "cli/rest.h"
#include "context/sidecar_choice.h"
#include "dapr/client.h"
#include "invocation/invocation.h"
#include "loop/signals.h"
#include "os/watched_process.h"
#include "output/outputs.h"
#include "wire/grpc/link.h"
#include "wire/http_sessions.h"

namespace ofn::cli {

namespace {

// After this the first requests have been served.
constexpr std::chrono::seconds kStart(1);

wire::Limits limits_of(const Settings& settings) {
  wire::Limits limits;
  limits.head_bytes = settings.max_header_bytes;
  limits.head_fields = settings.max_header_fields;
  limits.trailer_bytes = settings.max_header_bytes;
  limits.body_bytes = settings.max_body_size;
  limits.head_timeout = settings.head_timeout;
  limits.body_timeout = settings.body_timeout;
  limits.idle_timeout = settings.idle_timeout;
  limits.write_timeout = settings.slow_reader_timeout;
  return limits;
}

// Of the memory there is, what bodies may take by default: beside them are the function, the answers
// it makes, and what the connections hold. A body of the largest size and its answer always fit.
std::size_t memory_of(const Settings& settings) {
  if (settings.max_body_memory != 0) return settings.max_body_memory;
  return std::max(usable_memory(memory_limits(), mapped_memory()) / 4, 2 * settings.max_body_size);
}

// To or from the sidecar: a body of the largest size with what Dapr's messages put around it, and never less than every
// gRPC peer takes.
std::size_t largest_message(const Settings& settings) {
  constexpr std::size_t kAround = std::size_t{64} * 1024;
  return std::max(wire::grpc::kDefaultMaxMessage, settings.max_body_size + kAround);
}

std::string_view signal_name(int number) {
  return number == SIGTERM ? "SIGTERM" : number == SIGINT ? "SIGINT" : "SIGHUP";
}

Callbacks callbacks_of(const Subscriptions& subscriptions, const Settings& settings) {
  if (subscriptions.inputs().empty()) return Callbacks::kNone;
  return settings.app_protocol == AppProtocol::kHttp ? Callbacks::kHttp : Callbacks::kGrpc;
}

// What functions get to answer to their stop token, when the drain timeout has passed.
constexpr std::chrono::seconds kStopGrace(1);

// Between attempts to reach the sidecar: no longer than Retry-After tells callers to stay away, and well below the time
// that an output waits for a sidecar, so that one that is back is found by those who wait.
constexpr std::chrono::seconds kLongestBackoff(1);

// How long a program on the sidecar's own port may take to say that it speaks Dapr. It is on this machine.
constexpr std::chrono::milliseconds kProbeTime(500);

std::vector<std::unique_ptr<Loop>> make_loops(std::size_t count, const Clock& clock) {
  std::vector<std::unique_ptr<Loop>> loops;
  for (std::size_t i = 0; i < count; ++i) loops.push_back(std::make_unique<Loop>(clock));
  return loops;
}

}  // namespace

// The way to the sidecar. It connects with the first call, so that a program without any never does.
struct Sending {
  Sending(Loop& loop, const wire::Endpoint& endpoint, const Settings& settings,
          const FunctionContext& context, wire::MemoryAccount& account, Log& log)
      : client(loop, wire::grpc::connector_to(loop, endpoint, limits),
               {.api_token = settings.dapr_api_token,
                .channel = {.authority = endpoint.text(),
                            .max_message = largest_message(settings),
                            .max_backoff = kLongestBackoff,
                            .account = &account}}),
        outputs(context, client, loop, log,
                {.unreachable = settings.sidecar_timeout, .retry_codes = settings.retry_codes}) {}

  wire::Limits limits;
  dapr::DaprClient client;
  Outputs outputs;
};

struct Host::Part {
  Part(Host& host, Loop& on)
      : loop(on),
        sending(on, host.sidecar_, host.settings_, host.context_, host.memory_, host.log_),
        environment{.loop = on,
                    .context = host.context_,
                    .outputs = &sending.outputs,
                    .log = host.log_,
                    .detail = host.settings_.debug ? Detail::kShown : Detail::kHidden,
                    .stores = &sending.client,
                    .hooks = host.hooks_.empty() ? nullptr : &host.hooks_,
                    .failures = &host.failures_,
                    .calls = &host.calls_,
                    .max_held = host.settings_.max_body_size},
        shard(host.service_, environment),
        deliveries(host.async_, environment),
        callbacks(deliveries, {.api_token = host.settings_.app_api_token,
                               .max_message = host.settings_.max_body_size}),
        http_callbacks(deliveries, {.api_token = host.settings_.app_api_token}),
        front(host.callbacks_, callbacks, http_callbacks, shard),
        sessions(front, host.limits_, host.failures_, &host.memory_,
                 [this](std::string_view id, int status) { shard.on_broken_request(id, status); }),
        rest(on,
             [] {
               return_kept_memory();
               return_scattered_memory();
             }),
        crowd_rest(
            on, [&host] { return host.server_ != nullptr && host.server_->connections() > 0; },
            [&host] {
              return_kept_memory();
              return_scattered_memory();
              return_memory_of_workers(host.workers_);
            }) {}

  void stop_calls() {
    shard.stop_calls();
    deliveries.stop_calls();
  }

  Loop& loop;
  Sending sending;
  CallEnvironment environment;
  HttpService::Shard shard;
  AsyncService::Shard deliveries;
  dapr::AppServer callbacks;
  dapr::AppHttp http_callbacks;
  Front front;
  wire::HttpSessions sessions;
  Timer rest;  // from large bodies
  Rest crowd_rest;
};

// Before anybody can connect: a signal that comes sooner than run() waits for it.
struct Host::Stopping {
  explicit Stopping(Host& host)
      : last_chance(*host.loops_.front(),
                    [&host] { host.abandon("the drain timeout has passed"); }),
        drain_timeout(*host.loops_.front(),
                      [this, &host] {
                        for (const auto& part : host.parts_)
                          part->loop.post([&stopped = *part] { stopped.stop_calls(); });
                        last_chance.arm(host.clock_.now() + kStopGrace);
                      }),
        signals(*host.loops_.front(), {SIGTERM, SIGINT, SIGHUP}, [this, &host](int number) {
          if (host.draining_) return host.abandon("a second signal came");
          host.drain(number);
          drain_timeout.arm(host.clock_.now() + host.settings_.drain_timeout);
        }) {}

  Timer last_chance;
  Timer drain_timeout;
  Signals signals;
};

Host::Host(const Settings& settings, const FunctionContext& context, const Routes& routes,
           const Hooks& hooks, Subscriptions subscriptions, const Environment& env, Log& log,
           os::CallsInFlight& calls)
    : settings_(settings),
      context_(context),
      hooks_(hooks),
      env_(env),
      log_(log),
      calls_(calls),
      failures_(log, clock_, [this] { failures_held_back(); }),
      limits_(limits_of(settings)),
      memory_(memory_of(settings)),
      gate_(settings.concurrency, settings.queue, &memory_),
      callbacks_(callbacks_of(subscriptions, settings)),
      service_(callbacks_ == Callbacks::kNone || context.http ? routes : no_routes_, gate_,
               workers_, log, settings.timeout),
      async_(std::move(subscriptions), routes.functions().front(), gate_, workers_, log,
             settings.timeout, settings.queue),
      loops_(make_loops(settings.threads != 0 ? settings.threads : usable_cpus(), clock_)),
      workers_(threads_within(settings.concurrency,
                              mappable_memory(memory_limits(), mapped_memory()))) {}

// What ends with the parts is no longer told to them.
Host::~Host() { memory_.on_large_done({}); }

std::vector<Loop*> Host::loops() const {
  std::vector<Loop*> loops;
  for (const auto& loop : loops_) loops.push_back(loop.get());
  return loops;
}

bool Host::sends() const { return !context_.outputs.empty() || !context_.states.empty(); }

std::expected<void, std::vector<Error>> Host::connect() {
  sidecar_ = {settings_.sidecar.host, settings_.sidecar.port, settings_.sidecar.unix_path};
  const LocalSidecarPlan plan =
      sends() || callbacks_ != Callbacks::kNone
          ? plan_local_sidecar(context_, settings_)
          : LocalSidecarPlan{.reason = "nothing is sent to outputs, nothing triggers the function"};
  log_.write(Level::kDebug, "sidecar", {{"address", sidecar_.text()}, {"reason", plan.reason}});
  if (plan.action == LocalSidecarAction::kStart ||
      (plan.action == LocalSidecarAction::kProbe && !somebody_speaks_dapr(sidecar_))) {
    auto started = localdapr::LocalSidecar::start(
        {.components = settings_.components,
         .app_id = context_.name.empty() ? "functions-framework" : context_.name,
         .listen = {"127.0.0.1", 0, {}},
         .context = &context_,
         .max_message = largest_message(settings_)},
        *loops_.front(), env_, log_);
    if (!started) return std::unexpected(std::move(started).error());
    local_sidecar_ = *std::move(started);
    sidecar_ = local_sidecar_->endpoint();
    os::WatchedProcess::listens(sidecar_.port);
  }
  for (const auto& loop : loops_) parts_.push_back(std::make_unique<Part>(*this, *loop));
  memory_.on_large_done([this] { large_body_done(); });
  return {};
}

void Host::large_body_done() {
  for (const auto& part : parts_) {
    if (part->loop.in_loop()) return part->rest.arm(part->loop.now() + kMemoryIsKept);
  }
}

// On any thread.
void Host::failures_held_back() {
  loops_.front()->post([this] {
    if (!tell_failures_) tell_failures_.emplace(*loops_.front(), [this] { failures_.tell(); });
    if (!tell_failures_->armed()) tell_failures_->arm(clock_.now() + LimitedLog::kWindow);
  });
}

bool Host::somebody_speaks_dapr(const wire::Endpoint& endpoint) {
  Loop& loop = *loops_.front();
  const wire::Limits limits;
  bool done = false;
  bool found = false;
  dapr::probe(loop, wire::grpc::connector_to(loop, endpoint, limits),
              {.api_token = settings_.dapr_api_token, .channel = {.authority = endpoint.text()}},
              Deadline::in(kProbeTime, clock_), [&](const Result<dapr::SidecarInfo>& info) {
                done = true;
                found = info.has_value();
                if (!found) return;
                log_.write(Level::kInfo, "using the sidecar that runs here",
                           {{"address", endpoint.text()},
                            {"app_id", info->id},
                            {"version", info->runtime_version}});
              });
  loop.run_until([&] { return done; });
  return found;
}

Result<wire::Endpoint> Host::listen() {
  const auto make_session = [this](Loop& loop) {
    for (const auto& part : parts_) {
      if (&part->loop != &loop) continue;
      part->crowd_rest.expect();
      return part->sessions.make();
    }
    return std::unique_ptr<wire::Session>();
  };
  stopping_ = std::make_unique<Stopping>(*this);
  server_ = std::make_unique<wire::Server>(loops(), make_session, limits_, failures_,
                                           settings_.max_connections, &memory_);
  warn_of_callbacks();
  auto bound = server_->listen({settings_.host.value, settings_.port.value, {}});
  if (bound) {
    os::WatchedProcess::listens(bound->port);
    check_sidecar();
  }
  if (!bound || !local_sidecar_ || callbacks_ == Callbacks::kNone) return bound;
  // The way from the inside: what listens on all addresses is reached by loopback.
  const std::string& host = settings_.host.value;
  const bool all = host == "0.0.0.0" || host == "::" || host == "localhost";
  auto delivering =
      local_sidecar_->deliver_to({.endpoint = {all ? "127.0.0.1" : host, bound->port, {}},
                                  .protocol = settings_.app_protocol,
                                  .api_token = settings_.app_api_token});
  if (!delivering) return std::unexpected(std::move(delivering.error()));
  return bound;
}

// What the local sidecar has was checked when it started.
void Host::check_sidecar() {
  if (local_sidecar_ || (context_.outputs.empty() && callbacks_ == Callbacks::kNone)) return;
  const std::string& host = sidecar_.host;
  const bool is_here = !sidecar_.unix_path.empty() || host.starts_with("127.") || host == "::1" ||
                       host == "localhost";
  sidecar_check_.emplace(
      *loops_.front(), sidecar_, settings_.dapr_api_token,
      WantedOfSidecar{.context = context_,
                      .protocol = settings_.app_protocol,
                      .checks_inputs = is_here && callbacks_ != Callbacks::kNone,
                      .heard_of_bindings = [this] { return async_.heard_of_bindings(); }},
      log_);
  sidecar_check_->start();
}

void Host::warn_of_callbacks() const {
  const std::string& host = settings_.host.value;
  const bool local = host.starts_with("127.") || host == "::1" || host == "localhost";
  if (callbacks_ == Callbacks::kGrpc && !settings_.app_api_token.empty()) {
    log_.write(Level::kWarning,
               "over gRPC, daprd asks for the list of topics without its token and is refused: if "
               "daprd is the sidecar, use APP_PROTOCOL=http with APP_API_TOKEN");
  }
  if (callbacks_ == Callbacks::kNone || local || !settings_.app_api_token.empty()) return;
  log_.write(Level::kWarning,
             "anybody who reaches the port can deliver events to the function: set APP_API_TOKEN "
             "here and for the sidecar, or listen on 127.0.0.1",
             {{"host", host}});
}

int Host::run() {
  // Later than the first requests, so that those find the code that is still there.
  start_is_over_.emplace(*loops_.front(), [] { return_start_up_code(); });
  start_is_over_->arm(clock_.now() + kStart);
  threads_ = std::make_unique<LoopThreads>(loops());
  if (!threads_->all_run()) {
    log_.write(Level::kError, "the system allows too few threads; see --threads",
               {{"loops", std::to_string(loops_.size())}});
    return kExitFailure;
  }
  threads_->wait();
  if (abandoned_) return kExitFailure;
  threads_.reset();
  failures_.tell();
  log_.write(Level::kInfo, "stopped");
  return kExitOk;
}

void Host::drain(int signal_number) {
  draining_ = true;
  log_.write(Level::kInfo, "draining",
             {{"signal", signal_name(signal_number)},
              {"connections", std::to_string(server_->connections())},
              {"invocations", std::to_string(gate_.in_use() + gate_.waiting())}});
  if (local_sidecar_) local_sidecar_->stop_delivering();
  if (sidecar_check_) sidecar_check_->stop();
  service_.drain();
  async_.drain();
  // Calls whose callers have gone hold no connection, and still have outputs to deliver.
  server_->drain([this] { gate_.when_empty(*loops_.front(), [this] { finish(); }); });
}

// The last answers may still be on their way to the local sidecar, which has them to acknowledge.
void Host::finish() {
  const auto stop = [this] { loops_.front()->stop(); };
  if (!local_sidecar_) return stop();
  local_sidecar_->when_delivered(stop);
}

void Host::abandon(std::string_view why) {
  abandoned_ = true;
  log_.write(Level::kError, "abandoned what was in flight",
             {{"reason", why},
              {"connections", std::to_string(server_->connections())},
              {"invocations", std::to_string(gate_.in_use() + gate_.waiting())}});
  loops_.front()->stop();
}

}  // namespace ofn::cli
