// Metrics of your own: they are shown and sent wherever the framework's are (docs/operations.md). In one source file, or in a header
// that several include:
//
//   OFN_COUNTER(orders, "shop.orders", "{order}", "Orders that were placed", "shop.kind")
//   OFN_GAUGE(stock, "shop.stock", "{item}", "Items in stock")
//   OFN_HISTOGRAM(payment, "shop.payment.duration", "s", "Time that a payment took")
//   OFN_HISTOGRAM(basket, "shop.basket.size", "{item}", "Items of an order", ofn::buckets(1, 2, 5, 10))
//
//   void place() {
//     orders.add(1, "tea");  // one value for each label
//     stock.set(17);
//     payment.record(std::chrono::milliseconds(250));
//   }
//
// A metric has a name, a unit as UCUM writes it ("s", "By", "{order}", "1"), a help text, and up to 8 names of labels. Their
// rules are checked when the program is loaded, and an error names file and line.
//
// Values of labels: any text, of which 256 bytes are kept; bytes that are not UTF-8 become question marks. Each combination of
// values is a series. A metric keeps 2000; what is measured for further combinations goes to one series with the label
// otel.metric.overflow. So do not use ids of users or orders as values.
//
// Threads: any. The values begin with the process: `functions-framework dev` begins anew with each build. Nothing is counted before
// the program has been loaded (in constructors of static objects), in a program that no host serves, such as a unit test, and if
// metrics are off.
// Errors: none. If there is no memory for a new series, the value is lost.
// Cost: a nanosecond if metrics are off. Otherwise some ten, without lock and allocation, once the series exists; it takes some
// hundred bytes, and that of a histogram 2 KiB.
#pragma once

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <ofn/register.h>

// NOLINTBEGIN(cppcoreguidelines-macro-usage)

// Each defines `variable`. The arguments behind `help` are the names of the labels.
#define OFN_COUNTER(variable, name, unit, help, ...) \
  OFN_INTERNAL_METRIC(Counter, variable, name, unit, help, __VA_ARGS__)
#define OFN_GAUGE(variable, name, unit, help, ...) \
  OFN_INTERNAL_METRIC(Gauge, variable, name, unit, help, __VA_ARGS__)
// The buckets are OpenTelemetry's for times in seconds, from 5 ms to 10 s. For others write ofn::buckets(…) before the labels.
#define OFN_HISTOGRAM(variable, name, unit, help, ...) \
  OFN_INTERNAL_METRIC(Histogram, variable, name, unit, help, __VA_ARGS__)

