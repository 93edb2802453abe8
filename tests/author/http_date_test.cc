#include <chrono>
#include <cstdint>
#include <string>

#include <gtest/gtest.h>

#include <ofn/http_date.h>

namespace ofn {
namespace {

using std::chrono::seconds;

constexpr std::int64_t k1994 = 784'111'777;       // the date of the examples in RFC 9110
constexpr HttpTime kNow{seconds(1'796'000'000)};  // in 2026

TEST(HttpDateText, IsWritten) {
  struct Case {
    std::int64_t seconds;
    std::string_view text;
  };
  // The expected texts are those of Python's email.utils.format_datetime.
  for (const Case& each :
       {Case{k1994, "Sun, 06 Nov 1994 08:49:37 GMT"}, Case{0, "Thu, 01 Jan 1970 00:00:00 GMT"},
        Case{-1, "Wed, 31 Dec 1969 23:59:59 GMT"},
        Case{951'782'400, "Tue, 29 Feb 2000 00:00:00 GMT"},
        Case{4'107'542'400, "Mon, 01 Mar 2100 00:00:00 GMT"},
        Case{253'402'300'799, "Fri, 31 Dec 9999 23:59:59 GMT"},
        Case{253'402'300'800, "Fri, 31 Dec 9999 23:59:59 GMT"},
        Case{-62'167'219'200, "Sat, 01 Jan 0000 00:00:00 GMT"},
        Case{INT64_MIN, "Sat, 01 Jan 0000 00:00:00 GMT"},
        Case{INT64_MAX, "Fri, 31 Dec 9999 23:59:59 GMT"}}) {
    EXPECT_EQ(http_date(HttpTime(seconds(each.seconds))), each.text) << each.seconds;
  }
  EXPECT_EQ(http_date(std::chrono::system_clock::time_point(std::chrono::nanoseconds(-1))),
            "Wed, 31 Dec 1969 23:59:59 GMT");
}

TEST(HttpDateText, IsRead) {
  struct Case {
    std::string_view text;
    std::int64_t seconds;
  };
  for (const Case& each :
       {Case{"Sun, 06 Nov 1994 08:49:37 GMT", k1994}, Case{"Sunday, 06-Nov-94 08:49:37 GMT", k1994},
        Case{"Sun Nov  6 08:49:37 1994", k1994}, Case{"Sun Nov 16 08:49:37 1994", k1994 + 864'000},
        Case{"Mon, 06 Nov 1994 08:49:37 GMT", k1994},  // the weekday is wrong
        Case{"Wednesday, 09-Nov-94 08:49:37 GMT", k1994 + 3 * std::int64_t{86'400}},
        // At most 50 years after now, 2026.
        Case{"Sunday, 06-Nov-76 08:49:37 GMT", 3'371'878'177},
        Case{"Sunday, 06-Nov-77 08:49:37 GMT", 247'654'177},
        Case{"Thursday, 01-Jan-26 00:00:00 GMT", 1'767'225'600},
        Case{"Tue, 29 Feb 2000 00:00:00 GMT", 951'782'400},
        Case{"Sat, 31 Dec 2016 23:59:60 GMT", 1'483'228'799}}) {
    const auto read = parse_http_date(each.text, kNow);
    ASSERT_TRUE(read) << each.text;
    EXPECT_EQ(read->time_since_epoch().count(), each.seconds) << each.text;
  }
}

TEST(HttpDateText, IsRefused) {
  for (const std::string_view text : {"",
                                      "S",
                                      "Sun",
                                      "Sun,",
                                      "now",
                                      "0",
                                      "Sun, 06 Nov 1994 08:49:37",
                                      "Sun, 06 Nov 1994 08:49:37 UTC",
                                      "Sun, 06 Nov 1994 08:49:37 GMT ",
                                      " Sun, 06 Nov 1994 08:49:37 GMT",
                                      "Sun, 6 Nov 1994 08:49:37 GMT",
                                      "Sun, 06 nov 1994 08:49:37 GMT",
                                      "Sun, 06 Nov 1994 24:00:00 GMT",
                                      "Sun, 06 Nov 1994 08:60:00 GMT",
                                      "Sun, 06 Nov 1994 08:49:61 GMT",
                                      "Sun, 00 Nov 1994 08:49:37 GMT",
                                      "Sun, 31 Nov 1994 08:49:37 GMT",
                                      "Sun, 29 Feb 2100 08:49:37 GMT",
                                      "Sun, 06 Nov 94 08:49:37 GMT",
                                      "Sun, 06-Nov-94 08:49:37 GMT",
                                      "Sunday, 06-Nov-1994 08:49:37 GMT",
                                      "Monday, 6-Nov-94 08:49:37 GMT",
                                      "Sun Nov 6 08:49:37 1994",
                                      "Sun Nov  6 08:49:37 1994 GMT",
                                      "Sun, -6 Nov 1994 08:49:37 GMT"}) {
    EXPECT_FALSE(parse_http_date(text, kNow)) << text;
  }
}

TEST(HttpDateText, IsReadAsItWasWritten) {
  // Every 1.1 years and some hours, from the year 0 to 9999.
  for (std::int64_t at = -62'167'219'200; at < 253'402'300'799; at += 34'703'653) {
    const HttpTime time{seconds(at)};
    const std::string text = http_date(time);
    ASSERT_EQ(parse_http_date(text, kNow), time) << text;
  }
}

TEST(HttpDateText, IsRefusedWhereverItIsCut) {
  for (const std::string_view text :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994"}) {
    for (std::size_t size = 0; size < text.size(); ++size) {
      EXPECT_FALSE(parse_http_date(text.substr(0, size), kNow)) << text.substr(0, size);
    }
  }
}

}  // namespace
}  // namespace ofn
