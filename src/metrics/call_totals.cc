#include "metrics/call_totals.h"

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "invocation/conventions.h"

namespace ofn::metrics {

namespace {

constexpr std::string_view kTrigger = "faas.trigger";

std::string_view reason_of(Refusal refusal) noexcept {
  switch (refusal) {
    case Refusal::kNoRoute:
      return "no_route";
    case Refusal::kWrongMethod:
      return "wrong_method";
    case Refusal::kNoToken:
      return "no_token";
    case Refusal::kStopping:
      return "stopping";
    case Refusal::kTooMany:
      return "too_many";
    case Refusal::kTooLate:
      return "too_late";
    case Refusal::kCallerLeft:
      return "caller_left";
    case Refusal::kUnreadable:
      return "unreadable";
    case Refusal::kBroken:
      return "broken";
    case Refusal::kNone:
    case Refusal::kProbe:
    case Refusal::kHandshake:
      break;
  }
  return "";
}

std::string_view outcome_name(Delivered outcome) noexcept {
  switch (outcome) {
    case Delivered::kConfirmed:
      return "confirmed";
    case Delivered::kUnreachable:
      return "unreachable";
    case Delivered::kTimedOut:
      return "timed_out";
    case Delivered::kRefused:
      break;
  }
  return "refused";
}

bool succeeded(const CallOutcome& outcome) noexcept {
  return outcome.verdict == Verdict::kSuccess && outcome.status < 400;
}

// Empty if it is no error: a server's errors are those of 500 and above, and answers that nobody got.
std::string error_of_request(const CallOutcome& outcome) {
  if (outcome.verdict == Verdict::kCrash) return "crash";
  if (outcome.refusal == Refusal::kCallerLeft) return "caller_left";
  if (outcome.timed_out) return "timeout";
  if (outcome.status >= 500) return std::to_string(outcome.status);
  // A gRPC call that was refused has the status 200, and its own in a field.
  const bool has_run = outcome.refusal == Refusal::kNone;
  return has_run && outcome.verdict != Verdict::kSuccess && outcome.status < 400 ? "aborted" : "";
}

std::string error_of_delivery(const CallOutcome& outcome) {
  if (outcome.verdict == Verdict::kCrash) return "crash";
  if (outcome.refusal == Refusal::kCallerLeft) return "caller_left";
  if (outcome.timed_out) return "timeout";
  if (outcome.dropped) return "drop";
  return succeeded(outcome) ? "" : std::to_string(outcome.status);
}

// What tells the series of http.server.request.duration apart.
struct RequestKey {
  bool is_overflow = false;
  HttpMethod method{};
  std::uint16_t status = 0;
  std::string_view route{};
  HttpVersion version{};
  std::string error{};
  friend auto operator<=>(const RequestKey&, const RequestKey&) = default;

  Labels labels() const {
    if (is_overflow) return {{std::string(kOverflowLabel), "true"}};
    Labels labels = {{"http.request.method", std::string(http_method_name(method))},
                     {"url.scheme", "http"}};
    if (status != 0) labels.push_back({"http.response.status_code", std::to_string(status)});
    if (!route.empty()) labels.push_back({"http.route", std::string(route)});
    if (version != HttpVersion::kNone)
      labels.push_back({"network.protocol.version", std::string(http_version_name(version))});
    if (!error.empty()) labels.push_back({"error.type", error});
    return labels;
  }
};

// The same for messaging.process.duration.
struct ProcessKey {
  std::string_view system{};
  std::string_view destination{};
  std::string error{};
  friend auto operator<=>(const ProcessKey&, const ProcessKey&) = default;

