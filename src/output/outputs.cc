#include "output/outputs.h"

#include <algorithm>
#include <array>
#include <list>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/random.h"
#include "output/bulk.h"
#include "output/calls.h"

namespace ofn {

namespace {

constexpr std::string_view kEventIdKey = "cloudevent.id";
constexpr std::string_view kEventType = "application/cloudevents+json";

Header* find_key(std::vector<Header>& metadata, std::string_view key) {
  const auto it = std::ranges::find(metadata, key, &Header::name);
  return it == metadata.end() ? nullptr : &*it;
}

// `more`: the number of entries that the caller will add.
std::vector<Header> metadata_of(const Output& output, std::span<const Header> own,
                                std::size_t more) {
  std::vector<Header> metadata;
  metadata.reserve(output.metadata.size() + own.size() + more);
  for (const auto& [name, value] : output.metadata) metadata.push_back({name, value});
  for (const Header& entry : own) {
    if (Header* same = find_key(metadata, entry.name)) {
      same->value = entry.value;
    } else {
      metadata.push_back(entry);
    }
  }
  return metadata;
}

DeliveryOptions in_force(DeliveryOptions options, const Loop& loop) {
  options.deadline = loop.in_force(options.deadline);
  return options;
}

}  // namespace

BindingCall binding_call(const Output& output, const Payload& payload,
                         const DeliveryOptions& options) {
  std::string_view operation = options.operation;
  if (operation.empty()) operation = output.operation;
  if (operation.empty()) operation = "create";
  return {.component = output.component,
          .operation = operation,
          .data = payload.data,
          .metadata = metadata_of(output, options.metadata, 0)};
}

PublishCall publish_call(const Output& output, const Payload& payload,
                         const DeliveryOptions& options, Random& random) {
  PublishCall call{.component = output.component,
                   .topic = output.topic,
                   .data = payload.data,
                   .content_type = payload.publication.content_type,
                   .metadata = metadata_of(output, options.metadata, 2)};
  if (!payload.event_json.empty()) {
    call.data = payload.event_json;
    call.content_type = kEventType;
  }
  if (const std::string_view type = payload.publication.kept_type; !type.empty()) {
    if (Header* same = find_key(call.metadata, kContentTypeKey)) {
      same->value = type;
    } else {
      call.metadata.push_back({std::string(kContentTypeKey), std::string(type)});
    }
  }
  // An id that the user has declared for the output has precedence.
  if (find_key(call.metadata, kEventIdKey) == nullptr) {
    call.metadata.push_back({std::string(kEventIdKey), payload.event_id.empty()
                                                           ? uuid4(random)
                                                           : std::string(payload.event_id)});
  }
  return call;
}

Delivered classify(const SidecarError& failure) {
  switch (failure.error.code()) {
    case Code::kDeadlineExceeded:
      return Delivered::kTimedOut;
    case Code::kUnavailable:  // also if the connection was lost within the call
      return Delivered::kUnreachable;
    default:
      return Delivered::kRefused;
  }
}

// The delivery to all outputs of one invocation, until the last one has ended.
class Outputs::Delivery final {
 public:
  Delivery(Outputs& outputs, std::span<const Payload> payloads, const DeliveryOptions& options,
           DeliveryDone done);

  // Call it once, with this delivery's position in the outputs' list.
  void start(std::list<std::shared_ptr<Delivery>>::iterator self);

 private:
  // The delivery of one payload to one output.
  struct Attempt {
    Attempt(Delivery& delivery, const Output& declared, const Payload& payload)
        : output(declared),
          retry(delivery.outputs_.loop_, [this, &delivery] { delivery.send(*this); }) {
      if (output.kind == ComponentKind::kBinding) {
        call = binding_call(output, payload, delivery.options_);
      } else {
        call = publish_call(output, payload, delivery.options_, delivery.outputs_.loop_.random());
      }
    }

    const Output& output;
    // Made once, because each retry must send the same.
    std::variant<BindingCall, PublishCall> call;
    Timer retry;
    unsigned tries = 0;
    bool decided = false;
    std::size_t place = 0;  // in the report
  };

  void send(Attempt& attempt);
  void answered(Attempt& attempt, SidecarResult result);
  // Tries again later if that is allowed and there is time. Returns true if so.
  bool retries(Attempt& attempt, const SidecarError& failure);
  void decide(Attempt& attempt, Delivered outcome, std::expected<SidecarReply, Error> reply);
  void give_up();
  void log(const OutputResult& result) const;

