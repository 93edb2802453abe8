#include "invocation/invocation.h"

#include <algorithm>
#include <array>
#include <new>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/request_id.h"
#include "document/json.h"
#include "event/attributes.h"
#include "event/receive.h"

namespace ofn {

namespace {

constexpr std::string_view kStatusField = "X-OpenFunction-Status";
constexpr std::string_view kCrashField = "X-Google-Status";

std::string_view value_or_empty(std::span<const Field> fields, std::string_view name) {
  const Field* field = find_field(fields, name);
  return field == nullptr ? std::string_view() : field->value;
}

// How a call has ended is not for the author's fields to say.
void drop_status_field(Response& response) {
  if (response.find_header(kStatusField) == nullptr) return;
  Response kept;
  kept.status(response.status());
  for (const Header& header : response.headers())
    if (!same_field_name(header.name, kStatusField)) kept.header(header.name, header.value);
  kept.body(std::move(response).body());
  response = std::move(kept);
}

// What a binding delivered, for a function of CloudEvents. The type is the family's for it.
CloudEvent event_of(const Inbound& inbound, std::string_view id) {
  CloudEvent event(std::string(id), inbound.input.component, "dapr.invoke");
  if (inbound.data.empty()) return event;
  event.data(std::string(inbound.data));
  if (!inbound.content_type.empty())
    return event.datacontenttype(std::string(inbound.content_type));
  return event.datacontenttype(document::is_json(inbound.data) ? "application/json"
                                                               : "application/octet-stream");
}

// Does a delivery's content type decide whether a typed function may read the data? Publishers and sidecars
// label it as they like (a raw topic's is always octet-stream, what a publisher does not name is text/plain),
// so a function of JSON tries what came; one of another media type takes those two for no label.
bool label_counts(const Function& function, std::string_view content_type) {
  if (function.signature != Signature::kTyped) return true;
  if (function.typed != nullptr && function.typed->argument.type != nullptr) return false;
  const std::string_view type = event::essence(content_type);
  return !same_field_name(type, "application/octet-stream") && !same_field_name(type, "text/plain");
}

}  // namespace

Invocation::Invocation(const Invoker& invoker, Caller& caller)
    : invoker_(invoker),
      caller_(caller),
      mark_(invoker.calls),
      deadline_(invoker.loop, [this] { expire(); }),
      host_(invoker.loop, invoker.context, invoker.outputs, invoker.stores, invoker.failure_log()),
      stream_(invoker.loop, [this](Response head) { return begin_answer(std::move(head)); }),
      tasks_(invoker.loop, host_, stream_, [this] { caller_.go_on(); }) {}

Invocation::~Invocation() { OFN_CHECK(state_ == State::kIdle); }

void Invocation::take_up(const Function& function, std::string_view id,
                         std::span<const Field> fields, SteadyTime deadline, BodySink* sink) {
  OFN_CHECK(state_ == State::kIdle);
  state_ = State::kRunning;
  answered_ = false;
  function_ = &function;
  id_ = id;
  if (id.empty()) {
    made_id_ = RequestId::of(fields, invoker_.loop.random());
    id_ = made_id_.view();
  }
  // Also where the last one has yet to be told: it may not reach this call.
  if (stop_asked_) {
    stop_asked_ = false;
    stop_ = std::stop_source();
  }
  mark_.began(function.name, id_);
  deadline_at_ = deadline;
  if (deadline != SteadyTime::max()) deadline_.arm(deadline);
  delivery_ = {.deadline = Deadline(deadline),
               .request_id = id_,
               .traceparent = value_or_empty(fields, "traceparent"),
               .tracestate = value_or_empty(fields, "tracestate")};
  host_.begin(delivery_);
  tasks_.begin();
  stream_.begin({.sink = sink, .for_outputs = invoker_.sends(), .max_kept = invoker_.max_held});
  sink_ = sink;
}

void Invocation::begin(const Function& function, Request::Parts parts, std::string* body,
                       BodySink* sink) {
  take_up(function, parts.id, parts.headers, parts.deadline, sink);
  parts.id = id_;
  parts.stop = stop_.get_token();
  if (body != nullptr) {
    request_.emplace(std::move(parts), *body);
  } else {
    request_.emplace(std::move(parts));
  }
  invoker_.observer.began(function, id_);
}

void Invocation::begin(const Function& function, const Inbound& inbound) {
  OFN_CHECK(!delivery_problem(function));
  take_up(function, inbound.id, inbound.metadata, inbound.deadline, nullptr);
  inbound_.emplace(inbound);
  if (function.signature == Signature::kHttp || function.signature == Signature::kTyped) {
    input_target_ = "/" + inbound.input.name;
    input_fields_.clear();
    if (!inbound.content_type.empty()) {
      input_fields_.push_back({"content-type", inbound.content_type});
    }
    input_fields_.insert(input_fields_.end(), inbound.metadata.begin(), inbound.metadata.end());
    std::erase_if(input_fields_, [&function](const Field& field) {
      return same_field_name(field.name, "content-type") && !label_counts(function, field.value);
    });
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

// The function is called once for each event; a request for any other signature is one call.
void Invocation::run() {
  const os::CallMark::RunsHere here(mark_);
  try {
    run_calls();
  } catch (const std::bad_alloc&) {  // not the function's: that was caught where it was called
    call_.reset();
    fail_with(no_memory(id_), Verdict::kError);
  }
}

void Invocation::run_calls() {
  if (call_) {
    if (!call_->resume()) return;
    take_run();
  } else {
    verdict_ = Verdict::kSuccess;
    drop_ = false;
    next_ = 0;
    calls_ = 1;
    if (!receive()) return;
  }
  while (next_ < calls_) {
    if (next_ > 0 && stop_asked_) {           // between two events
      fail_with(stopped(), Verdict::kError);  // what is left of a batch comes again with all of it
      break;
    }
    if (!start_next()) return;
    take_run();
  }
  conclude();
}

// What arrived becomes calls. False: none, and what is to be answered is said.
bool Invocation::receive() {
  switch (function_->signature) {
    case Signature::kCloudEvent:
      return receive_events();
    case Signature::kEvent:
      return receive_background_events();
    default:
      return true;
  }
}

bool Invocation::receive_events() {
  if (inbound_) {
    mode_ = event::Mode::kBatch;  // its replies go to outputs only
    if (inbound_->event == nullptr) events_.push_back(event_of(*inbound_, id_));
    return true;
  }
  if (request_->method() != "POST") {
    log_failure(Level::kDebug, "event refused", 405, "events are received by POST");
    fail_with(only_post(), Verdict::kError);
    return false;
  }
  Result<event::Received> received =
      event::receive_cloud_events(*request_, invoker_.loop.clock().system_now());
  if (!received) {
    log_refused_event(received.error());
    fail_with(not_an_event(received.error()), Verdict::kError);
    return false;
  }
  mode_ = received->mode;
  events_ = std::move(received->events);
  calls_ = events_.size();
  return true;
}

bool Invocation::receive_background_events() {
  // The platform looks there whether the function is up.
  if (request_->path() == "/" && (request_->method() == "GET" || request_->method() == "HEAD")) {
    return false;
  }
  if (request_->method() != "POST") {
    log_failure(Level::kDebug, "event refused", 405, "events are received by POST");
    fail_with(only_post(), Verdict::kError);
    return false;
  }
  Result<std::vector<BackgroundEvent>> received =
      event::receive_background_events(*request_, invoker_.loop.clock().system_now());
  if (!received) {
    log_refused_event(received.error());
    fail_with(not_an_event(received.error()), Verdict::kError);
    return false;
  }
  background_events_ = *std::move(received);
  calls_ = background_events_.size();
  return true;
}

// Each event of a batch has its run, also after one has failed: the whole batch comes again then, and
// one bad event must not keep the others from ever being seen. Nothing of it is sent.
bool Invocation::start_next() {
  const std::size_t index = next_++;
  abi::Call call;
  switch (function_->signature) {
    case Signature::kCloudEvent:
      if (!events_.empty()) call.own_event = &events_[index];
      call.event = events_.empty() ? inbound_->event : call.own_event;
      break;
    case Signature::kEvent:
      call.background = &background_events_[index];
      break;
    default:
      call.request = call.own_request = request_ ? &*request_ : nullptr;
  }
  call_.emplace(invoker_, *function_, host_, CallHosts{.stream = stream_, .tasks = tasks_}, id_);
  return call_->start([this] { return facts(); }, call);
}

abi::ContextFacts Invocation::facts() const {
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
  return facts;
}

// A call has ended.
void Invocation::take_run() {
  take(call_->ran());
  call_.reset();
}

void Invocation::take(Ran& ran) {
  if (ran.crash) return crashed(*ran.crash);
  if (ran.bad_input) return refused_input(std::move(ran.outcome.response));
  if (!answers_with_response(function_->signature)) {
    if (ran.hook_failed) return fail_with(std::move(ran.outcome.response), ran.verdict);
    if (ran.outcome.event) replies_.push_back(*std::move(ran.outcome.event));
    return;
  }
  verdict_ = ran.verdict;
  drop_ = ran.drop;
  response_ = std::move(ran.outcome.response);
  if (verdict_ == Verdict::kError && !ran.hook_failed) log_failed_function();
  // A response is something even when it is empty; an Out without data is nothing to send.
  const bool nothing = function_->signature == Signature::kOpenFunction && response_.body().empty();
  if (verdict_ == Verdict::kSuccess && ran.forwards && !nothing && invoker_.sends()) {
    payloads_.push_back(payload_of(response_, invoker_.context));
  }
}

// All calls have ended.
void Invocation::conclude() {
  if (verdict_ != Verdict::kSuccess) return;
  if (function_->signature == Signature::kCloudEvent) reply_in(mode_);
  if (function_->signature == Signature::kEvent) response_ = Response();
}

void Invocation::reply_in(event::Mode mode) {
  const auto invalid = [this](const Error& error) {
    crashed({.exception = {}, .what = "invalid CloudEvent returned: " + error.text()});
  };
  // Without a reply the body is empty: an eventing broker takes a body that is no event for a failure, and
  // delivers the event again. A batch must not be sent to who did not ask for one (HTTP binding §3.3):
  // its replies go to the outputs only.
  response_ = Response();
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
  if (verdict_ == Verdict::kCrash) return;  // of a batch: what follows does not cover it
  response_ = std::move(answer);
  verdict_ = verdict;
  payloads_.clear();
}

// The function threw a BadInput. Of a batch an earlier failure counts: the sender may stop trying after a 400.
void Invocation::refused_input(Response answer) {
  std::string why(answer.body());
  why.erase(std::min(why.find_last_not_of('\n') + 1, why.size()));
  invoker_.failure_log().write(
      Level::kWarning, "function refused its input",
      {{"request_id", id_}, {"function", function_->name}, {"error", std::string_view(why)}});
  if (verdict_ != Verdict::kSuccess) return;
  if (calls_ > 1) answer.body("event " + std::to_string(next_ - 1) + ": " + why + "\n");
  fail_with(std::move(answer), Verdict::kError);
  drop_ = true;  // it would be no better the next time
}

void Invocation::crashed(const Crash& crash) {
  invoker_.log.write(Level::kError, "function crashed",
                     {{"request_id", id_},
                      {"function", function_->name},
                      {"exception", crash.exception},
                      {"error", crash.what}});
  if (crash.no_memory) return fail_with(no_memory(id_), Verdict::kError);
  fail_with(crash_answer(crash, id_, invoker_.detail), Verdict::kCrash);
}

void Invocation::finish() {
  OFN_CHECK(state_ == State::kRunning);
  // The timer cannot fire while the function runs on the loop's own thread.
  if (!answered_ && Deadline(deadline_at_).passed(invoker_.loop.now())) expire();
  if (call_) return tasks_.start_noted();
  if (stream_.live()) stream_.drain();
  if (answered_) {
    invoker_.log.write(Level::kWarning, "function returned after its deadline; result dropped",
                       {{"request_id", id_}, {"function", function_->name}});
    return end();
  }
  // What was written is not whole: the function threw, or nobody took it any more.
  if (stream_.live() && (verdict_ == Verdict::kCrash || stream_.closed())) {
    if (verdict_ != Verdict::kCrash) fail_with(stopped(), Verdict::kError);
    if (streaming_) {
      end_answer(verdict_, false);
      return end();
    }
  }
  if (!payloads_.empty()) return deliver();
  if (streaming_) {
    end_answer(verdict_, true);
  } else {
    answer(std::move(response_), verdict_, drop_);
  }
  end();
}

void Invocation::refuse(Response response) {
  OFN_CHECK(state_ == State::kRunning);
  if (!answered_) {
    // Without a text nobody is there to read it.
    if (!response.body().empty()) {
      const std::string_view text = response.body();
      log_failure(Level::kWarning, "call refused", response.status(),
                  text.substr(0, text.find('\n')));
    }
    answer(std::move(response), Verdict::kError);
  }
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
  const bool confirmed = report.outcome() == Delivered::kConfirmed;
  if (streaming_) {
    end_answer(confirmed ? verdict_ : Verdict::kError, confirmed);
  } else if (confirmed) {
    answer(std::move(response_), verdict_);
  } else {
    answer(not_delivered(report, id_, invoker_.detail), Verdict::kError);
  }
  end();
}

void Invocation::expire() {
  // Touches nothing that run() may be writing.
  log_failure(Level::kWarning, "call timed out", 504, "the function had not returned");
  if (streaming_) {
    end_answer(Verdict::kError, false);
  } else {
    answer(too_late(id_), Verdict::kError);
  }
  stream_.close();
  request_stop();
}

void Invocation::request_stop() {
  if (state_ == State::kIdle) return;
  if (!stop_asked_.exchange(true)) {
    caller_.run_aside([stop = stop_]() mutable { stop.request_stop(); });
  }
  tasks_.stop();
}

// The function writes its first piece.
bool Invocation::begin_answer(Response head) {
  if (answered_) return false;
  streaming_ = true;
  streamed_status_ = head.status();
  std::array<Field, 2> extra = {{{"Trailer", kStatusField}, {RequestId::kName, id_}}};
  const std::size_t count = head.find_header(RequestId::kName) == nullptr ? 2 : 1;
  drop_status_field(head);
  sink_->begin(std::move(head), std::span(extra).first(count), [this] { stream_.has_room(); });
  return true;
}

// All pieces of an answer are there, or, where it is not whole, there will be no more.
void Invocation::end_answer(Verdict verdict, bool whole) {
  answered_ = true;
  streaming_ = false;
  deadline_.disarm();
  if (whole) {
    const Field status{kStatusField, verdict_name(verdict)};
    sink_->finish({&status, 1});
  } else {
    invoker_.log.write(Level::kWarning, "answer aborted",
                       {{"request_id", id_}, {"function", function_->name}});
    sink_->abort();
  }
  invoker_.observer.answered(*function_, id_, verdict, streamed_status_);
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
  if (response.find_header(RequestId::kName) == nullptr) extra[count++] = {RequestId::kName, id_};
  drop_status_field(response);
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
  events_.clear();
  background_events_.clear();
  response_ = Response();
  request_.reset();
  inbound_.reset();
  state_ = State::kIdle;
  mark_.ended();
  caller_.ended();  // may destroy this
}

}  // namespace ofn
