#include "simulation/instance.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/check.h"
#include "invocation/observer.h"
#include "simulation/functions.h"
#include "simulation/starving.h"
#include "wire/grpc/link.h"

namespace ofn::simulation {

namespace {

constexpr std::chrono::seconds kDrainTimeout(30);

bool lacks_memory() { return false; }

}  // namespace

FunctionContext context_of(const Setting& setting) {
  FunctionContext context;
  context.runtime = setting.is_async ? Runtime::kAsync : Runtime::kKnative;
  if (setting.outputs > 0)
    context.outputs.push_back(
        {.name = "o0", .component = "files", .kind = ComponentKind::kBinding});
  if (setting.outputs > 1)
    context.outputs.push_back(
        {.name = "o1", .component = "bus", .kind = ComponentKind::kPubsub, .topic = "out"});
  if (!setting.is_async) return context;
  const auto topic = [&context](std::string name, Metadata metadata) {
    context.triggers.push_back({.name = name,
                                .component = "bus",
                                .kind = ComponentKind::kPubsub,
                                .topic = name,
                                .metadata = std::move(metadata)});
  };
  context.triggers.push_back(
      {.name = "tick", .component = "tick", .kind = ComponentKind::kBinding});
  topic("topic", {});
  topic("ordered", {{"inOrder", "true"}});
  topic("limited", {{"maxFailures", "2"}});
  topic("bulk", {{"bulkSubscribe", "true"}});
  return context;
}

void Instance::ShedLog::write(Level /*level*/, std::string_view message,
                              std::span<const LogField> /*fields*/) noexcept {
  if (!message.starts_with("connection ended: memory is short")) return;
  ledger_.sheds();
  ledger_.reached("connection shed");
}

// Tells the ledger of the starts and the ends of the calls.
class Instance::Watcher final : public Observer {
 public:
  explicit Watcher(Ledger& ledger) : ledger_(ledger) {}
  void began(const CallStart& start, TraceContext& /*trace*/) override {
    if (const unsigned key = key_of_call(start); key != kNoKey) ledger_.began(key);
  }
  void ended(const CallRecord& record) override {
    ledger_.ended(key_of_call(record.start), record);
  }

 private:
  static unsigned key_of_call(const CallStart& start) {
    return key_in(start.delivery != nullptr ? start.delivery->data : start.target);
  }
  Ledger& ledger_;
};

struct Instance::OnLoop {
  OnLoop(Instance& instance, Loop& on)
      : client(on, wire::grpc::connector_to(on, {"127.0.0.1", kSidecarPort, {}}, limits),
               {.api_token = {},
                .channel = {.authority = "127.0.0.1:3500",
                            .max_backoff = std::chrono::seconds(1),
                            .account = &instance.memory_}}),
        outputs(instance.context_, client, on, instance.log_),
        watcher(instance.ledger_),
        environment{.loop = on,
                    .context = instance.context_,
                    .outputs = &outputs,
                    .log = instance.log_,
                    .stores = &client,
                    .awaits = {.workers = &instance.workers_},
                    .observer = &watcher,
                    .nested = &instance.fibers_},
        requests(instance.service_, environment),
        deliveries(instance.async_, environment),
        callbacks(deliveries, {}),
        http_callbacks(deliveries, {}),
        front(doors(instance.delivers_by_http_)),
        sessions(front, instance.limits_, instance.log_, &instance.memory_) {}

  std::vector<Door> doors(bool by_http) {
    std::vector<Door> doors = {
        {.wants = dapr::AppServer::is_always_answered, .handler = callbacks}};
    if (by_http) {
      doors.push_back({.wants = dapr::AppServer::is_grpc, .handler = requests});
      doors.push_back(
          {.wants = [this](const wire::Message& message) { return http_callbacks.wants(message); },
           .handler = http_callbacks});
    } else {
      doors.push_back({.wants = dapr::AppServer::is_grpc, .handler = callbacks});
    }
    doors.push_back({.wants = {}, .handler = requests});
    return doors;
  }

