#include "typed/number.h"

#include <cmath>
#include <string>

#include <gtest/gtest.h>

namespace ofn {
namespace {

TEST(TypedNumber, WholeOnesCountByTheirValue) {
  struct Case {
    std::string text;
    bool is_negative;
    std::uint64_t magnitude;
  };
  for (const Case& each : {
           Case{"0", false, 0},
           Case{"-0", false, 0},
           Case{"-0.0", false, 0},
           Case{"0e999999999999999999999", false, 0},
           Case{"0.000e-5", false, 0},
           Case{"1.0", false, 1},
           Case{"1e2", false, 100},
           Case{"1E+2", false, 100},
           Case{"-1.5e1", true, 15},
           Case{"100e-2", false, 1},
           Case{"1230.00e-1", false, 123},
           Case{"0.00012e5", false, 12},
           Case{"9007199254740993.0", false, 9007199254740993U},
           Case{"18446744073709551615.000", false, 18446744073709551615U},
           Case{"1.8446744073709551615e19", false, 18446744073709551615U},
           Case{"-9223372036854775808.0", true, 9223372036854775808U},
           Case{"1" + std::string(1000, '0') + "e-1000", false, 1},
           Case{"0." + std::string(1000, '0') + "7e1001", false, 7},
       }) {
    const auto number = parse_whole_number(each.text);
    ASSERT_TRUE(number) << each.text;
    EXPECT_EQ(number->is_negative, each.is_negative) << each.text;
    EXPECT_EQ(number->magnitude, each.magnitude) << each.text;
  }
}

TEST(TypedNumber, OtherNumbersHaveNoWholeValue) {
  for (const std::string& text :
       {std::string("1e-1"), std::string("0.1"), std::string("1.5"),
        std::string("9007199254740993.5"), std::string("18446744073709551616"), std::string("1e20"),
        std::string("1e400"), std::string("1e99999999999999999999"),
        std::string("1e-99999999999999999999"), std::string("-99999999999999999999.0"),
        std::string(1000, '9'), "1." + std::string(1000, '0') + "1"}) {
    EXPECT_FALSE(parse_whole_number(text)) << text;
  }
}

TEST(TypedNumber, TheNearestValue) {
  struct Case {
    std::string text;
    std::optional<double> nearest;
    std::optional<float> as_float;
  };
  for (const Case& each : {
           Case{"0.1", 0.1, 0.1F},
           Case{"1e400", std::nullopt, std::nullopt},
           Case{"-1e39", -1e39, std::nullopt},
           Case{"1e-400", 0.0, 0.0F},
           Case{"1e-60", 1e-60, 0.0F},
           Case{"1e99999999999999999999", std::nullopt, std::nullopt},
           Case{"1e-99999999999999999999", 0.0, 0.0F},
           Case{"0." + std::string(400, '0') + "1", 0.0, 0.0F},
           Case{"0." + std::string(400, '0') + "1e401", 1.0, 1.0F},
           Case{"1" + std::string(400, '0'), std::nullopt, std::nullopt},
           Case{"1" + std::string(400, '0') + "e-800", 0.0, 0.0F},
           Case{"0e999", 0.0, 0.0F},
       }) {
    SCOPED_TRACE(each.text);
    EXPECT_EQ(nearest_double(each.text), each.nearest);
    EXPECT_EQ(nearest_float(each.text), each.as_float);
  }
  EXPECT_TRUE(std::signbit(*nearest_double("-1e-400")));
}

}  // namespace
}  // namespace ofn
