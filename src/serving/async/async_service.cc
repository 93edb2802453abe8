#include "serving/async/async_service.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/request_id.h"
#include "document/problem.h"
#include "serving/async/message.h"

namespace ofn {

namespace {

using dapr::TopicStatus;

CallTrace trace_of(const dapr::AppCall& call) {
  return {.traceparent = call.traceparent(),
          .tracestate = call.tracestate(),
          .baggage = call.baggage()};
}

// Where it comes from, for people.
std::string origin(const dapr::BindingEvent& event) {
  return "the input binding " + quoted(event.component);
}
std::string origin(const auto& event) {  // one, or a bulk
  return "the topic " + quoted(event.topic) + " of the component " + quoted(event.component);
}

// The gRPC status of a failure, from the answer that an HTTP caller would have got.
Code code_of(int status) {
  switch (status) {
    case 429:
      return Code::kResourceExhausted;
    case 503:
      return Code::kUnavailable;
    case 504:
      return Code::kDeadlineExceeded;
    default:
      return status >= 400 && status < 500 ? Code::kFailedPrecondition : Code::kInternal;
  }
}

// An answer's text as a status message: its first line.
std::string message_of(std::string_view body) {
  constexpr std::size_t kLongest = 1000;
  return std::string(body.substr(0, std::min(body.find('\n'), kLongest)));
}

}  // namespace

AsyncService::AsyncService(Subscriptions subscriptions, const Function& function, Gate& gate,
                           Workers& workers, Log& log, Duration timeout, std::size_t queue)
    : subscriptions_(std::move(subscriptions)),
      function_(function),
      gate_(gate),
      runners_{.workers = workers, .log = log},
      timeout_(timeout) {
  for (const InputRules& rules : subscriptions_.inputs()) {
    inputs_.push_back({.rules = rules,
                       .order = rules.in_order ? std::make_unique<Gate>(1, queue) : nullptr,
                       .failures = rules.max_failures == 0
                                       ? nullptr
                                       : std::make_unique<Failures>(rules.max_failures)});
  }
}

AsyncService::Input* AsyncService::input_of(const InputRules* rules) {
  return rules == nullptr ? nullptr : &inputs_[rules - subscriptions_.inputs().data()];
}

// One message on its way: waits for its order and at the gate, runs, says how it ended.
class AsyncService::OnLoop::Delivery final : public Caller, private Gate::Waiter {
 public:
  using Done = std::move_only_function<void(Result<TopicStatus>)>;

  explicit Delivery(OnLoop& owner)
      : owner_(owner),
        invocation_(owner.environment_, *this),
        admission_(owner.on_loop_, invocation_) {}

  // To be filled before start().
  Message& message() { return message_; }

  void start(Input& input, Deadline deadline, Done done) {
    input_ = &input;
    abandoned_ = false;
    done_ = std::move(done);
    const SteadyTime timeout = owner_.environment_.loop.now() + owner_.service_.timeout_;
    invocation_.begin(
        owner_.service_.function_,
        message_.inbound(*input.rules.trigger,
                         deadline.is_never() ? timeout : std::min(timeout, deadline.at())));
    if (input.order == nullptr) return take_turn();
    switch (input.order->enter(*this)) {
      case Gate::Entry::kIn:
        return admitted();
      case Gate::Entry::kWaiting:
        return;
      case Gate::Entry::kFull:
        return refuse_full();
    }
  }

  // Nobody waits for the answer any more.
  void abandon() {
    if (!is_under_way()) return;
    abandoned_ = true;
    invocation_.request_stop();
    const bool waits_for_order = input_->order != nullptr && !in_order_;
    if (waits_for_order ? input_->order->forget(*this) : admission_.give_up())
      invocation_.refuse(Response().status(503), Refusal::kCallerLeft);
  }
  void stop() {
    if (is_under_way()) invocation_.request_stop();
  }

 private:
  bool is_under_way() const { return input_ != nullptr; }

  // Gate::Waiter, of the input's order
  Loop& loop() override { return owner_.environment_.loop; }
  void admitted() override {
    in_order_ = true;
    if (abandoned_ || invocation_.answered())
      return invocation_.refuse(Response().status(503), Refusal::kCallerLeft);
    take_turn();
  }

  void take_turn() {
    if (admission_.enter(owner_.service_.function_, owner_.policy_) == Gate::Entry::kFull)
      refuse_full();
  }
  void refuse_full() {
    invocation_.refuse(Response("too many concurrent deliveries").status(429), Refusal::kTooMany);
  }