  Outputs& outputs_;
  const DeliveryOptions options_;
  DeliveryDone done_;
  SteadyTime started_;
  TimeLimit deadline_;
  std::list<Attempt> attempts_;
  std::size_t undecided_ = 0;
  DeliveryReport report_;
  std::list<std::shared_ptr<Delivery>>::iterator self_;
};

Outputs::Delivery::Delivery(Outputs& outputs, std::span<const Payload> payloads,
                            const DeliveryOptions& options, DeliveryDone done)
    : outputs_(outputs),
      options_(in_force(options, outputs.loop_)),
      done_(std::move(done)),
      started_(outputs.loop_.now()),
      deadline_(outputs.loop_, [this] { give_up(); }) {
  const std::span<const Output> to = options.only == nullptr
                                         ? std::span<const Output>(outputs.context_.outputs)
                                         : std::span<const Output>(options.only, 1);
  report_.results.reserve(payloads.size() * to.size());
  for (const Payload& payload : payloads) {
    for (const Output& output : to) {
      Attempt& attempt = attempts_.emplace_back(*this, output, payload);
      attempt.place = report_.results.size();
      report_.results.push_back({.output = &output});
    }
  }
  undecided_ = attempts_.size();
}

void Outputs::Delivery::start(std::list<std::shared_ptr<Delivery>>::iterator self) {
  self_ = self;
  if (!options_.deadline.is_never()) deadline_.arm(options_.deadline.at());
  for (Attempt& attempt : attempts_) send(attempt);
}

void Outputs::Delivery::send(Attempt& attempt) {
  ++attempt.tries;
  const SidecarOptions options{.deadline = options_.deadline,
                               .traceparent = options_.traceparent,
                               .tracestate = options_.tracestate,
                               .baggage = options_.baggage,
                               .output = attempt.output.name,
                               .call_id = options_.request_id};
  // The sidecar may answer long after the delivery was given up.
  auto done = [delivery = std::weak_ptr<Delivery>(*self_), &attempt](SidecarResult result) {
    if (const auto alive = delivery.lock()) alive->answered(attempt, std::move(result));
  };
  if (const auto* binding = std::get_if<BindingCall>(&attempt.call)) {
    outputs_.sidecar_.invoke_binding(*binding, options, std::move(done));
  } else {
    outputs_.sidecar_.publish(std::get<PublishCall>(attempt.call), options, std::move(done));
  }
}

void Outputs::Delivery::answered(Attempt& attempt, SidecarResult result) {
  if (attempt.decided) return;
  if (result) return decide(attempt, Delivered::kConfirmed, *std::move(result));
  if (retries(attempt, result.error())) return;
  decide(attempt, classify(result.error()), std::unexpected(std::move(result.error().error)));
}

bool Outputs::Delivery::retries(Attempt& attempt, const SidecarError& failure) {
  const auto again = outputs_.next_try(failure, attempt.tries, started_, options_.deadline);
  if (!again) return false;
  attempt.retry.arm(*again);

  Log& log = outputs_.log_;
  if (log.enabled(Level::kDebug)) {
    const std::string text = failure.error.text();
    log.write(Level::kDebug, "output is retried",
              CallFields(options_.ids())
                  .add("output", attempt.output.name)
                  .add("component", attempt.output.component)
                  .add("code", code_name(failure.error.code()))
                  .add("error", text)
                  .span());
  }
  return true;
}

void Outputs::Delivery::decide(Attempt& attempt, Delivered outcome,
                               std::expected<SidecarReply, Error> reply) {
  attempt.decided = true;
  attempt.retry.disarm();
  OutputResult& result = report_.results[attempt.place];
  result.outcome = outcome;
  result.reply = std::move(reply);
  result.tries = attempt.tries;
  result.took = outputs_.loop_.now() - started_;
  log(result);
  if (outputs_.observer_ != nullptr) outputs_.observer_->output_ended(result);
  if (--undecided_ > 0) return;

  const std::shared_ptr<Delivery> keep = std::move(*self_);
  outputs_.under_way_.erase(self_);
  deadline_.disarm();
  std::exchange(done_, nullptr)(std::move(report_));
}

void Outputs::Delivery::give_up() {
  const std::shared_ptr<Delivery> keep = *self_;
  for (Attempt& attempt : attempts_) {
    if (attempt.decided) continue;
    decide(attempt, Delivered::kTimedOut,
           fail(Code::kDeadlineExceeded, "the sidecar has not confirmed by the deadline"));
  }
}

void Outputs::Delivery::log(const OutputResult& result) const {
  const bool confirmed = result.outcome == Delivered::kConfirmed;
  const Level level = confirmed ? Level::kDebug : Level::kWarning;
  if (!outputs_.log_.enabled(level)) return;
  CallFields fields(options_.ids());
  fields.add("output", result.output->name)
      .add("component", result.output->component)
      .add("tries", result.tries);
  std::string error;
  if (!confirmed) {
    error = result.reply.error().text();
    fields.add("code", code_name(result.reply.error().code())).add("error", error);
  }
  outputs_.log_.write(level, confirmed ? "output confirmed" : "output failed", fields.span());
}

Outputs::Outputs(const FunctionContext& context, Sidecar& sidecar, Loop& loop, Log& log,
                 OutputPolicy policy, OutputObserver* observer)
    : context_(context),
      sidecar_(sidecar),
      loop_(loop),
      log_(log),
      policy_(std::move(policy)),
      observer_(observer) {}

Outputs::~Outputs() = default;

std::optional<SteadyTime> Outputs::next_try(const SidecarError& failure, unsigned tries,
                                            SteadyTime started, Deadline deadline) {
  const Code code = failure.error.code();
  // A call that can never be sent is not retried: it is too large, or has text that Dapr's API
  // cannot carry.
  const bool unreached = failure.reach == Reach::kNever && code == Code::kUnavailable;
  if (!unreached && !policy_.retries(code)) return std::nullopt;

  const SteadyTime now = loop_.clock().now();
  const Deadline limit =
      unreached ? earlier(deadline, Deadline(started + policy_.unreachable)) : deadline;
  if (limit.passed(now)) return std::nullopt;
  // If the pause would end after the limit, the last try is at the limit itself.
  const Duration pause = policy_.pause(tries - 1, loop_.random());
  return budget_.reserve(std::min(now + pause, limit.at()), limit);
}

void Outputs::deliver(std::span<const Payload> payloads, const DeliveryOptions& options,
                      DeliveryDone done) {
  if (payloads.empty() || context_.outputs.empty()) {
    loop_.post([done = std::move(done)]() mutable { done({}); });
    return;
  }
  under_way_.push_front(std::make_shared<Delivery>(*this, payloads, options, std::move(done)));
  const std::shared_ptr<Delivery> delivery = under_way_.front();
  delivery->start(under_way_.begin());
}

}  // namespace ofn
