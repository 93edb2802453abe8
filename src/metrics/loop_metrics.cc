#include "metrics/loop_metrics.h"

#include <algorithm>

namespace ofn::metrics {

namespace {

std::uint64_t nanoseconds(Duration duration) noexcept {
  return static_cast<std::uint64_t>(std::max(duration, Duration::zero()).count());
}

const Trigger* input_of(const CallStart& start) noexcept {
  return start.delivery == nullptr ? nullptr : &start.delivery->input;
}

}  // namespace

LoopMetrics::LoopMetrics(Loop& loop, const FunctionContext& context, SeriesLimit& limit)
    : loop_(loop),
      context_(context),
      ran_{{{.trigger = "http", .times = {}},
            {.trigger = "pubsub", .times = {}},
            {.trigger = "timer", .times = {}},
            {.trigger = "other", .times = {}}}},
      outputs_(context.outputs.size()),
      calls_(limit) {}

void LoopMetrics::began(const CallStart& start, TraceContext& /*trace*/) {
  if (start.kind == CallKind::kRequest) begun_[static_cast<std::size_t>(start.known_method)].add();
}

CallSeriesTable::Fresh LoopMetrics::fresh(const CallRecord& record) {
  const Trigger* const input = input_of(record.start);
  const std::string_view trigger =
      trigger_of(record.start.kind, input == nullptr ? std::string_view() : input->component_type);
  // What the function does not take ends on the thread that would have run it.
  const bool has_run =
      record.outcome.ran_on != Placement::kNowhere && record.outcome.refusal == Refusal::kNone;
  const auto of_trigger = std::ranges::find(ran_, trigger, &Ran::trigger);
  return {.route = input == nullptr ? record.start.route : std::string_view(),
          .input = input,
          .trigger = of_trigger->trigger,
          .ran = has_run ? &of_trigger->times : nullptr};
}

void LoopMetrics::ended(const CallRecord& record) {
  const CallStart& start = record.start;
  const Trigger* const input = input_of(start);
  CallSeries* const series =
      calls_.of({.owner = input != nullptr ? static_cast<const void*>(input) : start.route.data(),
                 .outcome = record.outcome,
                 .method = start.known_method,
                 .version = start.version,
                 .kind = start.kind},
                [&] { return fresh(record); });
  if (series == nullptr) return;
  const std::uint64_t answered = nanoseconds(record.answered);
  series->answered.record(answered);
  series->bytes_in.record(record.bytes_in);
  series->bytes_out.record(record.bytes_out);
  if (series->ran != nullptr) series->ran->record(nanoseconds(record.ran));
  if (record.trace != nullptr && record.trace->context().sampled())
    series->answered.keep_exemplar(answered, record.trace->context(), loop_.system_now());
}

void LoopMetrics::output_ended(const OutputResult& result) {
  const auto index = static_cast<std::size_t>(result.output - context_.outputs.data());
  if (index >= outputs_.size()) return;
  OutputSeries& series = outputs_[index];
  series.outcomes[static_cast<std::size_t>(result.outcome)].add();
  series.tries.add(result.tries);
  series.took.record(nanoseconds(result.took));
}

}  // namespace ofn::metrics