  // Caller
  void answer(Answer answer) override {
    admission_.answered(0);
    if (answer.verdict == Verdict::kSuccess && answer.response.status() < 400) {
      if (input_->failures) input_->failures->succeeded(message_.id());
      return done_(TopicStatus::kSuccess);
    }
    const bool is_topic = input_->rules.trigger->kind == ComponentKind::kPubsub;
    if (is_topic && answer.drop) return drop("the function said so");
    // What was refused before its turn says nothing of the event.
    if (is_topic && input_->failures && admission_.has_run() &&
        input_->failures->failed(message_.id()))
      return drop("it failed as often as maxFailures allows");
    done_(fail(code_of(answer.response.status()), message_of(answer.response.body())));
  }
  void drop(std::string_view why) {
    invocation_.note_dropped();
    owner_.environment_.log.write(
        Level::kWarning, "event dropped",
        {{"input", input_->rules.trigger->label()}, {"id", message_.id()}, {"reason", why}});
    done_(TopicStatus::kDrop);
  }
  void go_on() override { admission_.go_on(); }
  void run_aside(Task task) override { admission_.run_aside(std::move(task)); }
  void ended() override {
    admission_.end();
    if (std::exchange(in_order_, false)) input_->order->leave();
    input_ = nullptr;
    done_ = nullptr;
    owner_.free_.push_back(this);
  }

  OnLoop& owner_;
  Invocation invocation_;
  Admission admission_;
  Message message_;
  Input* input_ = nullptr;  // while under way
  Done done_;
  bool in_order_ = false;
  bool abandoned_ = false;
};

// Several messages in one delivery. Lifetime: its own: until the last has ended.
class AsyncService::OnLoop::Bulk {
 public:
  Bulk(dapr::AppCallPtr call, const std::vector<dapr::BulkEvent::Entry>& entries)
      : call_(std::move(call)), under_way_(entries.size()), left_(entries.size()) {
    statuses_.reserve(entries.size());
    for (const dapr::BulkEvent::Entry& entry : entries) statuses_.push_back({entry.entry_id, {}});
    call_->on_cancelled([this] { abandon(); });
  }

  void began(std::size_t entry, Delivery& delivery) { under_way_[entry] = &delivery; }
  void ended(std::size_t entry, Result<TopicStatus> result) {
    under_way_[entry] = nullptr;  // it is another's soon
    if (result) {
      statuses_[entry].status = *result;
    } else {
      statuses_[entry].status = TopicStatus::kRetry;
      ++failed_;
      error_ = std::move(result).error();
    }
    finish_one();
  }

 private:
  // Nobody waits for the answer any more.
  void abandon() {
    ++left_;  // this call: all others may end inside it
    for (Delivery* delivery : under_way_) {
      if (delivery != nullptr) delivery->abandon();
    }
    finish_one();
  }
  void finish_one() {
    if (--left_ != 0) return;
    if (failed_ == statuses_.size() && error_) {
      call_->fail(*error_);
    } else {
      call_->acknowledge(statuses_);
    }
    delete this;
  }

