#include "metrics/author_metrics.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "metrics/author_names.h"
#include "os/calls_in_flight.h"

namespace ofn::metrics {

namespace {

// Programs may still count in these metrics after the end of their owner. They form a list, so that leak checkers find each of them.
constinit std::atomic<void*> last_kept = nullptr;

std::string place_of(const abi::MetricRegistration& metric) {
  return std::string(metric.file) + ":" + std::to_string(metric.line);
}

Type type_of(abi::MetricKind kind) {
  return kind == abi::MetricKind::kCounter ? Type::kCounter
         : kind == abi::MetricKind::kGauge ? Type::kGauge
                                           : Type::kHistogram;
}

std::vector<std::string_view> texts(const abi::MetricRegistration& metric) {
  std::vector<std::string_view> texts = {metric.name, metric.unit, metric.help};
  texts.insert(texts.end(), metric.labels, metric.labels + metric.label_count);
  return texts;
}

// The registrations of files that include the same header.
bool are_same(const abi::MetricRegistration& a, const abi::MetricRegistration& b) {
  return a.line == b.line && std::string_view(a.file) == b.file && a.kind == b.kind &&
         texts(a) == texts(b) &&
         std::ranges::equal(std::span(a.bounds, a.bound_count), std::span(b.bounds, b.bound_count));
}

std::span<const double> bounds_of(const abi::MetricRegistration& metric) {
  if (metric.bound_count == 0) return ValueBuckets::default_bounds();
  return {metric.bounds, metric.bound_count};
}

}  // namespace

struct AuthorMetrics::One {
  explicit One(const abi::MetricRegistration& metric)
      : registration(metric),
        definition{.name = metric.name,
                   .unit = metric.unit,
                   .type = type_of(metric.kind),
                   .labels = {},
                   .help = metric.help},
        sink{.add = metric.kind == abi::MetricKind::kHistogram ? record : add,
             .set = set,
             .metric = this} {
    if (metric.kind == abi::MetricKind::kHistogram) buckets.emplace(bounds_of(metric));
    series.emplace(metric.label_count, buckets ? &*buckets : nullptr, kMostSeries);
    // A counter without labels is shown as 0 from the start, so that a reader sees its first growth. A gauge has no value yet.
    if (metric.label_count == 0 && metric.kind != abi::MetricKind::kGauge)
      static_cast<void>(series->of(nullptr));
  }
  One(const One&) = delete;
  One& operator=(const One&) = delete;
  ~One() = default;

  static void add(void* metric, double more, const std::string_view* labels) noexcept {
    auto& self = *static_cast<One*>(metric);
    if (self.definition.type == Type::kCounter && (!std::isfinite(more) || more < 0)) return;
    if (AuthorSeries* const to = self.series->of(labels))
      to->number.fetch_add(more, std::memory_order_relaxed);
  }
  static void set(void* metric, double value, const std::string_view* labels) noexcept {
    auto& self = *static_cast<One*>(metric);
    if (AuthorSeries* const to = self.series->of(labels))
      to->number.store(value, std::memory_order_relaxed);
  }
  static void record(void* metric, double value, const std::string_view* labels) noexcept {
    auto& self = *static_cast<One*>(metric);
    if (!std::isfinite(value) || value < 0) return;
    AuthorSeries* const to = self.series->of(labels);
    if (to == nullptr) return;
    to->histogram->record(value);
    const os::CallMark* const call = os::CallMark::here();
    if (call == nullptr) return;
    const SpanContext span = call->ids().trace;
    if (span.sampled()) to->histogram->keep_exemplar(value, span, SystemClock().system_now());
  }

  Labels labels_of(const AuthorSeries& each) const {
    if (each.is_overflow) return {{std::string(kOverflowLabel), "true"}};
    Labels labels;
    for (std::size_t i = 0; i < each.values.size(); ++i)
      labels.push_back({registration.labels[i], each.values[i]});
    return labels;
  }

