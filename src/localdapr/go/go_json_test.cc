#include "localdapr/go/go_json.h"

#include <gtest/gtest.h>

#include "localdapr/go/rfc3339.h"

namespace ofn::localdapr {
namespace {

TEST(GoJsonTest, WritesWhatGoWrites) {
  struct Case {
    std::string_view text;
    std::string_view decoded;  // through float64
    std::string_view exact;
  };
  for (const Case& c : {
           Case{R"({"b":1,"a":[true,null,"x"]})", R"({"a":[true,null,"x"],"b":1})",
                R"({"a":[true,null,"x"],"b":1})"},
           Case{"12345678901234567891", "12345678901234567000", "12345678901234567891"},
           Case{"1.0", "1", "1"},
           Case{"1e21", "1e+21", "1e+21"},
           Case{"123e18", "123000000000000000000", "123000000000000000000"},
           Case{"0.000001", "0.000001", "0.000001"},
           Case{"1e-7", "1e-7", "1e-7"},
           Case{"1.5e-10", "1.5e-10", "1.5e-10"},
           Case{"-0.5", "-0.5", "-0.5"},
           Case{"-1.5e20", "-150000000000000000000", "-150000000000000000000"},
           Case{"123456789012345680", "123456789012345680", "123456789012345680"},
           Case{R"("<&>\u00fc")", "\"\\u003c\\u0026\\u003e\xc3\xbc\"",
                "\"\\u003c\\u0026\\u003e\xc3\xbc\""},
           Case{"[]", "[]", "[]"},
           Case{" {} ", "{}", "{}"},
       }) {
    const auto value = parse_json(c.text);
    ASSERT_TRUE(value) << c.text;
    EXPECT_EQ(write_json(*value, GoNumbers::kFloat64), c.decoded) << c.text;
    EXPECT_EQ(write_json(*value, GoNumbers::kExact), c.exact) << c.text;
  }
}

TEST(GoJsonTest, RefusesWhatIsNoJson) {
  const std::string deep(1001, '[');
  for (const std::string& text : {std::string(), std::string("{"), std::string("{} x"),
                                  std::string("nope"), deep + std::string(1001, ']'), deep}) {
    EXPECT_FALSE(parse_json(text)) << text.substr(0, 20);
  }
  EXPECT_TRUE(parse_json(std::string(1000, '[') + std::string(1000, ']')));
}

TEST(GoJsonTest, ReadsTheFirstValue) {
  EXPECT_EQ(write_json(*parse_json_prefix(R"({"a":"}{\""} rest)"), GoNumbers::kExact),
            R"({"a":"}{\""})");
  EXPECT_FALSE(parse_json_prefix("{a} {}"));
}

TEST(Rfc3339Test, WritesAndReads) {
  const SystemTime moment{std::chrono::seconds(1'798'761'599)};
  EXPECT_EQ(rfc3339(moment), "2026-12-31T23:59:59Z");
  EXPECT_EQ(rfc3339(SystemTime()), "1970-01-01T00:00:00Z");
  for (std::string_view same : {"2026-12-31T23:59:59Z", "2026-12-31T23:59:59.5Z",
                                "2027-01-01T01:59:59+02:00", "2026-12-31T18:29:59-05:30"}) {
    EXPECT_EQ(parse_rfc3339(same), moment) << same;
  }
  for (std::string_view bad :
       {"", "2026-12-31", "2026-13-31T00:00:00Z", "2026-02-30T00:00:00Z", "2026-12-31T24:00:00Z",
        "2026-12-31T23:59:59", "2026-12-31T23:59:59.Z", "2026-12-31T23:59:59Zx",
        "2026-12-31 23:59:59Z", "2026-12-31T23:59:59+0200"}) {
    EXPECT_FALSE(parse_rfc3339(bad)) << bad;
  }
}

}  // namespace
}  // namespace ofn::localdapr