  dapr::AppCallPtr call_;
  std::vector<dapr::BulkStatus> statuses_;
  std::vector<Delivery*> under_way_;  // of each entry; null before and after
  std::size_t left_;
  std::size_t failed_ = 0;
  std::optional<Error> error_;  // of the last that failed
};

// Health checks are answered at once, so the checks run for the next one.
bool AsyncService::OnLoop::ready() const {
  if (service_.retired_) return false;
  if (service_.checks_ == nullptr) return true;
  if (const auto known = service_.checks_->ask(environment_.loop, {})) return known->is_ready;
  return service_.checks_->latest().is_ready;
}

AsyncService::OnLoop::OnLoop(AsyncService& service, const CallEnvironment& environment)
    : service_(service),
      environment_(environment),
      on_loop_{.loop = environment.loop,
               .gate = service.gate_,
               .runner = {service.runners_, environment.loop}} {}

AsyncService::OnLoop::~OnLoop() = default;

AsyncService::OnLoop::Delivery& AsyncService::OnLoop::acquire() {
  if (free_.empty()) {
    deliveries_.push_back(std::make_unique<Delivery>(*this));
    free_.push_back(deliveries_.back().get());
    free_.reserve(deliveries_.size());
  }
  Delivery& delivery = *free_.back();
  free_.pop_back();
  return delivery;
}

template <class Event>
AsyncService::Input* AsyncService::OnLoop::admit(const InputRules* rules, const Event& event,
                                                 CallKind kind, dapr::AppCall& call) {
  if (service_.draining_) {
    observe_refusal(kind, 503);
    call.fail(Error(Code::kUnavailable, "the server is stopping"));
    return nullptr;
  }
  if (rules == nullptr) {
    Error error(Code::kNotFound, "no trigger wants " + origin(event) + "; the triggers are " +
                                     service_.subscriptions_.names());
    environment_.failure_log().write(Level::kWarning, "delivery refused",
                                     {{"error", error.message()}});
    observe_refusal(kind, 404);
    call.fail(error);
    return nullptr;
  }
  return service_.input_of(rules);
}

void AsyncService::OnLoop::observe_refusal(CallKind kind, int status) const {
  if (environment_.observer == nullptr) return;
  environment_.observer->ended(
      {.start = {.kind = kind, .arrived = environment_.loop.now()},
       .outcome = {.status = static_cast<std::uint16_t>(status),
                   .verdict = Verdict::kError,
                   .refusal = status == 404 ? Refusal::kNoRoute : Refusal::kStopping}});
}

void AsyncService::OnLoop::on_topic_event(dapr::TopicEvent event, dapr::AppCallPtr call) {
  Input* input = admit(service_.subscriptions_.topic(event.component, event.topic, event.path),
                       event, CallKind::kTopicEvent, *call);
  if (input == nullptr) return;
  Delivery& delivery = acquire();
  const RequestId made = RequestId::of({}, environment_.loop.random());
  delivery.message().take(std::move(event), trace_of(*call), made.view());
  call->on_cancelled([&delivery] { delivery.abandon(); });
  const Deadline deadline = call->deadline();
  delivery.start(*input, deadline, [call = std::move(call)](Result<TopicStatus> result) {
    if (result) {
      call->acknowledge(*result);
    } else {
      call->fail(result.error());
    }
  });
}

void AsyncService::OnLoop::on_bulk_event(dapr::BulkEvent event, dapr::AppCallPtr call) {
  Input* input = admit(service_.subscriptions_.topic(event.component, event.topic, event.path),
                       event, CallKind::kBulkedEvent, *call);
  if (input == nullptr) return;
  if (event.entries.empty()) return call->acknowledge(std::vector<dapr::BulkStatus>());
  const CallTrace trace = trace_of(*call);
  const Deadline deadline = call->deadline();
  auto* bulk = new Bulk(std::move(call), event.entries);  // deletes itself
  for (std::size_t i = 0; i < event.entries.size(); ++i) {
    dapr::BulkEvent::Entry& entry = event.entries[i];
    dapr::TopicEvent one = entry.event ? *std::move(entry.event) : dapr::TopicEvent();
    if (!entry.event) {
      one.data = std::move(entry.bytes);
      one.content_type = std::move(entry.content_type);
    }
    one.topic = event.topic;
    one.component = event.component;
    one.path = event.path;
    one.metadata = std::move(entry.metadata);
    Delivery& delivery = acquire();
    const RequestId made = RequestId::of({}, environment_.loop.random());
    delivery.message().take(std::move(one), trace, made.view(), CallKind::kBulkedEvent);
    bulk->began(i, delivery);
    delivery.start(*input, deadline,
                   [bulk, i](Result<TopicStatus> result) { bulk->ended(i, std::move(result)); });
  }
}

void AsyncService::OnLoop::on_binding_event(dapr::BindingEvent event, dapr::AppCallPtr call) {
  service_.heard_of_bindings_ = true;
  Input* input =
      admit(service_.subscriptions_.binding(event.component), event, CallKind::kBinding, *call);
  if (input == nullptr) return;
  Delivery& delivery = acquire();
  delivery.message().take(std::move(event), trace_of(*call));
  call->on_cancelled([&delivery] { delivery.abandon(); });
  const Deadline deadline = call->deadline();
  delivery.start(*input, deadline, [call = std::move(call)](Result<TopicStatus> result) {
    if (result) {
      call->acknowledge();
    } else {
      call->fail(result.error());
    }
  });
}

void AsyncService::OnLoop::on_unreadable(const Error& error) {
  environment_.failure_log().write(Level::kWarning, "delivery refused", {{"error", error.text()}});
}

void AsyncService::OnLoop::stop_calls() {
  for (const auto& delivery : deliveries_) delivery->stop();
}

}  // namespace ofn
