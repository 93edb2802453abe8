#include "metrics/value_buckets.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>
#include <limits>

namespace ofn::metrics {

namespace {

constexpr std::int32_t kSchema = 2;
constexpr std::ptrdiff_t kPerPower = 1 << kSchema;

double native_bound(std::ptrdiff_t index) {
  // Rounded down, also below 0.
  const std::ptrdiff_t power = (index - (index < 0 ? kPerPower - 1 : 0)) / kPerPower;
  const std::ptrdiff_t quarter = index - power * kPerPower;
  return std::ldexp(detail::kEighths.at(static_cast<std::size_t>(quarter * 2)),
                    static_cast<int>(power));
}

}  // namespace

ValueBuckets::ValueBuckets(std::span<const double> bounds) : bounds_(bounds.begin(), bounds.end()) {
  std::vector<double> native;
  for (std::ptrdiff_t i = kLowestPower * kPerPower; i <= kHighestPower * kPerPower; ++i)
    native.push_back(native_bound(i));
  std::ranges::set_union(bounds_, native, std::back_inserter(fine_));
  const auto at_or_above = [](const std::vector<double>& sorted, double bound) {
    return std::ranges::lower_bound(sorted, bound) - sorted.begin();
  };
  for (std::size_t i = 0; i <= fine_.size(); ++i) {
    const double bound = i < fine_.size() ? fine_[i] : std::numeric_limits<double>::infinity();
    classic_of_.push_back(static_cast<std::uint8_t>(at_or_above(bounds_, bound)));
    native_of_.push_back(
        static_cast<std::int16_t>(kLowestPower * kPerPower + at_or_above(native, bound)));
  }
  for (std::size_t i = 1; i < kPowers; ++i)
    first_.at(i) = static_cast<std::uint16_t>(
        at_or_above(fine_, std::ldexp(1.0, kLowestPower + static_cast<int>(i) - 1)));
  first_.back() = static_cast<std::uint16_t>(fine_.size());
  layout_ = {.bounds = bounds_,
             .classic_of = classic_of_,
             .native_of = native_of_,
             .schema = kSchema,
             .zero_threshold = native.front(),
             .zeros = static_cast<std::size_t>(at_or_above(fine_, native.front())) + 1};
}

std::size_t ValueBuckets::power_of(double value) noexcept {
  constexpr unsigned kFractionBits = std::numeric_limits<double>::digits - 1;
  const auto exponent =
      static_cast<int>(std::bit_cast<std::uint64_t>(value) >> kFractionBits) - 1023;
  return static_cast<std::size_t>(std::clamp(exponent, kLowestPower - 1, kHighestPower) -
                                  kLowestPower + 1);
}

std::size_t ValueBuckets::index(double value) const noexcept {
  const std::size_t power = power_of(value);
  const auto* const begin = fine_.data();
  return static_cast<std::size_t>(
      std::lower_bound(begin + first_[power], begin + first_[power + 1], value) - begin);
}

}  // namespace ofn::metrics
