#include "metrics/buckets.h"

#include <cmath>
#include <cstdint>
#include <limits>

#include <gtest/gtest.h>

namespace ofn::metrics {
namespace {

// The bucket by its definition: the first whose bound is not below the value.
std::size_t slow_index(std::uint64_t nanoseconds) {
  std::size_t bucket = 0;
  while (bucket < detail::kBounds.size() && nanoseconds > detail::kBounds[bucket]) ++bucket;
  return bucket;
}

TEST(TimeBuckets, EveryBoundAndItsNeighboursAreInTheRightBucket) {
  for (std::size_t i = 0; i < detail::kBounds.size(); ++i) {
    const std::uint64_t bound = detail::kBounds[i];
    EXPECT_EQ(TimeBuckets::index(bound - 1), slow_index(bound - 1)) << bound;
    EXPECT_EQ(TimeBuckets::index(bound), i) << bound;
    EXPECT_EQ(TimeBuckets::index(bound + 1), i + 1) << bound;
  }
}

TEST(TimeBuckets, EveryTimeIsInTheRightBucket) {
  for (const std::uint64_t each : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{511},
                                   std::uint64_t{512}, std::uint64_t{513}})
    EXPECT_EQ(TimeBuckets::index(each), 0U) << each;
  for (std::uint64_t each = 500; each < 3'000'000'000'000; each += each / 100)
    ASSERT_EQ(TimeBuckets::index(each), slow_index(each)) << each;
  for (const std::uint64_t each :
       {std::uint64_t{1} << 41U, std::uint64_t{1} << 62U,
        static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())})
    EXPECT_EQ(TimeBuckets::index(each), TimeBuckets::kCount - 1) << each;
}

TEST(TimeBuckets, TheExplicitBoundsAreThoseOfTheConventions) {
  const double bounds[] = {0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25,
                           0.5,   0.75, 1,     2.5,  5,     7.5, 10};
  const Layout& layout = TimeBuckets::layout();
  EXPECT_TRUE(std::ranges::equal(layout.bounds, bounds));
  for (std::uint64_t each = 500; each < 3'000'000'000'000; each += each / 100) {
    const std::size_t bucket = layout.classic_of[TimeBuckets::index(each)];
    const double seconds = static_cast<double>(each) / 1e9;
    ASSERT_TRUE(bucket == std::size(bounds) || seconds <= bounds[bucket]) << each;
    ASSERT_TRUE(bucket == 0 || seconds > bounds[bucket - 1]) << each;
  }
}

TEST(TimeBuckets, TheNativeBucketsArePowersOfTheEighthRootOfTwo) {
  const Layout& layout = TimeBuckets::layout();
  ASSERT_EQ(layout.schema, 3);
  for (std::uint64_t each = 1000; each < 1'000'000'000'000; each += each / 100) {
    const double seconds = static_cast<double>(each) / 1e9;
    const int native = layout.native_of[TimeBuckets::index(each)];
    ASSERT_LE(seconds, std::exp2(native / 8.0) * (1 + 1e-12)) << each;
    ASSERT_GT(seconds, std::exp2((native - 1) / 8.0) * (1 - 1e-12)) << each;
  }
  EXPECT_EQ(layout.zero_threshold, std::exp2(-20));
  EXPECT_EQ(TimeBuckets::index(953), 0U);
  EXPECT_EQ(TimeBuckets::index(954), 1U) << "2^-20 s are 953.67 ns";
}

TEST(SizeBuckets, APowerOfTwoIsTheLastSizeOfItsBucket) {
  const Layout& layout = SizeBuckets::layout();
  ASSERT_EQ(layout.schema, 0);
  EXPECT_EQ(SizeBuckets::index(0), 0U);
  EXPECT_EQ(layout.zero_threshold, 0);
  for (int power = 0; power < 32; ++power) {
    const std::uint64_t size = std::uint64_t{1} << static_cast<unsigned>(power);
    EXPECT_EQ(layout.native_of[SizeBuckets::index(size)], power) << size;
    EXPECT_EQ(layout.native_of[SizeBuckets::index(size + 1)], power + 1) << size;
  }
  EXPECT_EQ(SizeBuckets::index(std::numeric_limits<std::uint64_t>::max()), SizeBuckets::kCount - 1);
}

TEST(SizeBuckets, ExplicitBuckets) {
  const Layout& layout = SizeBuckets::layout();
  for (std::uint64_t each = 1; each < std::uint64_t{1} << 33U; each += 1 + each / 50) {
    const std::size_t bucket = layout.classic_of[SizeBuckets::index(each)];
    const auto size = static_cast<double>(each);
    ASSERT_TRUE(bucket == layout.bounds.size() || size <= layout.bounds[bucket]) << each;
    ASSERT_TRUE(bucket == 0 || size > layout.bounds[bucket - 1]) << each;
  }
}

}  // namespace
}  // namespace ofn::metrics
