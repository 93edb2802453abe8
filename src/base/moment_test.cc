#include "base/moment.h"

#include <gtest/gtest.h>

namespace ofn {
namespace {

TEST(Moment, Times) {
  struct Case {
    const char* text;
    Moment moment;
    const char* back;
  };
  for (const Case& each : {
           Case{"1970-01-01T00:00:00Z", {}, "1970-01-01T00:00:00Z"},
           Case{"2026-11-30T06:37:28Z", {.seconds = 1796020648}, "2026-11-30T06:37:28Z"},
           Case{"2026-11-30T06:37:28.5+01:00",
                {.seconds = 1796017048, .nanoseconds = 500'000'000},
                "2026-11-30T05:37:28.500Z"},
           Case{"2026-11-29t23:30:00.000001-00:30",
                {.seconds = 1795996800, .nanoseconds = 1000},
                "2026-11-30T00:00:00.000001Z"},
           Case{"1969-12-31T23:59:59.123456789123z",
                {.seconds = -1, .nanoseconds = 123'456'789},
                "1969-12-31T23:59:59.123456789Z"},
           Case{"2016-12-31T23:59:60Z", {.seconds = 1483228800}, "2017-01-01T00:00:00Z"},
           Case{"0000-01-01T00:00:00Z", {.seconds = -62167219200}, "0000-01-01T00:00:00Z"},
           Case{"9999-12-31T23:59:59Z", {.seconds = 253402300799}, "9999-12-31T23:59:59Z"},
           Case{"2000-02-29T00:00:00Z", {.seconds = 951782400}, "2000-02-29T00:00:00Z"},
       }) {
    SCOPED_TRACE(each.text);
    EXPECT_EQ(parse_time(each.text), each.moment);
    EXPECT_EQ(time_text(each.moment), each.back);
    const std::string_view whole = each.text;
    for (std::size_t size = 0; size < whole.size(); ++size)
      EXPECT_FALSE(parse_time(whole.substr(0, size))) << size;
  }
}

TEST(Moment, WhatIsNoTime) {
  for (const char* text :
       {"2026-11-31T00:00:00Z", "2025-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:61Z", "2026-01-01T00:00:00", "2026-01-01 00:00:00Z",
        "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+0100",
        "2026-1-01T00:00:00Z", "+2026-01-01T00:00:00Z", "2026-01-01T00:00:00Zx", "2026-01-01"})
    EXPECT_FALSE(parse_time(text)) << text;
  EXPECT_FALSE(time_text({.seconds = 253402300800}));
  EXPECT_FALSE(time_text({.seconds = -62167219201}));
}

TEST(Moment, TimesOfCloudEvents) {
  for (const char* time :
       {"2018-04-05T17:31:00Z", "1985-04-12t23:20:50.52z", "1996-12-19T16:39:57-08:00",
        "1990-12-31T23:59:60Z", "2000-02-29T00:00:00.123456789012+23:59", "0000-01-01T00:00:00Z"}) {
    EXPECT_TRUE(parse_time(time).has_value()) << time;
  }
  for (const char* time : {"",
                           "yesterday",
                           "2018-04-05",
                           "2018-04-05T17:31:00",
                           "2018-04-05 17:31:00Z",
                           "2018-4-05T17:31:00Z",
                           "2018-13-05T17:31:00Z",
                           "2018-00-05T17:31:00Z",
                           "2018-04-31T17:31:00Z",
                           "1900-02-29T00:00:00Z",
                           "2018-04-05T24:00:00Z",
                           "2018-04-05T17:60:00Z",
                           "2018-04-05T17:31:61Z",
                           "2018-04-05T17:31:00.Z",
                           "2018-04-05T17:31:00+2:00",
                           "2018-04-05T17:31:00+24:00",
                           "2018-04-05T17:31:00+0200",
                           "2018-04-05T17:31:00Z ",
                           " 2018-04-05T17:31:00Z",
                           "+018-04-05T17:31:00Z",
                           "1522949460"}) {
    EXPECT_FALSE(parse_time(time)) << time;
  }
}

TEST(Moment, Durations) {
  struct Case {
    const char* text;
    Moment moment;
    const char* back;
  };
  for (const Case& each : {
           Case{"PT0S", {}, "PT0S"},
           Case{"PT1.5S", {.seconds = 1, .nanoseconds = 500'000'000}, "PT1.500S"},
           Case{"-PT1.5S", {.seconds = -2, .nanoseconds = 500'000'000}, "-PT1.500S"},
           Case{"-PT0,5S", {.seconds = -1, .nanoseconds = 500'000'000}, "-PT0.500S"},
           Case{"P1DT2H3M4S", {.seconds = 93784}, "PT26H3M4S"},
           Case{"P2W", {.seconds = 1209600}, "PT336H"},
           Case{"PT90M", {.seconds = 5400}, "PT1H30M"},
           Case{"-P1D", {.seconds = -86400}, "-PT24H"},
           Case{"PT9223372036854775807S",
                {.seconds = 9223372036854775807},
                "PT2562047788015215H30M7S"},
       }) {
    SCOPED_TRACE(each.text);
    EXPECT_EQ(parse_iso_duration(each.text), each.moment);
    EXPECT_EQ(iso_duration_text(each.moment), each.back);
    EXPECT_EQ(parse_iso_duration(each.back), each.moment);
  }
}

TEST(Moment, WhatIsNoDuration) {
  for (const char* text : {"",
                           "P",
                           "PT",
                           "P1DT",
                           "1S",
                           "PT1",
                           "PT1X",
                           "P1S",
                           "PT1D",
                           "PT1S1M",
                           "PT1H1H",
                           "P1Y",
                           "P1M",
                           "P1W1D",
                           "PT1.5M",
                           "PT.5S",
                           "PT1.S",
                           "PT-1S",
                           "+PT1S",
                           "PT1S ",
                           "P1DT1HT1M",
                           "PT9223372036854775808S",
                           "PT9223372036854775807M"})
    EXPECT_FALSE(parse_iso_duration(text)) << text;
}

}  // namespace
}  // namespace ofn