#define OFN_INTERNAL_METRIC(type, variable, name, unit, help, ...)                                 \
  namespace {                                                                                      \
  constexpr auto ofn_metric_parts_##variable = ::ofn::internal::metric_parts(__VA_ARGS__);         \
  [[maybe_unused]] constinit ::ofn::type<decltype(ofn_metric_parts_##variable)::kLabels> variable; \
  constexpr ::ofn::abi::MetricRegistration ofn_metric_##variable =                                 \
      ::ofn::internal::metric_registration(variable, ofn_metric_parts_##variable, name, unit,      \
                                           help, __FILE__, __LINE__);                              \
  OFN_INTERNAL_KEPT("ofn_metrics")                                                                 \
  constexpr const ::ofn::abi::MetricRegistration* ofn_metric_entry_##variable =                    \
      &ofn_metric_##variable;                                                                      \
  }

// NOLINTEND(cppcoreguidelines-macro-usage)

namespace ofn {

namespace abi {

enum class MetricKind : std::uint32_t { kCounter = 1, kGauge = 2, kHistogram = 3 };

// The host's functions that take a metric's values. `labels`: one value for each label. Lifetime: the process's. Threads: any.
struct MetricSink {
  using Function = void(void* metric, double value, const std::string_view* labels) noexcept;
  Function* add = nullptr;  // for a histogram: one observation
  Function* set = nullptr;  // of a gauge
  void* metric = nullptr;
};

// One metric of a program. Lives as long as the program.
struct MetricRegistration {
  std::uint32_t size = sizeof(MetricRegistration);
  MetricKind kind{};
  const char* name = nullptr;
  const char* unit = nullptr;
  const char* help = nullptr;
  const char* const* labels = nullptr;
  std::size_t label_count = 0;
  const double* bounds = nullptr;  // of a histogram's buckets
  std::size_t bound_count = 0;     // 0: the default
  const char* file = nullptr;
  std::uint32_t line = 0;
  std::atomic<const MetricSink*>* sink = nullptr;  // null until the host counts
};

}  // namespace abi

// The upper bounds of a histogram's buckets.
template <std::size_t kCount>
struct Buckets {
  double bounds[kCount];
};
// Bounds in growing order, from 0 on; at most 200. A bucket has the values up to its bound, and a last one has the rest.
template <std::convertible_to<double>... T>
consteval Buckets<sizeof...(T)> buckets(T... bounds) {
  return {{static_cast<double>(bounds)...}};
}

namespace internal {

template <abi::MetricKind kind, std::size_t kLabels>
class Metric {
 public:
  constexpr Metric() noexcept = default;
  Metric(const Metric&) = delete;
  Metric& operator=(const Metric&) = delete;

  static constexpr abi::MetricKind kKind = kind;
  std::atomic<const abi::MetricSink*> sink{nullptr};  // the host's

 protected:
  template <class... Values>
  void tell(abi::MetricSink::Function* abi::MetricSink::* function, double value,
            const Values&... values) const noexcept {
    static_assert(sizeof...(Values) == kLabels, "write one value for each label of the metric");
    const abi::MetricSink* const to = sink.load(std::memory_order_acquire);
    if (to == nullptr) return;
    const std::string_view labels[kLabels + 1] = {std::string_view(values)...};
    (to->*function)(to->metric, value, labels);
  }
};

}  // namespace internal

// A number that only grows.
template <std::size_t kLabels>
class Counter : public internal::Metric<abi::MetricKind::kCounter, kLabels> {
 public:
  // If `more` is negative or not finite, nothing is added.
  template <std::convertible_to<std::string_view>... Values>
  void add(double more, const Values&... values) const noexcept {
    this->tell(&abi::MetricSink::add, more, values...);
  }
};

// A number that is now so.
template <std::size_t kLabels>
class Gauge : public internal::Metric<abi::MetricKind::kGauge, kLabels> {
 public:
  template <std::convertible_to<std::string_view>... Values>
  void set(double value, const Values&... values) const noexcept {
    this->tell(&abi::MetricSink::set, value, values...);
  }
  // Adds to the number, which is 0 at first; `more` may be negative.
  template <std::convertible_to<std::string_view>... Values>
  void add(double more, const Values&... values) const noexcept {
    this->tell(&abi::MetricSink::add, more, values...);
  }
};

// How often values of which size occurred, and their sum.
template <std::size_t kLabels>
class Histogram : public internal::Metric<abi::MetricKind::kHistogram, kLabels> {
 public:
  // If `value` is negative or not finite, it is not recorded.
  template <std::convertible_to<std::string_view>... Values>
  void record(double value, const Values&... values) const noexcept {
    this->tell(&abi::MetricSink::add, value, values...);
  }
  // The same, in seconds: for metrics with the unit "s".
  template <class Rep, class Period, std::convertible_to<std::string_view>... Values>
  void record(std::chrono::duration<Rep, Period> time, const Values&... values) const noexcept {
    record(std::chrono::duration<double>(time).count(), values...);
  }
};

namespace internal {

// What stands behind the help text. The arrays have one element more, because none may be empty.
template <std::size_t kLabelCount, std::size_t kBoundCount>
struct MetricParts {
  static constexpr std::size_t kLabels = kLabelCount;
  static constexpr std::size_t kBounds = kBoundCount;
  const char* labels[kLabelCount + 1];
  double bounds[kBoundCount + 1];
};

template <std::convertible_to<const char*>... Labels>
consteval MetricParts<sizeof...(Labels), 0> metric_parts(Labels... labels) {
  return {{labels..., nullptr}, {0}};
}
template <std::size_t kCount, std::convertible_to<const char*>... Labels>
consteval MetricParts<sizeof...(Labels), kCount> metric_parts(Buckets<kCount> buckets,
                                                              Labels... labels) {
  MetricParts<sizeof...(Labels), kCount> parts{{labels..., nullptr}, {}};
  for (std::size_t i = 0; i < kCount; ++i) parts.bounds[i] = buckets.bounds[i];
  return parts;
}

template <class Metric, class Parts>
consteval abi::MetricRegistration metric_registration(Metric& metric, const Parts& parts,
                                                      const char* name, const char* unit,
                                                      const char* help, const char* file,
                                                      std::uint32_t line) {
  static_assert(Metric::kKind == abi::MetricKind::kHistogram || Parts::kBounds == 0,
                "only a histogram has buckets");
  return {.kind = Metric::kKind,
          .name = name,
          .unit = unit,
          .help = help,
          .labels = parts.labels,
          .label_count = Parts::kLabels,
          .bounds = parts.bounds,
          .bound_count = Parts::kBounds,
          .file = file,
          .line = line,
          .sink = &metric.sink};
}

}  // namespace internal
}  // namespace ofn
