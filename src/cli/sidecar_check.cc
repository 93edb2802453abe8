#include "cli/sidecar_check.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <span>
#include <string_view>
#include <utility>

#include <ofn/field.h>

#include "wire/grpc/link.h"

namespace ofn::cli {
namespace {

namespace grpc = wire::grpc;

constexpr std::chrono::seconds kPatience(5);  // the deadline of each request to the sidecar
// daprd asks for the lists within 2.4 s after it has found the app, and then connects to brokers.
constexpr std::chrono::seconds kBetween(5);
constexpr int kQuestions =
    3;  // before the log reports missing parts: 0 s, 5 s and 10 s after the first answer

const dapr::SidecarInfo::Component* find_component(const dapr::SidecarInfo& info,
                                                   std::string_view name) {
  const auto found = std::ranges::find(info.components, name, &dapr::SidecarInfo::Component::name);
  return found == info.components.end() ? nullptr : &*found;
}

bool has_capability(const dapr::SidecarInfo::Component& component, std::string_view capability) {
  return std::ranges::find(component.capabilities, capability) != component.capabilities.end();
}

// Returns true if daprd may start this input binding only after the app has listed it. If a
// component of a two-way binding type has only the input capability, it sets `direction: "input"`,
// and needs no list. The types below have only the input direction, so their capabilities do not
// show whether the component sets it.
bool may_need_the_list(const dapr::SidecarInfo::Component& component) {
  constexpr std::array<std::string_view, 3> kOnlyInputs = {"bindings.cron", "bindings.kubernetes",
                                                           "bindings.rethinkdb.statechange"};
  return has_capability(component, "OUTPUT_BINDING") ||
         std::ranges::find(kOnlyInputs, component.type) != kOnlyInputs.end();
}

class Comparison {
 public:
  Comparison(const dapr::SidecarInfo& info, const WantedOfSidecar& wanted, StartOrder order)
      : info_(info), wanted_(wanted), order_(order) {}

  std::vector<SidecarFinding> run() {
    if (wanted_.checks_inputs && !wanted_.context.triggers.empty() && calls_this_app()) {
      for (const Trigger& trigger : wanted_.context.triggers) check(trigger);
    }
    for (const Output& output : wanted_.context.outputs) check(output);
    return std::move(findings_);
  }

 private:
  void add(Level level, std::string message, std::string component, std::string what) {
    findings_.push_back({level, std::move(message), std::move(component), std::move(what)});
  }

  // Returns true if the inputs should be checked. If the sidecar does not call this app, adds one finding for all inputs.
  bool calls_this_app() {
    // An older daprd reports neither the app nor the subscriptions, and neither does a local
    // sidecar in a separate process.
    if (!info_.app) return false;
    if (info_.app->port == 0) {
      add(Level::kError,
          "the sidecar calls no app, so no event will come: start it with --app-port and the port "
          "of this program, and "
          "--app-protocol",
          {}, "inputs");
      return false;
    }
    const bool is_http = info_.app->protocol.starts_with("http");
    if (info_.app->protocol.empty() || is_http == (wanted_.protocol == AppProtocol::kHttp)) {
      return true;
    }
    add(Level::kError,
        "the sidecar calls the app over " + info_.app->protocol + ", but this program expects " +
            (is_http
                 ? "gRPC: set APP_PROTOCOL=http, or start the sidecar with --app-protocol grpc"
                 : "HTTP: start the sidecar with --app-protocol http, or leave APP_PROTOCOL out"),
        {}, "inputs");
    return false;
  }

  void check(const Trigger& trigger) {
    const bool is_topic = trigger.kind == ComponentKind::kPubsub;
    const std::string what = "input " + trigger.name + (is_topic ? ", topic " + trigger.topic : "");
    const auto* component = find_component(info_, trigger.component);
    if (component == nullptr) {
      return add(
          Level::kError,
          "the sidecar has no such component, so no event of this input will come: add it to "
          "the sidecar's components (its scopes must name the app's id), and restart the sidecar",
          trigger.component, what);
    }
    if (is_topic) {
      const bool is_read = std::ranges::any_of(info_.subscriptions, [&](const auto& topic) {
        return topic.component == trigger.component && topic.topic == trigger.topic;
      });
      if (is_read) return;
      return add(Level::kError,
                 "the sidecar has not subscribed to this topic, so no event of it will come: "
                 "restart the sidecar while this program listens. If that does not help, its log "
                 "says why; if APP_API_TOKEN is set, use APP_PROTOCOL=http",
                 trigger.component, what);
    }
    if (!has_capability(*component, "INPUT_BINDING")) {
      return add(Level::kError,
                 "the sidecar has this component, but not as an input: see its type, and its "
                 "property direction",
                 trigger.component, what);
    }
    if (order_ != StartOrder::kSidecarFirst || wanted_.heard_of_bindings() ||
        !may_need_the_list(*component))
      return;
    add(Level::kWarning,
        "the sidecar started before this program and has not asked which input bindings to start: "
        "if the component's metadata does not say direction: \"input\", none of its events will "
        "come. Add "
        "that, or start daprd "
        "with --enable-app-health-check, and restart the sidecar",
        trigger.component, what);
  }

