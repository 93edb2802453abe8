// The buckets of histograms. One observation increments one fine bucket. A scrape makes both forms from the fine buckets: the
// explicit bounds of OpenTelemetry's conventions, and Prometheus' native (exponential) buckets. So the fine bounds are the
// union of both.
//
//   counts[TimeBuckets::index(nanoseconds)] += 1;
//   const Layout& layout = TimeBuckets::layout();
//   classic[layout.classic_of[i]] += counts[i];
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ofn::metrics {

// How fine buckets become the two forms. Lifetime: the program's.
struct Layout {
  std::span<const double> bounds;            // of the explicit buckets; the last bucket has none
  std::span<const std::uint8_t> classic_of;  // of each fine bucket, its explicit bucket
  std::span<const std::int16_t>
      native_of;              // and its native bucket; the first fine ones are the zero bucket
  std::int32_t schema = 0;    // a native bucket ends at 2^(index / 2^schema)
  double zero_threshold = 0;  // the upper bound of the zero bucket
  std::size_t zeros = 1;      // how many fine buckets are the zero bucket
};

namespace detail {

// 2^(i/8) for i = 0 to 7.
inline constexpr std::array<double, 8> kEighths = {1.0,
                                                   1.0905077326652577,
                                                   1.189207115002721,
                                                   1.2968395546510096,
                                                   1.4142135623730951,
                                                   1.5422108254079407,
                                                   1.6817928305074290,
                                                   1.8340080864093424};

// Returns 2^(i/8) seconds in whole nanoseconds: nothing between is ever measured.
constexpr std::uint64_t native_bound(int i) {
  double nanoseconds = 1e9 * kEighths[static_cast<unsigned>(i) % 8];
  int power = i >= 0 ? i / 8 : -((7 - i) / 8);
  for (; power > 0; --power) nanoseconds *= 2;
  for (; power < 0; ++power) nanoseconds /= 2;
  return static_cast<std::uint64_t>(nanoseconds);
}

// The bounds that OpenTelemetry's conventions state for durations, in nanoseconds.
inline constexpr std::array<std::uint64_t, 14> kClassicTimes = {
    5'000'000,     10'000'000,    25'000'000,    50'000'000,    75'000'000,
    100'000'000,   250'000'000,   500'000'000,   750'000'000,   1'000'000'000,
    2'500'000'000, 5'000'000'000, 7'500'000'000, 10'000'000'000};

// From 2^-20 s, about a microsecond, to 2^10 s, about a quarter of an hour.
inline constexpr int kFirstNative = -160;
inline constexpr int kLastNative = 80;
// Three of the bounds are in both lists: 0.25, 0.5 and 1 s.
inline constexpr std::size_t kTimeBounds =
    kLastNative - kFirstNative + 1 + kClassicTimes.size() - 3;

constexpr std::array<std::uint64_t, kTimeBounds> time_bounds() {
  std::array<std::uint64_t, kTimeBounds> bounds{};
  std::size_t at = 0;
  std::size_t classic = 0;
  for (int i = kFirstNative; i <= kLastNative; ++i) {
    const std::uint64_t bound = native_bound(i);
    while (classic < kClassicTimes.size() && kClassicTimes[classic] < bound)
      bounds.at(at++) = kClassicTimes[classic++];
    if (classic < kClassicTimes.size() && kClassicTimes[classic] == bound) ++classic;
    bounds.at(at++) = bound;
  }
  return bounds;
}
inline constexpr std::array<std::uint64_t, kTimeBounds> kBounds = time_bounds();

// A cell is a 32nd of a power of two of nanoseconds. It has at most two bounds inside.
inline constexpr unsigned kLowestPower = 9;  // 512 ns are below the first bound
inline constexpr unsigned kHighestPower = 40;
inline constexpr std::size_t kCells = std::size_t{kHighestPower - kLowestPower + 1} * 32;

constexpr std::array<std::uint8_t, kCells> first_buckets() {
  std::array<std::uint8_t, kCells> first{};
  std::size_t bucket = 0;
  for (std::size_t cell = 0; cell < kCells; ++cell) {
    const unsigned power = kLowestPower + static_cast<unsigned>(cell / 32);
    const std::uint64_t from =
        (std::uint64_t{1} << power) + (std::uint64_t{cell % 32} << (power - 5));
    while (bucket < kBounds.size() && kBounds[bucket] < from) ++bucket;
    first[cell] = static_cast<std::uint8_t>(bucket);
  }
  return first;
}
inline constexpr std::array<std::uint8_t, kCells> kFirst = first_buckets();

// With the bound that every time is below, so that index() compares without a look at the end.
constexpr std::array<std::uint64_t, kTimeBounds + 2> padded_bounds() {
  std::array<std::uint64_t, kTimeBounds + 2> padded{};
  for (std::size_t i = 0; i < kTimeBounds; ++i) padded[i] = kBounds[i];
  padded[kTimeBounds] = padded[kTimeBounds + 1] = UINT64_MAX;
  return padded;
}
inline constexpr std::array<std::uint64_t, kTimeBounds + 2> kPadded = padded_bounds();

}  // namespace detail

// Times, in nanoseconds: native buckets of schema 3.
struct TimeBuckets {
  static constexpr std::size_t kCount = detail::kTimeBounds + 1;
  static_assert(kCount <= 256);

  // Cost: a dozen instructions, no loop.
  static std::size_t index(std::uint64_t nanoseconds) noexcept {
    // The exponent and the first five bits of the fraction of a double number the cells.
    const auto bits =
        std::bit_cast<std::uint64_t>(static_cast<double>(static_cast<std::int64_t>(nanoseconds)));
    const std::uint64_t cell = (bits >> 47) - ((std::uint64_t{1023} + detail::kLowestPower) << 5);
    if (cell >= detail::kCells) [[unlikely]]
      return nanoseconds < (std::uint64_t{1} << detail::kLowestPower) ? 0 : kCount - 1;
    std::size_t bucket = detail::kFirst[cell];
    bucket += static_cast<std::size_t>(nanoseconds > detail::kPadded[bucket]);
    bucket += static_cast<std::size_t>(nanoseconds > detail::kPadded[bucket]);
    return bucket;
  }
  static const Layout& layout() noexcept;
  static constexpr double kPerUnit = 1e9;  // nanoseconds a second
};

// Sizes, in bytes: native buckets of schema 0, which are powers of two.
struct SizeBuckets {
  static constexpr std::size_t kCount = 34;

  static std::size_t index(std::uint64_t bytes) noexcept {
    if (bytes == 0) return 0;
    // As bit_width(bytes - 1) + 1, but never of 0, which would take a comparison.
    return std::min(static_cast<std::size_t>(std::bit_width(2 * bytes - 1)), kCount - 1);
  }
  static const Layout& layout() noexcept;
  static constexpr double kPerUnit = 1;
};

}  // namespace ofn::metrics
