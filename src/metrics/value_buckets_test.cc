#include "metrics/value_buckets.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "metrics/histogram.h"

namespace ofn::metrics {
namespace {

const std::vector<double> kCases[] = {
    {},
    {0},
    {0, 1, 5},
    {1e-9, 1e-7, 0.5, 1, 1.01, 1.02, 1e30},
    {0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10},
};

// Values at, just below and just above every bound of both kinds, and the ends of the range.
std::vector<double> values_near(const std::vector<double>& bounds) {
  std::vector<double> values = {0, 1e-300, 5e-324, std::numeric_limits<double>::max()};
  const auto add = [&](double bound) {
    for (const double value :
         {bound, std::nextafter(bound, 0), std::nextafter(bound, bound + bound + 1)})
      values.push_back(value);
  };
  for (const double bound : bounds) add(bound);
  for (int i = -90; i <= 170; ++i) add(std::exp2(i / 4.0));
  return values;
}

TEST(ValueBuckets, EachValueIsInTheExplicitBucketOfItsBounds) {
  for (const auto& bounds : kCases) {
    const ValueBuckets buckets(bounds);
    ASSERT_EQ(buckets.layout().bounds.size(), bounds.size());
    for (const double value : values_near(bounds)) {
      std::size_t expected = 0;
      while (expected < bounds.size() && value > bounds[expected]) ++expected;
      const std::size_t fine = buckets.index(value);
      ASSERT_LT(fine, buckets.count());
      EXPECT_EQ(buckets.layout().classic_of[fine], expected) << value;
    }
  }
}

TEST(ValueBuckets, EachValueIsInTheNativeBucketOfItsSize) {
  for (const auto& bounds : kCases) {
    const ValueBuckets buckets(bounds);
    const Layout& layout = buckets.layout();
    EXPECT_EQ(layout.zero_threshold, std::exp2(-20));
    for (const double value : values_near(bounds)) {
      const std::size_t fine = buckets.index(value);
      EXPECT_EQ(fine < layout.zeros, value <= layout.zero_threshold) << value;
      if (fine < layout.zeros) continue;
      const int native = layout.native_of[fine];
      if (native <= 160) {
        EXPECT_LE(value, std::exp2(native / 4.0) * (1 + 1e-15)) << value;
      }
      EXPECT_GT(value, std::exp2((native - 1) / 4.0) * (1 - 1e-15)) << value;
    }
  }
}

}  // namespace
}  // namespace ofn::metrics