  void check(const Output& output) {
    const bool is_topic = output.kind == ComponentKind::kPubsub;
    const std::string what = "output " + output.name;
    const auto* component = find_component(info_, output.component);
    if (component == nullptr) {
      return add(
          Level::kError,
          "the sidecar has no such component, so every send to this output will fail: add it to "
          "the sidecar's components (its scopes must name the app's id), and restart the sidecar",
          output.component, what);
    }
    const bool fits = is_topic ? same_field_name(component->type.substr(0, 7), "pubsub.")
                               : has_capability(*component, "OUTPUT_BINDING");
    if (fits) return;
    add(Level::kError,
        is_topic ? "the sidecar has this component, but not as a topic component, so every send to "
                   "this output will fail"
                 : "the sidecar has this component, but not as an output, so every send to this "
                   "output will fail: see "
                   "its type, and its property direction",
        output.component, what);
  }

  const dapr::SidecarInfo& info_;
  const WantedOfSidecar& wanted_;
  const StartOrder order_;
  std::vector<SidecarFinding> findings_;
};

}  // namespace

std::vector<SidecarFinding> compare_with_sidecar(const dapr::SidecarInfo& info,
                                                 const WantedOfSidecar& wanted, StartOrder order) {
  return Comparison(info, wanted, order).run();
}

SidecarCheck::SidecarCheck(Loop& loop, const wire::Endpoint& sidecar, std::string api_token,
                           WantedOfSidecar wanted, Log& log)
    : loop_(loop),
      api_token_(std::move(api_token)),
      channel_(loop, grpc::connector_to(loop, sidecar, limits_),
               {.authority = sidecar.text(),
                .max_backoff = std::chrono::seconds(1),
                .connection_lost = [this] { connection_lost(); }}),
      wanted_(std::move(wanted)),
      log_(log),
      timer_(loop, [this] { ask(); }) {}

// Asks at once only if the context has input bindings, because only for them it matters whether the
// sidecar started first. Otherwise the first request waits, to keep the start fast.
void SidecarCheck::start() {
  const bool wants_bindings =
      wanted_.checks_inputs &&
      std::ranges::any_of(wanted_.context.triggers, [](const Trigger& trigger) {
        return trigger.kind == ComponentKind::kBinding;
      });
  const Duration wait = wants_bindings ? Duration::zero() : Duration(kBetween);
  timer_.arm(loop_.clock().now() + wait);
}

// A new connection may lead to a new sidecar.
void SidecarCheck::connection_lost() {
  asked_ = 0;
  is_told_ = false;
  if (!stopped_ && !timer_.armed()) timer_.arm(loop_.clock().now() + kBetween);
}

void SidecarCheck::ask() {
  const Field token{"dapr-api-token", api_token_};
  channel_.call(dapr::kGetMetadata, dapr::encode_empty(),
                {.deadline = Deadline::in(kPatience, loop_.clock()),
                 .metadata = std::span(&token, api_token_.empty() ? 0 : 1)},
                [this](const grpc::CallResult& result) { answered(result); });
}

void SidecarCheck::answered(const grpc::CallResult& result) {
  if (stopped_) return;
  const bool is_first = std::exchange(first_, false);
  // On a connection that stays, no more requests follow after the report: a program without work sleeps.
  judge(result, is_first);
  if (!is_told_ || !channel_.connected()) timer_.arm(loop_.clock().now() + kBetween);
}

void SidecarCheck::judge(const grpc::CallResult& result, bool is_first) {
  const bool is_away =
      result.status.code == Code::kUnavailable || result.status.code == Code::kDeadlineExceeded;
  if (is_away) {
    // A sidecar that starts from now on finds this program listening.
    order_ = StartOrder::kProgramFirst;
    return;
  }
  auto info = result.status.ok()
                  ? dapr::decode_sidecar_info(result.message)
                  : Result<dapr::SidecarInfo>(fail(result.status.code, result.status.message));
  if (!info) {
    is_told_ = true;
    log_.write(Level::kDebug, "the sidecar does not report its subscriptions",
               {{"reason", info.error().message()}});
    return;
  }
  if (is_first) order_ = StartOrder::kSidecarFirst;
  const std::vector<SidecarFinding> findings = compare_with_sidecar(*info, wanted_, order_);
  if (++asked_ < kQuestions && !findings.empty()) return;
  is_told_ = findings.empty() ? asked_ >= kQuestions : true;
  for (const SidecarFinding& finding : findings) {
    log_.write(finding.level, finding.message,
               {{"component", finding.component}, {"wanted", finding.what}, {"app_id", info->id}});
  }
}

}  // namespace ofn::cli