  Labels labels() const {
    Labels labels = {{"messaging.system", std::string(system)},
                     {"messaging.operation.name", "process"},
                     {"messaging.destination.name", std::string(destination)}};
    if (!error.empty()) labels.push_back({"error.type", error});
    return labels;
  }
};

struct RequestTotals {
  Distribution answered{TimeBuckets::layout()};
  Distribution bytes_in{SizeBuckets::layout()};
  Distribution bytes_out{SizeBuckets::layout()};
};

// The totals of all loops.
class Totals {
 public:
  void add(const CallSeries& series) {
    const CallOutcome& outcome = series.key.outcome;
    const auto count = static_cast<double>(series.answered.count());
    if (outcome.refusal == Refusal::kProbe) {
      probes_ += count;
      return;
    }
    if (const std::string_view reason = reason_of(outcome.refusal); !reason.empty())
      refused_[{reason, series.trigger}] += count;
    if (series.key.kind == CallKind::kRequest) {
      add_request(series, count);
    } else {
      add_delivery(series, count);
    }
    if (outcome.timed_out) timeouts_[series.trigger] += count;
    if (outcome.ran_on == Placement::kNowhere || outcome.refusal != Refusal::kNone) return;
    runs_[outcome.ran_on == Placement::kLoop ? "loop" : "worker"] += count;
    invocations_[series.trigger] += succeeded(outcome) ? count : 0;
    errors_[series.trigger] += succeeded(outcome) ? 0 : count;
  }

  void put_into(Snapshot& snapshot) {
    for (auto& [key, totals] : requests_) {
      snapshot.add(Metric::kRequestDuration, key.labels(), std::move(totals.answered));
      snapshot.add(Metric::kRequestBodySize, key.labels(), std::move(totals.bytes_in));
      snapshot.add(Metric::kResponseBodySize, key.labels(), std::move(totals.bytes_out));
    }
    for (auto& [key, distribution] : processed_)
      snapshot.add(Metric::kProcessDuration, key.labels(), std::move(distribution));
    put(Metric::kInvocations, invocations_, kTrigger, snapshot);
    put(Metric::kErrors, errors_, kTrigger, snapshot);
    put(Metric::kTimeouts, timeouts_, kTrigger, snapshot);
    put(Metric::kRuns, runs_, "ofn.thread", snapshot);
    snapshot.add(Metric::kProbes, {}, probes_);
    for (const auto& [key, count] : refused_)
      snapshot.add(Metric::kRefusedRequests,
                   {{"ofn.reason", std::string(key.first)},
                    {std::string(kTrigger), std::string(key.second)}},
                   count);
    for (const auto& [key, count] : deliveries_)
      snapshot.add(
          Metric::kDeliveries,
          {{"ofn.input", std::string(key.first)}, {"ofn.outcome", std::string(key.second)}}, count);
  }

  double ended(HttpMethod method) const { return ended_.at(static_cast<std::size_t>(method)); }

 private:
  using ByName = std::map<std::string_view, double>;

  static void put(Metric metric, const ByName& counts, std::string_view label, Snapshot& snapshot) {
    for (const auto& [name, count] : counts)
      snapshot.add(metric, {{std::string(label), std::string(name)}}, count);
  }

  void add_request(const CallSeries& series, double count) {
    const CallKey& calls = series.key;
    if (reaches_function(calls.outcome.refusal))
      ended_.at(static_cast<std::size_t>(calls.method)) += count;
    if (calls.outcome.refusal == Refusal::kBroken) return;
    RequestKey key{.is_overflow = series.is_overflow};
    if (!series.is_overflow) {
      key.method = calls.method;
      key.status = calls.outcome.status;
      key.route = series.route;
      key.version = calls.version;
      key.error = error_of_request(calls.outcome);
    }
    RequestTotals& totals = requests_[std::move(key)];
    totals.answered.add(series.answered);
    totals.bytes_in.add(series.bytes_in);
    totals.bytes_out.add(series.bytes_out);
  }

