#include "invocation/invocation.h"

#include <cstdint>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "invocation/answers.h"
#include "invocation/failure_lines.h"

namespace ofn {

namespace {

// The field by which Google's functions are given the id of an execution.
constexpr std::string_view kExecutionId = "function-execution-id";

void set_if_named(std::string_view& value, const Field& field, std::string_view name) {
  if (value.data() == nullptr && same_field_name(field.name, name)) value = field.value;
}

}  // namespace

Invocation::HeadFields Invocation::HeadFields::of(std::span<const Field> fields) {
  HeadFields found;
  for (const Field& field : fields) {
    switch (field.name.size()) {  // nearly all other fields cost only this
      case std::string_view("tracestate").size():
        set_if_named(found.tracestate, field, "tracestate");
        break;
      case std::string_view("traceparent").size():
        set_if_named(found.traceparent, field, "traceparent");
        break;
      case kExecutionId.size():
        set_if_named(found.execution_id, field, kExecutionId);
        break;
      case RequestId::kName.size():
        set_if_named(found.request_id, field, RequestId::kName);
        break;
      default:
        break;
    }
  }
  return found;
}

Invocation::Invocation(const CallEnvironment& environment, Caller& caller)
    : environment_(environment),
      caller_(caller),
      mark_(environment.calls),
      context_(environment.loop, environment.context, environment.outputs, environment.stores,
               delivery_, environment.failure_log(), environment.nested),
      stream_(
          environment.loop,
          [this](Response head) {
            return answer_.begin_pieces(std::move(head), [this] { stream_.has_room(); });
          },
          environment.nested),
      tasks_(
          environment.loop, context_, stream_, environment.awaits, stop_,
          [this] { return passed_on(); }, [this] { caller_.go_on(); }),
      spans_(environment.loop.clock()),
      work_(environment, context_, {.stream = stream_, .tasks = tasks_}, stop_),
      answer_(environment.loop, caller, environment.log, environment.failure_log(),
              [this] { on_late(); }) {
  record_.trace = &trace_;
}

Invocation::~Invocation() { OFN_CHECK(state_ == State::kIdle); }

void Invocation::take_ids(std::string_view given, const HeadFields& fields) {
  ids_.request = given;
  if (given.empty()) {
    made_id_ = RequestId::from(fields.request_id, environment_.loop.random());
    ids_.request = made_id_.view();
  }
  // One that is not safe in a log is left out.
  ids_.execution = RequestId::is_safe(fields.execution_id) ? fields.execution_id : "";
  ids_.trace = SpanContext::parse_or_empty(fields.traceparent);
}

void Invocation::take_up(const Function& function, const Trigger* input, const HeadFields& fields,
                         SteadyTime deadline, BodySink* sink) {
  OFN_CHECK(state_ == State::kIdle);
  state_ = State::kRunning;
  function_ = &function;
  // Also if the last call's has yet to be told: it may not reach this call.
  if (stop_.asked.load(std::memory_order_relaxed)) {
    stop_.asked = false;
    stop_.source = std::stop_source();
  }
  mark_.began(function.name, ids_);
  answer_.begin({.function = &function, .ids = &ids_, .input = input}, deadline, sink);
  delivery_.deadline = Deadline(deadline);
  delivery_.request_id = ids_.request;
  delivery_.execution_id = ids_.execution;
  delivery_.traceparent = fields.traceparent;
  delivery_.tracestate = fields.tracestate;
  delivery_.baggage = {};
  tasks_.begin();
  stream_.begin(
      {.sink = sink, .for_outputs = environment_.sends(), .max_kept = environment_.max_held});
}

void Invocation::begin(const Function& function, Request::Parts&& parts,
                       const RequestOptions& options) {
  const HeadFields fields = HeadFields::of(parts.headers);
  take_ids(parts.id, fields);
  take_up(function, nullptr, fields, parts.deadline, options.sink);
  parts.id = ids_.request;
  parts.stop = stop_.source.get_token();
  work_.limit_decompressed(options.max_decompressed);
  if (function.reads_pieces) {
    if (options.source != nullptr) {
      reader().begin(*options.source, options.length);
    } else {
      reader().begin(std::exchange(parts.body, {}), std::exchange(parts.trailers, {}));
    }
    work_.arrival().read_from(reader_->incoming());
  }
  work_.arrival().fill({.function = &function, .ids = &ids_}, std::move(parts),
                       function.reads_pieces ? nullptr : options.body);
  if (environment_.observer == nullptr) return;
  const Request& request = *work_.arrival().request();
  // One by one: the compiler would make a whole CallStart elsewhere and copy it, which costs twice as much.
  CallStart& start = record_.start;
  start.arrived = environment_.loop.now();
  start.known_method = http_method_of(request.method());
  start.version = http_version_of(request.version());
  start.kind = CallKind::kRequest;
  start.function = &function;
  start.id = ids_.request;
  start.execution_id = ids_.execution;
  start.route = options.route;
  start.method = request.method();
  start.target = request.target();
  start.fields = request.headers();
  start.delivery = nullptr;
  observe_start();
}

void Invocation::begin(const Function& function, const Inbound& inbound) {
  OFN_CHECK(row_of(function.signature).may_be_delivered());
  const HeadFields fields = HeadFields::of(inbound.metadata);
  take_ids(inbound.id, fields);
  take_up(function, &inbound.input, fields, inbound.deadline, nullptr);
  work_.arrival().fill({.function = &function, .ids = &ids_, .input = &inbound.input}, inbound,
                       stop_.source.get_token());
  if (function.reads_pieces) {
    reader().begin(inbound.data, {});
    work_.arrival().read_from(reader_->incoming());
  }
  if (environment_.observer == nullptr) return;
  record_.start = {.function = &function,
                   .id = ids_.request,
                   .execution_id = ids_.execution,
                   .route = inbound.input.name,
                   .fields = inbound.metadata,
                   .kind = inbound.kind,
                   .arrived = environment_.loop.now(),
                   .delivery = work_.arrival().inbound()};
  observe_start();
}

ReaderHost& Invocation::reader() {
  if (reader_ == nullptr)
    reader_ = std::make_unique<ReaderHost>(environment_.loop, stream_, tasks_, environment_.nested);
  return *reader_;
}

void Invocation::caller_left() {
  stream_.close();
  if (reader_ != nullptr) reader_->caller_left();
}

void Invocation::run() {
  const os::CallMark::RunsHere here(mark_);
  work_.run();
}

void Invocation::finish(const RunTimes& times) {
  OFN_CHECK(state_ == State::kRunning);
  if (environment_.observer != nullptr) observe_run(times);
  answer_.expire_if_late();
  if (work_.is_midway()) return tasks_.start_noted();
  if (stream_.live()) stream_.drain();
  if (answer_.is_given()) {
    environment_.log.write(Level::kWarning, "function returned after its deadline; result dropped",
                           work_.arrival().label().fields().span());
    return end();
  }
  WorkResult& result = work_.result();
  // What was written is not whole: the function threw, or nobody took it any more.
  const bool is_cut_off = reader_ != nullptr && reader_->is_cut_off();
  if (stream_.live() && (result.verdict == Verdict::kCrash || is_cut_off || stream_.closed())) {
    if (result.verdict != Verdict::kCrash) result.fail(stopped_early(), Verdict::kError);
    if (answer_.is_in_pieces()) {
      end_pieces(result.verdict, CallAnswer::Pieces::kBroken);
      return end();
    }
  }
  if (!result.payloads.empty()) return deliver();
  if (answer_.is_in_pieces()) {
    end_pieces(result.verdict, CallAnswer::Pieces::kWhole);
  } else {
    answer(std::move(result.response), result.verdict,
           result.drop ? CallAnswer::Retry::kDropped : CallAnswer::Retry::kMayCome);
  }
  end();
}

void Invocation::refuse(Response response, Refusal why) {
  OFN_CHECK(state_ == State::kRunning);
  record_.outcome.refusal = answer_.is_given() ? Refusal::kTooLate : why;
  if (!answer_.is_given()) {
    // Without a text nobody is there to read it.
    if (!response.body().empty()) {
      const std::string_view text = response.body();
      log_failure(environment_.failure_log(), work_.arrival().label(), Level::kWarning,
                  "call refused", response.status(), text.substr(0, text.find('\n')));
    }
    answer(std::move(response), Verdict::kError);
  }
  end();
}

void Invocation::deliver() {
  state_ = State::kDelivering;
  answer_.disarm();  // the outputs keep the deadline from here on
  if (environment_.observer != nullptr) delivering_since_ = environment_.loop.now();
  environment_.outputs->deliver(work_.result().payloads, delivery_,
                                [this](const DeliveryReport& report) { delivered(report); });
}

void Invocation::delivered(const DeliveryReport& report) {
  if (environment_.observer != nullptr) {
    record_.delivered = environment_.loop.now() - delivering_since_;
    record_.outputs = report.results;
    record_.outcome.timed_out = report.outcome() == Delivered::kTimedOut;
  }
  WorkResult& result = work_.result();
  const bool confirmed = report.outcome() == Delivered::kConfirmed;
  if (answer_.is_in_pieces()) {
    end_pieces(confirmed ? result.verdict : Verdict::kError,
               confirmed ? CallAnswer::Pieces::kWhole : CallAnswer::Pieces::kBroken);
  } else if (confirmed) {
    answer(std::move(result.changed != nullptr ? *result.changed : result.response),
           result.verdict);
  } else {
    answer(not_delivered(report, ids_.request, environment_.detail), Verdict::kError);
  }
  end();
}

HttpPortOptions Invocation::passed_on() const {
  HttpPortOptions options{.deadline = delivery_.deadline,
                          .request_id = ids_.request,
                          .traceparent = delivery_.traceparent,
                          .tracestate = delivery_.tracestate,
                          .baggage = delivery_.baggage};
  if (trace_.is_set()) {
    options.traceparent = trace_.traceparent();
    options.tracestate = trace_.tracestate();
    options.baggage = trace_.baggage();
  }
  return options;
}

// The caller was answered without the function, which may be running: nothing of the work may be touched.
void Invocation::on_late() {
  observe_answer();
  if (environment_.observer != nullptr) record_.outcome.timed_out = true;
  stream_.close();
  if (reader_ != nullptr) reader_->close();
  request_stop();
}

void Invocation::request_stop() {
  if (state_ == State::kIdle) return;
  if (!stop_.asked.exchange(true)) {
    caller_.run_aside([source = stop_.source]() mutable { source.request_stop(); });
  }
  tasks_.stop();
}

void Invocation::answer(Response&& response, Verdict verdict, CallAnswer::Retry retry) {
  observe_answer();
  answer_.give(std::move(response), verdict, retry);
}

void Invocation::end_pieces(Verdict verdict, CallAnswer::Pieces pieces) {
  observe_answer();
  answer_.end_pieces(verdict, pieces);
}

void Invocation::observe_start() {
  record_.outcome = {};
  record_.answered = record_.waited = record_.ran = record_.delivered = Duration::zero();
  record_.bytes_in = work_.arrival().bytes();
  record_.outputs = {};
  trace_.begin(ids_.trace, delivery_.traceparent, delivery_.tracestate);
  environment_.observer->began(record_.start, trace_);
  if (!trace_.is_set()) return;
  if (trace_.span().is_recorded) mark_.set_spans(&spans_);
  ids_.trace = trace_.context();
  mark_.set_trace(ids_.trace);
  // A function that can send nothing costs no more.
  if (!environment_.sends() && !environment_.may_block(*function_)) return;
  delivery_.traceparent = trace_.traceparent();
  delivery_.tracestate = trace_.tracestate();
  delivery_.baggage = trace_.baggage();
  work_.show_trace(trace_);
}

void Invocation::observe_run(const RunTimes& times) {
  if (record_.outcome.ran_on == Placement::kNowhere)
    record_.waited = times.began - record_.start.arrived;
  record_.outcome.ran_on = times.on;
  record_.ran += times.took;
}

void Invocation::observe_answer() {
  if (environment_.observer == nullptr) return;
  record_.answered = environment_.loop.now() - record_.start.arrived;
}

void Invocation::end() {
  if (environment_.observer != nullptr) {
    if (function_->reads_pieces) record_.bytes_in = reader_->bytes_read();
    record_.outcome.verdict = answer_.verdict();
    record_.outcome.status = static_cast<std::uint16_t>(answer_.status());
    record_.bytes_out = answer_.bytes() + stream_.bytes_sent();
    if (!work_.result().is_read) record_.outcome.refusal = Refusal::kUnreadable;
    record_.crash = work_.result().crash.get();
    record_.spans = spans_.end();
    mark_.set_spans(nullptr);
    environment_.observer->ended(record_);
    spans_.clear();
  }
  work_.clear();
  if (function_->reads_pieces) reader_->end();
  state_ = State::kIdle;
  mark_.ended();
  caller_.ended();  // may destroy this
}

}  // namespace ofn
