// The buckets of a histogram of the author's, whose explicit bounds are known only when the program is loaded. As in buckets.h, the
// fine bounds are the union of the explicit ones and of Prometheus' native ones.
//
//   ValueBuckets buckets(bounds);
//   counts[buckets.index(0.2)] += 1;
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "metrics/buckets.h"

namespace ofn::metrics {

// Native buckets of schema 2, from 2^-20 to 2^40. Immutable. Lifetime: outlives its layout's users.
class ValueBuckets {
 public:
  // Two explicit buckets more than bounds fit in a Layout.
  static constexpr std::size_t kMostBounds = 200;
  // OpenTelemetry's for times in seconds.
  static std::span<const double> default_bounds() noexcept { return TimeBuckets::layout().bounds; }

  // `bounds`: finite, growing, from 0 on; at most kMostBounds.
  explicit ValueBuckets(std::span<const double> bounds);
  ValueBuckets(const ValueBuckets&) = delete;
  ValueBuckets& operator=(const ValueBuckets&) = delete;

  // Cost: a search among the bounds within a power of two.
  std::size_t index(double value) const noexcept;
  std::size_t count() const noexcept { return classic_of_.size(); }
  const Layout& layout() const noexcept { return layout_; }

 private:
  static constexpr int kLowestPower = -20;
  static constexpr int kHighestPower = 40;
  static constexpr std::size_t kPowers = kHighestPower - kLowestPower + 2;
  // Returns which power of two a value belongs to; the first is for all smaller values, the last for all larger ones.
  static std::size_t power_of(double value) noexcept;

  std::vector<double> bounds_;
  std::vector<double> fine_;  // the last fine bucket has no bound
  std::vector<std::uint8_t> classic_of_;
  std::vector<std::int16_t> native_of_;
  std::array<std::uint16_t, kPowers + 1> first_{};  // the first fine bucket of each power
  Layout layout_{};
};

}  // namespace ofn::metrics
