#include "metrics/buckets.h"

namespace ofn::metrics {

namespace {

struct TimeTables {
  std::array<double, detail::kClassicTimes.size()> bounds{};
  std::array<std::uint8_t, TimeBuckets::kCount> classic_of{};
  std::array<std::int16_t, TimeBuckets::kCount> native_of{};
};

constexpr TimeTables time_tables() {
  TimeTables tables;
  for (std::size_t i = 0; i < tables.bounds.size(); ++i)
    tables.bounds[i] = static_cast<double>(detail::kClassicTimes[i]) / 1e9;
  std::size_t classic = 0;
  int native = detail::kFirstNative;
  for (std::size_t i = 0; i < TimeBuckets::kCount; ++i) {
    const std::uint64_t bound = detail::kPadded[i];
    while (classic < detail::kClassicTimes.size() && detail::kClassicTimes[classic] < bound)
      ++classic;
    while (native <= detail::kLastNative && detail::native_bound(native) < bound) ++native;
    tables.classic_of[i] = static_cast<std::uint8_t>(classic);
    tables.native_of[i] = static_cast<std::int16_t>(native);
  }
  return tables;
}
constexpr TimeTables kTimes = time_tables();

// Powers of four from 256 bytes to 64 MiB.
constexpr std::array<double, 10> kSizes = {256,    1024,    4096,    16384,    65536,
                                           262144, 1048576, 4194304, 16777216, 67108864};

struct SizeTables {
  std::array<std::uint8_t, SizeBuckets::kCount> classic_of{};
  std::array<std::int16_t, SizeBuckets::kCount> native_of{};
};

constexpr SizeTables size_tables() {
  SizeTables tables;
  for (std::size_t i = 0; i < SizeBuckets::kCount; ++i) {
    const double bound = i == 0 ? 0 : static_cast<double>(std::uint64_t{1} << (i - 1));
    std::size_t classic = 0;
    while (classic < kSizes.size() && kSizes[classic] < bound) ++classic;
    tables.classic_of[i] =
        static_cast<std::uint8_t>(i + 1 < SizeBuckets::kCount ? classic : kSizes.size());
    tables.native_of[i] = static_cast<std::int16_t>(static_cast<int>(i) - 1);
  }
  return tables;
}
constexpr SizeTables kSizeTables = size_tables();

constexpr Layout kTimeLayout = {.bounds = kTimes.bounds,
                                .classic_of = kTimes.classic_of,
                                .native_of = kTimes.native_of,
                                .schema = 3,
                                .zero_threshold = 1.0 / (1 << 20)};
constexpr Layout kSizeLayout = {.bounds = kSizes,
                                .classic_of = kSizeTables.classic_of,
                                .native_of = kSizeTables.native_of,
                                .schema = 0,
                                .zero_threshold = 0};

}  // namespace

const Layout& TimeBuckets::layout() noexcept { return kTimeLayout; }
const Layout& SizeBuckets::layout() noexcept { return kSizeLayout; }

}  // namespace ofn::metrics
