#include "localdapr/local_sidecar.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "localdapr/app/grpc_app_channel.h"
#include "localdapr/app/http_app_channel.h"
#include "localdapr/component_loader.h"
#include "localdapr/missing_components.h"
#include "wire/blocking/curl_client.h"

namespace ofn::localdapr {

namespace {

// Larger than gRPC's own limit of 4 MiB, so that gRPC answers a message that is too large.
constexpr std::size_t kWireBody = std::size_t{64} << 20;

// The local sidecar has its own workers, because all function workers may be blocked waiting for
// it. Files may be slow, and more threads than this gain nothing.
constexpr std::size_t kWorkers = 64;
// The maximum number of deliveries to an app over HTTP at once; further ones wait.
constexpr std::size_t kCallers = 64;

// How long the sidecar's end waits for the app's answers, as in daprd.
constexpr std::chrono::seconds kGrace(5);

// Passes on the lines that have not been written when the files were read before, because the files are read often.
class NewLines final : public Log {
 public:
  NewLines(Log& to, const std::set<std::string>& before) : to_(to), before_(before) {}

  using Log::write;
  bool enabled(Level level) const noexcept override { return to_.enabled(level); }
  void write(Level level, std::string_view message,
             std::span<const LogField> fields) noexcept override {
    std::string line(message);
    LogRoom room;
    for (const LogField& field : fields) line.append("\n").append(written(field.value, room));
    if (!before_.contains(line)) to_.write(level, message, fields);
    all_.insert(std::move(line));
  }
  const std::set<std::string>& all() const { return all_; }