  // The label of a series above the limit is empty: its input is not kept.
  void add_delivery(const CallSeries& series, double count) {
    const CallOutcome& outcome = series.key.outcome;
    const std::string_view input =
        series.input == nullptr ? "" : std::string_view(series.input->name);
    const std::string_view word = outcome.dropped      ? "drop"
                                  : succeeded(outcome) ? "success"
                                                       : "retry";
    deliveries_[{input, word}] += count;
    if (series.input == nullptr || series.trigger != "pubsub") return;
    const Trigger& from = *series.input;
    const auto at =
        processed_.try_emplace({.system = messaging_system(from.component_type),
                                .destination = from.topic.empty() ? from.name : from.topic,
                                .error = error_of_delivery(outcome)},
                               TimeBuckets::layout());
    at.first->second.add(series.answered);
  }

  std::map<RequestKey, RequestTotals> requests_;
  std::map<ProcessKey, Distribution> processed_;
  std::map<std::pair<std::string_view, std::string_view>, double> refused_;
  std::map<std::pair<std::string_view, std::string_view>, double> deliveries_;
  ByName invocations_;
  ByName errors_;
  ByName timeouts_;
  ByName runs_;
  double probes_ = 0;
  std::array<double, kHttpMethods> ended_{};
};

void add_active(std::span<const LoopMetrics* const> loops, const Totals& totals,
                Snapshot& snapshot) {
  for (std::size_t i = 0; i < kHttpMethods; ++i) {
    const auto method = static_cast<HttpMethod>(i);
    double begun = 0;
    for (const LoopMetrics* loop : loops) begun += static_cast<double>(loop->begun(method));
    if (begun == 0) continue;
    snapshot.add(
        Metric::kActiveRequests,
        {{"http.request.method", std::string(http_method_name(method))}, {"url.scheme", "http"}},
        begun - totals.ended(method));
  }
}

void add_runs(std::span<const LoopMetrics* const> loops, Snapshot& snapshot) {
  for (std::size_t i = 0; i < LoopMetrics::kTriggers; ++i) {
    Distribution all(TimeBuckets::layout());
    for (const LoopMetrics* loop : loops) all.add(loop->ran()[i].times);
    if (all.count() == 0) continue;
    snapshot.add(Metric::kInvokeDuration,
                 {{std::string(kTrigger), std::string(loops.front()->ran()[i].trigger)}},
                 std::move(all));
  }
}

void add_outputs(std::span<const LoopMetrics* const> loops, const FunctionContext& context,
                 Snapshot& snapshot) {
  for (std::size_t i = 0; i < context.outputs.size(); ++i) {
    const Label name{"ofn.output", context.outputs[i].name};
    std::array<double, 4> outcomes{};
    double tries = 0;
    Distribution took(TimeBuckets::layout());
    for (const LoopMetrics* loop : loops) {
      const OutputSeries& series = loop->outputs()[i];
      for (std::size_t k = 0; k < outcomes.size(); ++k)
        outcomes[k] += static_cast<double>(series.outcomes[k].read());
      tries += static_cast<double>(series.tries.read());
      took.add(series.took);
    }
    for (std::size_t k = 0; k < outcomes.size(); ++k) {
      const auto outcome = static_cast<Delivered>(k);
      snapshot.add(Metric::kOutputPayloads,
                   {name, {"ofn.outcome", std::string(outcome_name(outcome))}}, outcomes[k]);
    }
    snapshot.add(Metric::kOutputTries, {name}, tries);
    snapshot.add(Metric::kOutputDuration, {name}, std::move(took));
  }
}

}  // namespace

void add_calls(std::span<const LoopMetrics* const> loops, const FunctionContext& context,
               const SeriesLimit& limit, Snapshot& snapshot) {
  Totals totals;
  for (const LoopMetrics* loop : loops)
    loop->calls().each([&](const CallSeries& series) { totals.add(series); });
  add_active(loops, totals, snapshot);
  add_runs(loops, snapshot);
  if (const std::string_view trigger = limit.first_ran_by(); !trigger.empty())
    snapshot.add(Metric::kColdStarts, {{std::string(kTrigger), std::string(trigger)}}, 1);
  add_outputs(loops, context, snapshot);
  totals.put_into(snapshot);
}

}  // namespace ofn::metrics