  wire::Limits limits;
  dapr::DaprClient client;
  Outputs outputs;
  Watcher watcher;
  CallEnvironment environment;
  HttpService::OnLoop requests;
  AsyncService::OnLoop deliveries;
  dapr::AppServer callbacks;
  dapr::AppHttp http_callbacks;
  Front front;
  wire::HttpSessions sessions;
};

Instance::Instance(const Script& script, Kernel& kernel, Fibers& fibers, Ledger& ledger)
    : kernel_(kernel),
      ledger_(ledger),
      context_(context_of(script.setting)),
      delivers_by_http_(script.setting.by_http),
      starves_(script.setting.starves),
      log_(ledger),
      memory_(script.setting.memory),
      gate_(script.setting.concurrency, script.setting.queue, &memory_, lacks_memory),
      routes_(Routes::of(functions_of(script, fibers, ledger)).value()),
      workers_(script.setting.concurrency),
      fibers_(fibers),
      service_(routes_, gate_, workers_, log_, script.setting.timeout, script.setting.queue),
      async_(*Subscriptions::of(context_), routes_.functions().front(), gate_, workers_, log_,
             script.setting.timeout, script.setting.queue) {
  if (script.setting.stays_on_loops) {
    service_.stay_on_loops();
    async_.stay_on_loops();
  }
  std::vector<Loop*> loops;
  for (unsigned i = 0; i < script.setting.loops; ++i) {
    loops_.push_back(std::make_unique<Loop>(kernel));
    loops.push_back(loops_.back().get());
    parts_.push_back(std::make_unique<OnLoop>(*this, *loops_.back()));
  }
  const auto make_session = [this](Loop& loop) {
    const auto part =
        std::ranges::find(parts_, &loop, [](const auto& each) { return &each->environment.loop; });
    auto session = (*part)->sessions.make();
    if (!starves_) return session;
    return starved(std::move(session), kernel_.random(), [this] { ledger_.starves(); });
  };
  server_ = std::make_unique<wire::Server>(loops, make_session, limits_, log_, 100, &memory_);
  const auto bound = server_->listen({"127.0.0.1", kPort, {}});
  OFN_CHECK(bound.has_value());
}

Instance::~Instance() = default;

void Instance::retire() {
  service_.retire();
  async_.retire();
  server_->retire();
}

void Instance::end_calls_later() {
  stop_calls_.emplace(*loops_.front(), [this] {
    for (const auto& part : parts_) {
      part->environment.loop.post([&stopped = *part] {
        stopped.requests.stop_calls();
        stopped.deliveries.stop_calls();
      });
    }
  });
  stop_calls_->arm(kernel_.now() + kDrainTimeout);
}

void Instance::end_when_empty() {
  service_.when_empty(*loops_.front(), [this] {
    stopped_ = true;
    stop_calls_->disarm();
  });
}

void Instance::drain() {
  end_calls_later();
  async_.drain();
  server_->drain([this] { end_when_empty(); });
}

void Instance::pass_on(Instance& successor) {
  end_calls_later();
  const auto take = [&successor, this](int fd, std::string_view unread) {
    ledger_.reached(unread.empty() ? "connection passed on" : "connection passed on with bytes");
    successor.loops_.front()->post([&successor, fd, received = std::string(unread)]() mutable {
      successor.server_->adopt(fd, std::move(received));
    });
  };
  server_->pass_on({.take = take, .left = [] {}}, [this] { end_when_empty(); });
}

void Instance::check() const {
  if (gate_.in_use() > gate_.limit())
    ledger_.break_rule("budgets hold", "more calls run than --concurrency allows");
  // A call for which there is no memory goes back into the queue, whatever its limit.
  if (gate_.waiting() > gate_.queue_limit() + gate_.limit())
    ledger_.break_rule("budgets hold", "more calls wait than --queue allows");
  if (memory_.exhausted()) ledger_.reached("memory exhausted");
}

void Instance::check_at_rest() const {
  if (gate_.in_use() != 0)
    ledger_.break_rule("nothing is left", std::to_string(gate_.in_use()) + " slots are taken");
  if (gate_.waiting() != 0)
    ledger_.break_rule("nothing is left", std::to_string(gate_.waiting()) + " calls wait");
  if (server_->connections() != 0) ledger_.break_rule("nothing is left", "connections are open");
  if (!stopped_) ledger_.break_rule("a stop ends", "the instance has not stopped");
  if (memory_.used() != 0)
    ledger_.break_rule("nothing is left",
                       std::to_string(memory_.used()) + " bytes of memory are counted");
}

}  // namespace ofn::simulation
