#include "invocation/invocation.h"

#include <array>
#include <utility>

#include "base/check.h"
#include "event/json_text.h"
#include "event/receive.h"

namespace ofn {

namespace {

constexpr std::string_view kStatusField = "X-OpenFunction-Status";
constexpr std::string_view kCrashField = "X-Google-Status";
constexpr std::string_view kIdField = "X-Request-Id";

std::string_view value_or_empty(std::span<const Field> fields, std::string_view name) {
  const Field* field = find_field(fields, name);
  return field == nullptr ? std::string_view() : field->value;
}

// What a binding delivered, for a function of CloudEvents. The type is the family's for it.
CloudEvent event_of(const Inbound& inbound, std::string_view id) {
  CloudEvent event(std::string(id), inbound.input.component, "dapr.invoke");
  if (inbound.data.empty()) return event;
  event.data(std::string(inbound.data));
  if (!inbound.content_type.empty())
    return event.datacontenttype(std::string(inbound.content_type));
  return event.datacontenttype(event::is_json(inbound.data) ? "application/json"
                                                            : "application/octet-stream");
}

}  // namespace

Invocation::Invocation(const Invoker& invoker, Caller& caller)
    : invoker_(invoker),
      caller_(caller),
      deadline_(invoker.loop, [this] { expire(); }),
      host_(invoker.loop, invoker.context, invoker.outputs, invoker.stores) {}

Invocation::~Invocation() { OFN_CHECK(state_ == State::kIdle); }

void Invocation::take_up(const Function& function, std::string_view id,
                         std::span<const Field> fields, SteadyTime deadline) {
  OFN_CHECK(state_ == State::kIdle);
  state_ = State::kRunning;
  answered_ = false;
  function_ = &function;
  id_ = id;
  if (id.empty()) {
    made_id_ = RequestId::of(fields, invoker_.loop.random());
    id_ = made_id_.view();
  }
  if (stop_.stop_requested()) stop_ = std::stop_source();
  deadline_at_ = deadline;
  if (deadline != SteadyTime::max()) deadline_.arm(deadline);
  delivery_ = {.deadline = Deadline(deadline),
               .request_id = id_,
               .traceparent = value_or_empty(fields, "traceparent"),
               .tracestate = value_or_empty(fields, "tracestate")};
  host_.begin(delivery_);
}

void Invocation::begin(const Function& function, Request::Parts parts) {
  take_up(function, parts.id, parts.headers, parts.deadline);
  parts.id = id_;
  parts.stop = stop_.get_token();
  request_.emplace(parts);
  invoker_.observer.began(function, id_);
}

void Invocation::begin(const Function& function, const Inbound& inbound) {
  OFN_CHECK(!delivery_problem(function));
  take_up(function, inbound.id, inbound.metadata, inbound.deadline);
  inbound_.emplace(inbound);
  if (function.signature == Signature::kHttp || function.signature == Signature::kTyped) {
    input_target_ = "/" + inbound.input.name;
    input_fields_.clear();
    if (!inbound.content_type.empty()) {
      input_fields_.push_back({"content-type", inbound.content_type});
    }
    input_fields_.insert(input_fields_.end(), inbound.metadata.begin(), inbound.metadata.end());
    Request::Parts parts;
    parts.method = "POST";
    parts.target = input_target_;
    parts.headers = input_fields_;
    parts.body = inbound.data;
    parts.id = id_;
    parts.deadline = inbound.deadline;
    parts.stop = stop_.get_token();
    request_.emplace(std::move(parts));
  }
  invoker_.observer.began(function, id_);
}

void Invocation::run() {
  verdict_ = Verdict::kSuccess;
  drop_ = false;
  switch (function_->signature) {
    case Signature::kCloudEvent:
      return run_events();
    case Signature::kEvent:
      return run_background_events();
    default:
      return run_data();
  }
}

Ran Invocation::call(abi::Call call) {
  if (!invoker_.may_block(*function_)) return run_function(*function_, call);
  const FunctionContext& context = invoker_.context;
  abi::ContextFacts facts{.function = function_->name,
                          .name = context.name,
                          .version = context.version,
                          .runtime = runtime_name(context.runtime),
                          .inputs = invoker_.declared.inputs(),
                          .outputs = invoker_.declared.outputs(),
                          .states = invoker_.declared.states(),
                          .id = id_,
                          .deadline = deadline_at_,
                          .stop = stop_.get_token()};
  if (inbound_) {
    facts.input = invoker_.declared.input_of(inbound_->input);
    facts.data = inbound_->data;
    facts.content_type = inbound_->content_type;
    facts.metadata = inbound_->metadata;
    facts.event = inbound_->event;
  } else {
    facts.request = &*request_;
    facts.data = request_->body();
    facts.content_type = value_or_empty(request_->headers(), "content-type");
    facts.metadata = request_->headers();
  }
  if (call.event != nullptr) {
    facts.event = call.event;
    facts.data = call.event->data() ? Bytes(*call.event->data()) : Bytes();
    facts.content_type =
        call.event->datacontenttype() ? *call.event->datacontenttype() : std::string_view();
  }
  if (call.background != nullptr) {
    facts.data = call.background->data.json();
    facts.content_type = "application/json";
  }
  Context context_of_call(ContextHost::kTable, &host_, facts);
  call.context = &context_of_call;
  call.data = facts.data;
  if (invoker_.hooks == nullptr) return run_function(*function_, call);
  return call_with_hooks(call, facts, context_of_call);
}

Ran Invocation::call_with_hooks(abi::Call call, abi::ContextFacts& facts, Context& context) {
  HookRun hooks(*invoker_.hooks, invoker_.log, id_);
  facts.plugins = hooks.plugins();
  CallData data(facts.data);
  hooks.pre(context, data);

  std::optional<Request> request;
  std::optional<CloudEvent> event;
  std::optional<BackgroundEvent> background;
  if (data.replaced()) {
    call.data = facts.data = data.bytes();
    if (call.request != nullptr) {
      Request::Parts parts = call.request->parts();
      parts.body = data.bytes();
      call.request = &request.emplace(std::move(parts));
      if (facts.request != nullptr) facts.request = call.request;
    }
    if (call.event != nullptr) {
      event.emplace(*call.event).data(std::string(data.bytes()));
      call.event = facts.event = &*event;
    }
    if (call.background != nullptr) {
      background.emplace(*call.background).data = EventData(std::string(data.bytes()));
      call.background = &*background;
    }
  }

  const auto fail = [&](Ran& ran) {
    ran = Ran();
    ran.verdict = Verdict::kError;
    ran.hook_failed = true;
    ran.outcome.response = hook_failed(hooks.failed(), id_);
  };
  Ran ran;
  if (hooks.failed().empty()) {
    ran = run_function(*function_, call);
  } else {
    fail(ran);
  }
  const bool failed_before = ran.hook_failed;
  const std::string error = ran.crash ? ran.crash->text() : std::string();
  const bool has_response = !ran.crash && answers_with_response(function_->signature);
  CallResult result(verdict_name(ran.verdict), error,
                    has_response ? &ran.outcome.response : nullptr,
                    ran.outcome.event ? &*ran.outcome.event : nullptr);
  hooks.post(context, result);
  if (!failed_before && !ran.crash && !hooks.failed().empty()) {
    fail(ran);
  } else {
    judge(ran, *function_);
  }
  return ran;
}

void Invocation::run_data() {
  Ran ran = call({.request = request_ ? &*request_ : nullptr});
  if (ran.crash) return crashed(*ran.crash);
  verdict_ = ran.verdict;
  drop_ = ran.drop;
  response_ = std::move(ran.outcome.response);
  // A response is something even when it is empty; an Out without data is nothing to send.
  const bool nothing = function_->signature == Signature::kOpenFunction && response_.body().empty();
  if (verdict_ == Verdict::kSuccess && ran.forwards && !nothing && invoker_.sends()) {
    payloads_.push_back(payload_of(response_, invoker_.context));
  }
}

void Invocation::run_events() {
  if (inbound_) {
    run_event(inbound_->event != nullptr ? *inbound_->event : event_of(*inbound_, id_));
    if (verdict_ == Verdict::kSuccess) reply_in(event::Mode::kBatch);  // to outputs only
    return;
  }
  if (request_->method() != "POST") return fail_with(only_post(), Verdict::kError);
  const Result<event::Received> received =
      event::receive_cloud_events(*request_, invoker_.loop.clock().system_now());
  if (!received) return fail_with(not_an_event(received.error()), Verdict::kError);
  if (run_each(received->events)) reply_in(received->mode);
}

void Invocation::run_background_events() {
  // The platform looks there whether the function is up.
  if (request_->path() == "/" && (request_->method() == "GET" || request_->method() == "HEAD")) {
    return;
  }
  if (request_->method() != "POST") return fail_with(only_post(), Verdict::kError);
  const Result<std::vector<BackgroundEvent>> received =
      event::receive_background_events(*request_, invoker_.loop.clock().system_now());
  if (!received) return fail_with(not_an_event(received.error()), Verdict::kError);
  if (run_each(*received)) response_ = Response("OK");
}

// Each event of a batch has its run, also after one has failed: the whole batch comes again then, and
// one bad event must not keep the others from ever being seen. Nothing of it is sent.
template <class Event>
bool Invocation::run_each(const std::vector<Event>& events) {
  for (const Event& event : events) {
    if (stop_.stop_requested()) {
      fail_with(stopped(), Verdict::kError);
      return false;
    }
    run_event(event);
  }
  return verdict_ == Verdict::kSuccess;
}

void Invocation::run_event(const CloudEvent& event) { take_event_run(call({.event = &event})); }

void Invocation::run_event(const BackgroundEvent& event) {
  take_event_run(call({.background = &event}));
}

void Invocation::take_event_run(Ran ran) {
  if (ran.crash) return crashed(*ran.crash);
  if (ran.hook_failed) return fail_with(std::move(ran.outcome.response), ran.verdict);
  if (ran.outcome.event) replies_.push_back(*std::move(ran.outcome.event));
}

void Invocation::reply_in(event::Mode mode) {
  const auto invalid = [this](const Error& error) {
    crashed({.exception = {}, .what = "invalid CloudEvent returned: " + error.text()});
  };
  // A batch must not be sent to who did not ask for one (HTTP binding §3.3): its replies go to the
  // outputs only.
  response_ = Response("OK");
  if (mode != event::Mode::kBatch && !replies_.empty()) {
    Result<Response> reply = event::to_http(replies_.front(), mode);
    if (!reply) return invalid(reply.error());
    response_ = *std::move(reply);
  }
  if (!invoker_.sends()) return;
  for (const CloudEvent& reply : replies_) {
    Result<Payload> payload = payload_of(reply, invoker_.context);
    if (!payload) return invalid(payload.error());
    payloads_.push_back(*std::move(payload));
  }
}

void Invocation::fail_with(Response answer, Verdict verdict) {
  response_ = std::move(answer);
  verdict_ = verdict;
  payloads_.clear();
}

void Invocation::crashed(const Crash& crash) {
  invoker_.log.write(Level::kError, "function crashed",
                     {{"request_id", id_},
                      {"function", function_->name},
                      {"exception", crash.exception},
                      {"error", crash.what}});
  fail_with(crash_answer(crash, id_, invoker_.detail), Verdict::kCrash);
}

void Invocation::finish() {
  OFN_CHECK(state_ == State::kRunning);
  // The timer cannot fire while the function runs on the loop's own thread.
  if (!answered_ && Deadline(deadline_at_).passed(invoker_.loop.now())) expire();
  if (answered_) {
    invoker_.log.write(Level::kWarning, "function returned after its deadline; result dropped",
                       {{"request_id", id_}, {"function", function_->name}});
    return end();
  }
  if (!payloads_.empty()) return deliver();
  answer(std::move(response_), verdict_, drop_);
  end();
}

void Invocation::refuse(Response response) {
  OFN_CHECK(state_ == State::kRunning);
  if (!answered_) answer(std::move(response), Verdict::kError);
  end();
}

void Invocation::deliver() {
  state_ = State::kDelivering;
  deadline_.disarm();  // the outputs keep it from here on
  invoker_.outputs->deliver(payloads_, delivery_,
                            [this](const DeliveryReport& report) { delivered(report); });
}

void Invocation::delivered(const DeliveryReport& report) {
  invoker_.observer.delivered(*function_, id_, report);
  if (report.outcome() == Delivered::kConfirmed) {
    answer(std::move(response_), verdict_);
  } else {
    answer(not_delivered(report, id_, invoker_.detail), Verdict::kError);
  }
  end();
}

void Invocation::expire() {
  // Touches nothing that run() may be writing.
  answer(too_late(id_), Verdict::kError);
  stop_.request_stop();
}

void Invocation::request_stop() {
  if (state_ != State::kIdle) stop_.request_stop();
}

void Invocation::answer(Response response, Verdict verdict, bool drop) {
  answered_ = true;
  deadline_.disarm();
  const int status = response.status();
  std::array<Field, 3> extra;
  std::size_t count = 0;
  extra[count++] = {kStatusField, verdict_name(verdict)};
  if (verdict == Verdict::kCrash) extra[count++] = {kCrashField, "crash"};
  // An author who sets the id has a reason, and one field is enough.
  if (response.find_header(kIdField) == nullptr) extra[count++] = {kIdField, id_};
  caller_.answer({.response = std::move(response),
                  .extra = std::span(extra).first(count),
                  .verdict = verdict,
                  .drop = drop});
  invoker_.observer.answered(*function_, id_, verdict, status);
}

void Invocation::end() {
  invoker_.observer.ended(*function_, id_);
  payloads_.clear();
  replies_.clear();
  response_ = Response();
  request_.reset();
  inbound_.reset();
  state_ = State::kIdle;
  caller_.ended();  // may destroy this
}

}  // namespace ofn