  const abi::MetricRegistration& registration;
  std::vector<std::atomic<const abi::MetricSink*>*> programs;  // where they look for the sink
  Definition definition;
  abi::MetricSink sink;
  void* kept_before = nullptr;  // see last_kept
  std::optional<ValueBuckets> buckets;
  std::optional<AuthorSeriesTable> series;
};

void AuthorMetrics::Delete::operator()(One* one) const { delete one; }

std::expected<std::unique_ptr<AuthorMetrics>, std::vector<Error>> AuthorMetrics::of(
    std::span<const abi::Program> programs) {
  std::unique_ptr<AuthorMetrics> metrics(new AuthorMetrics);
  std::vector<Error> mistakes;
  std::vector<const abi::MetricRegistration*> all;
  for (const abi::Program& program : programs) {
    for (const auto* const* at = program.metrics_begin; at != program.metrics_end; ++at) {
      if (*at != nullptr && (*at)->size >= sizeof(abi::MetricRegistration)) all.push_back(*at);
    }
  }
  // A compiler puts them in any order.
  std::ranges::sort(all, {}, [](const abi::MetricRegistration* each) {
    return std::tuple(std::string_view(each->file), each->line);
  });
  for (const abi::MetricRegistration* each : all) metrics->add(*each, mistakes);
  metrics->check_names(mistakes);
  if (!mistakes.empty()) return std::unexpected(std::move(mistakes));
  return metrics;
}

void AuthorMetrics::add(const abi::MetricRegistration& registration, std::vector<Error>& mistakes) {
  for (const auto& one : all_) {
    if (!are_same(one->registration, registration)) continue;
    one->programs.push_back(registration.sink);
    return;
  }
  if (const std::string problem = problem_of(registration); !problem.empty()) {
    mistakes.emplace_back(Code::kInvalidArgument, place_of(registration) + ": the metric '" +
                                                      registration.name +
                                                      "' cannot be shown: " + problem);
    return;
  }
  all_.emplace_back(new One(registration));
  all_.back()->programs.push_back(registration.sink);
}

void AuthorMetrics::check_names(std::vector<Error>& mistakes) const {
  std::map<std::string, const One*> names;  // null: the framework's
  for (const Definition& own : definitions()) {
    for (std::string& name : shown_names(own)) names.emplace(std::move(name), nullptr);
  }
  for (const auto& one : all_) {
    for (const std::string& name : shown_names(one->definition)) {
      const auto [at, is_new] = names.emplace(name, one.get());
      if (is_new) continue;
      const std::string other = at->second == nullptr
                                    ? "the framework"
                                    : "the metric at " + place_of(at->second->registration);
      mistakes.emplace_back(Code::kAlreadyExists,
                            place_of(one->registration) + ": the metric '" +
                                one->registration.name + "' is shown to Prometheus as '" + name +
                                "', and so is one of " + other + "; rename the metric");
      break;
    }
  }
}

AuthorMetrics::~AuthorMetrics() {
  if (!is_started_) return;
  for (auto& one : all_) {
    One* const kept = one.release();
    kept->kept_before = last_kept.exchange(kept, std::memory_order_relaxed);
  }
}

void AuthorMetrics::start() {
  is_started_ = true;
  for (const auto& one : all_) {
    for (auto* const sink : one->programs) sink->store(&one->sink, std::memory_order_release);
  }
}

void AuthorMetrics::put_into(Snapshot& snapshot) const {
  for (const auto& one : all_) {
    std::vector<const AuthorSeries*> sorted;
    one->series->each([&](const AuthorSeries& each) { sorted.push_back(&each); });
    std::ranges::sort(sorted, [](const AuthorSeries* a, const AuthorSeries* b) {
      return std::tie(a->is_overflow, a->values) < std::tie(b->is_overflow, b->values);
    });
    for (const AuthorSeries* each : sorted) {
      if (each->histogram == nullptr) {
        snapshot.add(one->definition, one->labels_of(*each),
                     each->number.load(std::memory_order_relaxed));
        continue;
      }
      Distribution distribution(each->histogram->layout());
      distribution.add(*each->histogram);
      snapshot.add(one->definition, one->labels_of(*each), std::move(distribution));
    }
  }
}

Source count(std::unique_ptr<AuthorMetrics> metrics) {
  metrics->start();
  // Shared, because a Source is copied.
  return
      [all = std::shared_ptr(std::move(metrics))](Snapshot& snapshot) { all->put_into(snapshot); };
}

}  // namespace ofn::metrics
