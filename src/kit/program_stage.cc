#include "kit/program_stage.h"

#include <algorithm>
#include <stdexcept>
#include <stop_token>
#include <sys/timerfd.h>
#include <unistd.h>
#include <utility>

#include "kit/messages.h"
#include "kit/process.h"
#include "typed/openapi.h"

namespace ofn::kit {

namespace {

using testing::Acknowledgement;
using testing::Result;

constexpr std::size_t kCalls = 100'000;
constexpr Duration kTick = std::chrono::milliseconds(1);
// A call that takes longer by its own clock does not end.
constexpr Duration kLongest = std::chrono::hours(100);

std::unique_ptr<ServedProgram> served_or_throw(const abi::Program& program,
                                               const testing::Options& options, Log& log,
                                               std::optional<FunctionContext> context) {
  auto served = ServedProgram::of(program, options, log, std::move(context));
  if (!served) throw std::runtime_error(served.error());
  return *std::move(served);
}

Acknowledgement acknowledgement_of(dapr::TopicStatus status) {
  switch (status) {
    case dapr::TopicStatus::kSuccess:
      return Acknowledgement::kAcknowledged;
    case dapr::TopicStatus::kRetry:
      return Acknowledgement::kRetry;
    case dapr::TopicStatus::kDrop:
      break;
  }
  return Acknowledgement::kDropped;
}

testing::Verdict verdict_of(Verdict verdict) {
  if (verdict == Verdict::kSuccess) return testing::Verdict::kSuccess;
  return verdict == Verdict::kError ? testing::Verdict::kError : testing::Verdict::kCrash;
}

testing::Thrown thrown_of(const Crash& crash) {
  testing::Thrown thrown{.type = crash.exception, .what = crash.what};
  if (!crash.frames.empty()) {
    thrown.file = crash.frames.front().file;
    thrown.line = crash.frames.front().line;
    thrown.function = crash.frames.front().function;
  }
  return thrown;
}

}  // namespace

// What answers a delivery.
class ProgramStage::Answerer final : public dapr::AppCall {
 public:
  explicit Answerer(CallStatePtr state) : state_(std::move(state)) {}

  Deadline deadline() const override { return {}; }
  std::string traceparent() const override { return {}; }
  std::string tracestate() const override { return {}; }
  std::string baggage() const override { return {}; }
  void on_cancelled(std::function<void()> /*callback*/) override {}
  void acknowledge(dapr::TopicStatus status) override {
    state_->result.acknowledgement = acknowledgement_of(status);
  }
  void acknowledge(const std::vector<dapr::BulkStatus>& statuses) override {
    state_->result.acknowledgement = Acknowledgement::kAcknowledged;
    for (const dapr::BulkStatus& each : statuses)
      state_->messages.push_back(acknowledgement_of(each.status));
  }
  void fail(const Error& error) override {
    state_->result.acknowledgement = Acknowledgement::kRetry;
    state_->result.refusal = Failure{error.code(), error.message()};
  }

 private:
  CallStatePtr state_;
};

// The test's end of a call.
class ProgramStage::TestFlight final : public testing::internal::Flight {
 public:
  TestFlight(ProgramStage& stage, CallStatePtr state) : stage_(stage), state_(std::move(state)) {}

  Result result() const override { return stage_.result_of(*state_); }
  void finish() override {
    if (Client* const client = this->client()) client->end_by_itself();
    stage_.finish(*state_);
  }
  void bring(std::string_view piece) override {
    act([piece](Client& client) { client.bring(piece); });
  }
  void end_body() override {
    act([](Client& client) { client.end_body(); });
  }
  void read(std::size_t bytes) override {
    act([bytes](Client& client) { client.read(bytes); });
  }
  void leave() override {
    act([](Client& client) { client.leave(); });
  }