 private:
  Log& to_;
  const std::set<std::string>& before_;
  std::set<std::string> all_;
};

wire::Limits sidecar_limits(std::size_t max_message) {
  wire::Limits limits;
  limits.body_bytes = std::max(kWireBody, 2 * max_message);
  return limits;
}

}  // namespace

LocalSidecar::LocalSidecar(std::unique_ptr<SidecarApi> api, std::unique_ptr<Workers> workers,
                           std::size_t max_message, Loop& loop, Log& log)
    : loop_(loop),
      log_(log),
      limits_(sidecar_limits(max_message)),
      api_(std::move(api)),
      calls_(*api_, max_message),
      sessions_(calls_, limits_, log),
      grace_(loop, [this] { server_.drain(std::move(drained_)); }),
      server_(
          std::vector<Loop*>{&loop}, [this](Loop&) { return sessions_.make(); }, limits_, log),
      workers_(std::move(workers)) {}

namespace {

// If there is no free thread and none can be made, runs the task at once: running late is better
// than not running.
std::function<void(Task)> run_on(Workers& workers) {
  return [&workers](Task task) {
    if (!workers.post(std::move(task))) task();  // NOLINT(bugprone-use-after-move): not taken
  };
}

}  // namespace

std::expected<std::unique_ptr<LocalSidecar>, std::vector<Error>> LocalSidecar::start(
    const LocalSidecarOptions& options, Loop& loop, const Environment& env, Log& log) {
  Told told;
  const auto components = read(options, env, told, log);
  if (!components) return std::unexpected(components.error());
  auto workers = std::make_unique<Workers>(kWorkers, std::chrono::seconds(10), "ofn-sidecar");
  auto api = SidecarApi::create(
      *components, {.app_id = options.app_id, .version = OFN_VERSION, .run = run_on(*workers)},
      loop, log);
  if (!api) return std::unexpected(api.error());

  std::unique_ptr<LocalSidecar> sidecar(
      new LocalSidecar(*std::move(api), std::move(workers), options.max_message, loop, log));
  sidecar->told_ = std::move(told);
  auto bound = sidecar->server_.listen(options.listen);
  if (!bound) return std::unexpected(std::vector<Error>{std::move(bound).error()});
  sidecar->endpoint_ = *std::move(bound);
  log.write(Level::kInfo, "local sidecar listening",
            {{"grpc", sidecar->endpoint_.text()},
             {"components", options.components},
             {"count", components->size()},
             {"note",
              "for functions of this framework on a developer's machine; for anything else run "
              "Dapr and set DAPR_GRPC_PORT"}});
  return sidecar;
}

std::expected<std::vector<Component>, std::vector<Error>> LocalSidecar::read(
    const LocalSidecarOptions& options, const Environment& env, Told& told, Log& log) {
  NewLines news(log, told);
  Components loaded =
      load_components(options.components, {.app_id = options.app_id, .environment = env}, news);
  if (!loaded.problems.empty()) return std::unexpected(std::move(loaded.problems));
  if (options.context != nullptr) {
    auto missing = missing_components(*options.context, loaded.components, options.components);
    if (!missing.empty()) {
      missing.emplace_back(Code::kNotFound,
                           "the local sidecar has these components only; with Dapr, run it and set "
                           "DAPR_GRPC_PORT; to start without them, say --local-sidecar off");
      return std::unexpected(std::move(missing));
    }
  }
  told = news.all();
  return std::move(loaded.components);
}

std::expected<std::vector<ComponentChange>, std::vector<Error>> LocalSidecar::reload(
    const LocalSidecarOptions& options, const Environment& env) {
  const auto components = read(options, env, told_, log_);
  if (!components) return std::unexpected(components.error());
  auto changes = api_->replace(*components, options.app_id, [this](const std::string& name) {
    if (delivery_) delivery_->forget(name);
  });
  if (changes && !changes->empty() && delivery_) delivery_->components_changed();
  return changes;
}

Result<void> LocalSidecar::deliver_to(const AppAddress& app) {
  if (app.protocol == AppProtocol::kHttp) {
    auto client =
        wire::blocking::make_curl_client({.needed_by = "app-protocol http"}, loop_.clock());
    if (!client) return std::unexpected(client.error());
    callers_ = std::make_unique<Workers>(kCallers, std::chrono::seconds(10), "ofn-app-calls");
    app_ = std::make_unique<HttpAppChannel>(loop_, *std::move(client), app.endpoint, app.api_token,
                                            run_on(*callers_), api_->routes());
  } else {
    app_ = std::make_unique<GrpcAppChannel>(loop_, app.endpoint, limits_, app.api_token);
  }
  delivery_ = std::make_unique<AppDelivery>(
      api_->inputs(), api_->pubsubs(), *app_,
      [this](const std::string& component, std::string data) {
        invoke_output(component, std::move(data));
      },
      loop_, log_, api_->rules());
  if (app.serves)
    delivery_->start();
  else
    delivery_->hold();
  return {};
}

// Sends the output that an app's reply requests. As in daprd, the app does not get the result.
void LocalSidecar::invoke_output(const std::string& component, std::string data) {
  api_->invoke_binding(
      {.component = component, .operation = "create", .data = std::move(data), .metadata = {}}, {},
      [this, component](const Result<SidecarReply>& reply) {
        if (reply) return;
        log_.write(Level::kError, "an output that the app's answer names has failed",
                   {{"component", component}, {"problem", reply.error().message()}});
      });
}

void LocalSidecar::app_has_changed() {
  if (delivery_) delivery_->start();
}

void LocalSidecar::app_has_gone() {
  if (delivery_) delivery_->hold();
}

void LocalSidecar::stop_delivering() {
  if (delivery_) delivery_->stop();
}

void LocalSidecar::when_delivered(std::function<void()> done) {
  if (!delivery_) return done();
  delivery_->when_idle(std::move(done));
}

void LocalSidecar::drain(std::function<void()> done) {
  stop_delivering();
  drained_ = std::move(done);
  grace_.arm(loop_.clock().now() + kGrace);
  when_delivered([this] { grace_.arm(loop_.clock().now()); });
}

}  // namespace ofn::localdapr
