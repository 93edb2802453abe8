// The metrics of the function's author (<ofn/metrics.h>): what programs have registered is checked, counted, and shown.
//
//   auto metrics = AuthorMetrics::of(programs);
//   if (!metrics) return complain(metrics.error().front());
//   collector.add(count(*std::move(metrics)));
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/abi.h>
#include <ofn/metrics.h>

#include "base/error.h"
#include "metrics/author_series.h"
#include "metrics/collector.h"
#include "metrics/definitions.h"
#include "metrics/snapshot.h"
#include "metrics/value_buckets.h"

namespace ofn::metrics {

// Threads: made and started by one; then the programs' threads count, and any thread reads.
class AuthorMetrics {
 public:
  static constexpr std::size_t kMostSeries = 2000;  // OpenTelemetry's default limit for a metric
  static constexpr std::size_t kMostLabels = 8;
  static constexpr std::size_t kLongestName = 255;  // OpenTelemetry's, for a metric
  static constexpr std::size_t kLongestUnit = 63;

  // Errors: all mistakes of all programs, each as "file:line: …".
  static std::expected<std::unique_ptr<AuthorMetrics>, std::vector<Error>> of(
      std::span<const abi::Program> programs);
  AuthorMetrics(const AuthorMetrics&) = delete;
  AuthorMetrics& operator=(const AuthorMetrics&) = delete;
  ~AuthorMetrics();

  // Returns true if the programs have no metrics.
  bool empty() const { return all_.empty(); }
  // From now on the programs count. The memory of the values then stays: threads of the programs, and destructors of their static
  // objects, may count until the process ends.
  void start();
  // Adds the values, sorted by those of the labels.
  void put_into(Snapshot& snapshot) const;

 private:
  AuthorMetrics() = default;

  // One metric, which several files may have registered: those that include the header in which it is written.
  struct One;
  void add(const abi::MetricRegistration& registration, std::vector<Error>& mistakes);
  void check_names(std::vector<Error>& mistakes) const;

  struct Delete {
    void operator()(One* one) const;
  };
  std::vector<std::unique_ptr<One, Delete>> all_;
  bool is_started_ = false;
};

// Starts it, and returns what shows it.
Source count(std::unique_ptr<AuthorMetrics> metrics);

}  // namespace ofn::metrics