 private:
  Client* client() const { return state_->received->is_released ? nullptr : state_->client; }
  void act(const std::function<void(Client&)>& action) {
    if (Client* const client = this->client()) action(*client);
    stage_.settle();
    stage_.check_web();
  }

  ProgramStage& stage_;
  CallStatePtr state_;
};

ProgramStage::ProgramStage(const abi::Program& program, const testing::Options& options,
                           std::optional<FunctionContext> context)
    : served_(served_or_throw(program, options, log_, std::move(context))),
      sidecar_(loop_, clock_, served_->context),
      outputs_(served_->context, sidecar_, loop_, log_, {}, &sidecar_),
      environment_{.loop = loop_,
                   .context = served_->context,
                   .outputs = &outputs_,
                   .log = log_,
                   .detail = options.shows_details ? Detail::kShown : Detail::kHidden,
                   .stores = &sidecar_,
                   .hooks = served_->used_hooks(),
                   .calls = &Process::of().calls(),
                   .awaits = {.descriptors = &descriptors_,
                              .workers = &workers_,
                              .http = &web_,
                              .outside = &outside_},
                   .observer = this,
                   .errors = served_->used_errors(),
                   .middleware = served_->around_calls(),
                   .nested = this},
      gate_(kCalls, kCalls),
      service_(served_->client_routes(), gate_, workers_, log_, options.timeout, kCalls,
               served_->before_calls()),
      async_(served_->subscriptions, served_->routes.functions().front(), gate_, workers_, log_,
             options.timeout, kCalls),
      readiness_(served_->steps, clock_, log_, Readiness::Thread::kAskers),
      runs_life_cycle_(options.runs_life_cycle) {
  service_.place(*this);
  async_.place(*this);
  service_.ask(readiness_);
  requests_ = std::make_unique<HttpService::OnLoop>(service_, environment_);
  deliveries_ = std::make_unique<AsyncService::OnLoop>(async_, environment_);
  program.host->store(&Process::of().host(), std::memory_order_release);
  Process::of().log_to(&log_);
  if (!runs_life_cycle_) return;
  if (const auto started = served_->life->start({}, log_); !started) {
    Process::of().log_to(nullptr);
    throw std::runtime_error(started.error().message());
  }
  has_started_ = true;
}

ProgramStage::~ProgramStage() {
  requests_->stop_calls();
  deliveries_->stop_calls();
  settle();
  for (const CallStatePtr& call : calls_) {
    if (!call->received->is_released && call->client != nullptr) call->client->leave();
  }
  try {
    for (const CallStatePtr& call : std::vector<CallStatePtr>(calls_)) run_to_end(*call);
  } catch (const std::exception&) {
    // The call does not end, and still uses what would be destroyed.
    (void)requests_.release();
    (void)deliveries_.release();
    (void)threads_.release();
  }
  stop();
  Process::of().log_to(nullptr);
  tick_watch_.reset();
  if (tick_ >= 0) close(tick_);
}

void ProgramStage::stop() {
  if (!std::exchange(has_started_, false)) return;
  served_->life->stop({}, log_);
}

// --- Time ----------------------------------------------------------------------------------------

bool ProgramStage::act() {
  for (const CallStatePtr& call : calls_) {
    if (call->client != nullptr && !call->received->is_released && call->client->act()) return true;
  }
  return false;
}

void ProgramStage::settle() {
  do {
    while (loop_.poll()) {
    }
  } while (loop_.poll() || threads_->go_on() || act());
}

// Placing

bool ProgramStage::stays_on_loop() {
  return std::ranges::none_of(calls_, [](const CallStatePtr& call) { return call->is_by_hand; });
}

bool ProgramStage::post(Task&& task) { return threads_->post(std::move(task)); }

// A wait that something outside the loop ends gets a millisecond of real time for each millisecond of the clock.
void ProgramStage::wait_outside() {
  if (tick_ < 0) {
    tick_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    tick_watch_ = std::make_unique<Watch>(loop_, tick_, [](Watch::Seen) {});
  }
  const itimerspec once{
      .it_interval = {},
      .it_value = {.tv_sec = 0, .tv_nsec = std::chrono::nanoseconds(kTick).count()}};
  timerfd_settime(tick_, 0, &once, nullptr);
  bool has_handled = false;
  loop_.run_until([&has_handled] { return std::exchange(has_handled, true); });
}

void ProgramStage::serve_until(const std::function<bool()>& done) {
  if (threads_->is_here()) return threads_->wait(done);
  Duration waited{};
  while (true) {
    settle();
    if (done()) return;
    if (outside_ > 0) {
      wait_outside();
      settle();
      if (done()) return;
    }
    if (waited > kLongest)
      throw std::runtime_error("the call does not end, although its clock has moved by 100 hours");
    // Long waits go by in larger steps, each a hundredth of what has passed.
    const Duration step = std::max<Duration>(kTick, waited / 100);
    waited += step;
    clock_.advance(step);
  }
}

void ProgramStage::run_to_end(const CallState& state) {
  serve_until([&state] { return state.result.has_ended; });
}

void ProgramStage::finish(const CallState& state) {
  run_to_end(state);
  check_web();
}

void ProgramStage::check_web() {
  if (const std::string problem = web_.take_problem(); !problem.empty())
    throw std::runtime_error(problem);
}

void ProgramStage::advance(std::chrono::nanoseconds time) {
  settle();
  // In steps, so that what a timer begins, such as the next sleep, begins when the timer is due and not at the end.
  const Duration whole = std::chrono::duration_cast<Duration>(time);
  const Duration most = std::max<Duration>(kTick, whole / 10'000);
  for (Duration left = whole; left > Duration::zero();) {
    const Duration step = std::min(left, most);
    clock_.advance(step);
    left -= step;
    settle();
  }
  check_web();
}

// --- Calls ---------------------------------------------------------------------------------------

CallStatePtr ProgramStage::begin_call() {
  Process::of().log_to(&log_);
  auto state = std::make_shared<CallState>();
  state->result.state_before = sidecar_.states();
  state->sent_before = sidecar_.sent().size();
  state->log_before = log_.size();
  calls_.push_back(state);
  starting_ = state;
  return state;
}

std::unique_ptr<testing::internal::Flight> ProgramStage::start(const testing::Call& call,
                                                               bool by_hand) {
  CallStatePtr state = begin_call();
  state->is_by_hand = by_hand;
  auto client = std::make_unique<Client>(loop_, call, state->received);
  state->client = client.get();
  if (by_hand) client->read_by_hand();
  if (requests_->takes_pieces(client->request())) {
    client->send_in_pieces();
    if (!by_hand) client->end_body();
  } else if (call.breaks_off) {
    // The server waits for the rest, and the function never hears of the request.
    state->client = nullptr;
    end_one(*state);
    starting_ = nullptr;
    return std::make_unique<TestFlight>(*this, std::move(state));
  }
  requests_->handle(wire::ExchangePtr(client.release()));
  starting_ = nullptr;
  settle();
  check_web();
  return std::make_unique<TestFlight>(*this, std::move(state));
}

void ProgramStage::began(const CallStart& start, TraceContext& /*trace*/) {
  if (starting_ != nullptr) by_id_.insert_or_assign(std::string(start.id), starting_);
}

void ProgramStage::ended(const CallRecord& record) {
  const auto found = by_id_.find(record.start.id);
  const CallStatePtr state = found == by_id_.end() ? starting_ : found->second;
  if (state == nullptr) return;
  if (found != by_id_.end()) by_id_.erase(found);
  state->result.verdict = verdict_of(record.outcome.verdict);
  if (state->is_delivery) state->result.status = record.outcome.status;
  if (record.crash != nullptr && !state->result.thrown)
    state->result.thrown = thrown_of(*record.crash);
  end_one(*state);
}

void ProgramStage::end_one(CallState& state) {
  if (--state.left > 0) return;
  state.result.has_ended = true;
  const auto& sent = sidecar_.sent();
  state.result.sent.assign(sent.begin() + static_cast<std::ptrdiff_t>(state.sent_before),
                           sent.end());
  state.result.log = log_.lines(state.log_before);
  state.result.state_after = sidecar_.states();
  std::erase_if(calls_, [&state](const CallStatePtr& each) { return each.get() == &state; });
}

Result ProgramStage::result_of(const CallState& state) const {
  Result result = state.result;
  if (!state.is_delivery) {
    const Received& received = *state.received;
    result.status = received.status;
    result.fields = received.fields;
    result.body = received.body;
    result.pieces = received.pieces;
    result.trailers = received.trailers;
    result.is_broken_off = received.is_broken_off;
  }
  if (result.has_ended) return result;
  const auto& sent = sidecar_.sent();
  result.sent.assign(sent.begin() + static_cast<std::ptrdiff_t>(state.sent_before), sent.end());
  result.log = log_.lines(state.log_before);
  return result;
}

// --- Deliveries ----------------------------------------------------------------------------------

std::unique_ptr<testing::internal::Flight> ProgramStage::start_delivery(
    std::string_view input, const testing::Message& message, bool by_hand) {
  const Trigger& trigger = find_trigger(served_->context, input);
  CallStatePtr state = begin_call();
  state->is_delivery = true;
  state->is_by_hand = by_hand;
  auto answerer = std::make_unique<Answerer>(state);
  if (trigger.kind == ComponentKind::kBinding) {
    dapr::BindingEvent event{.component = trigger.component, .data = message.data};
    for (const auto& [name, value] : message.metadata) event.metadata.push_back({name, value});
    deliveries_->on_binding_event(std::move(event), std::move(answerer));
  } else {
    deliveries_->on_topic_event(topic_event_of(trigger, message, ++events_), std::move(answerer));
  }
  starting_ = nullptr;
  settle();
  return std::make_unique<TestFlight>(*this, std::move(state));
}

testing::BulkResult ProgramStage::deliver_all(std::string_view input,
                                              const std::vector<testing::Message>& messages) {
  const Trigger& trigger = find_trigger(served_->context, input);
  if (trigger.kind != ComponentKind::kPubsub)
    throw std::runtime_error("only topics deliver several messages together");
  if (messages.empty()) return {.acknowledgement = Acknowledgement::kAcknowledged};
  CallStatePtr state = begin_call();
  state->is_delivery = true;
  state->left = messages.size();
  dapr::BulkEvent bulk{.id = "bulk", .topic = trigger.topic, .component = trigger.component};
  for (const testing::Message& message : messages) {
    bulk.path = message.path;
    bulk.entries.push_back({.entry_id = std::to_string(bulk.entries.size()),
                            .content_type = "application/cloudevents+json",
                            .event = topic_event_of(trigger, message, ++events_)});
  }
  deliveries_->on_bulk_event(std::move(bulk), std::make_unique<Answerer>(state));
  starting_ = nullptr;
  finish(*state);
  const Result result = result_of(*state);
  std::vector<Acknowledgement> each = state->messages;
  if (each.empty()) each.assign(messages.size(), result.acknowledgement);
  return {.acknowledgement = result.acknowledgement,
          .refusal = result.refusal,
          .messages = std::move(each),
          .sent = result.sent,
          .log = result.log};
}

testing::Call ProgramStage::job_call(const std::string& name, std::optional<std::string> data) {
  return kit::job_call(name, data ? *std::move(data) : sidecar_.take_job(name).data);
}

std::string ProgramStage::openapi() const {
  return openapi_of(served_->routes,
                    {.title = served_->routes.functions().front().name, .version = "1"});
}

}  // namespace ofn::kit
