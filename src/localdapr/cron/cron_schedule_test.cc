#include "localdapr/cron/cron_schedule.h"

#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "localdapr/go/rfc3339.h"

namespace ofn::localdapr {
namespace {

using namespace std::chrono_literals;

std::chrono::seconds utc(SystemTime /*moment*/) { return 0s; }
std::chrono::seconds india(SystemTime /*moment*/) { return 5h + 30min; }
// Central Europe in 2026: summer time lasts from the 29th of March, 01:00 UTC, to the 25th of
// October.
std::chrono::seconds europe(SystemTime moment) {
  const bool summer = moment >= *parse_rfc3339("2026-03-29T01:00:00Z") &&
                      moment < *parse_rfc3339("2026-10-25T01:00:00Z");
  return summer ? 2h : 1h;
}

// On the 6th of September 2026, the hour from midnight (04:00 UTC) is skipped.
std::chrono::seconds chile(SystemTime moment) {
  return moment >= *parse_rfc3339("2026-09-06T04:00:00Z") ? -3h : -4h;
}
// On the 5th of April 2026, the clocks go from 00:30 (13:00 UTC on the 4th) back to midnight.
std::chrono::seconds half_an_hour(SystemTime moment) {
  return moment >= *parse_rfc3339("2026-04-04T13:00:00Z") ? 11h : 11h + 30min;
}

TEST(CronScheduleTest, FiresNext) {
  struct Case {
    std::string_view expression;
    std::string_view now;
    std::string_view next;  // empty if there is none
    std::chrono::seconds (*offset)(SystemTime) = utc;
  };
  for (const Case& c : {
           Case{"* * * * * *", "2026-01-31T23:59:59Z", "2026-02-01T00:00:00Z"},
           Case{"15 * * * * *", "2026-01-01T00:00:14Z", "2026-01-01T00:00:15Z"},
           Case{"15 * * * * *", "2026-01-01T00:00:15Z", "2026-01-01T00:01:15Z"},
           Case{"*/15 * * * * *", "2026-01-01T00:00:46Z", "2026-01-01T00:01:00Z"},
           Case{"0 30 * * * *", "2026-01-01T00:30:00Z", "2026-01-01T01:30:00Z"},
           Case{"30 * * * *", "2026-01-01T00:29:59Z", "2026-01-01T00:30:00Z"},
           Case{"5/20 * * * * *", "2026-01-01T00:00:26Z", "2026-01-01T00:00:45Z"},
           Case{"10-12,58 * * * * *", "2026-01-01T00:00:12Z", "2026-01-01T00:00:58Z"},
           Case{"10-40/10 * * * * *", "2026-01-01T00:00:31Z", "2026-01-01T00:00:40Z"},
           Case{"0 0 0 29 2 ?", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"},
           Case{"0 0 0 30 2 *", "2026-01-01T00:00:00Z", ""},
           Case{"0 0 0 * JUN-aug MON", "2026-06-29T00:00:00Z", "2026-07-06T00:00:00Z"},
           // Both days are restrictions, so one of them must match.
           Case{"0 0 0 13 * FRI", "2026-01-09T00:00:00Z", "2026-01-13T00:00:00Z"},
           Case{"0 0 0 13 * FRI", "2026-01-13T00:00:00Z", "2026-01-16T00:00:00Z"},
           Case{"0 0 9 * * 1-5", "2026-01-02T09:00:00Z", "2026-01-05T09:00:00Z"},
           Case{"@hourly", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"},
           Case{"@daily", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"},
           Case{"@midnight", "2026-01-01T23:59:59Z", "2026-01-02T00:00:00Z"},
           Case{"@weekly", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z"},
           Case{"@monthly", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"},
           Case{"@yearly", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"},
           Case{"@annually", "2026-06-01T00:00:00Z", "2027-01-01T00:00:00Z"},
           Case{"@every 90s", "2026-01-01T00:00:01Z", "2026-01-01T00:01:31Z"},
           Case{"@every 1h30m", "2026-01-01T00:00:00Z", "2026-01-01T01:30:00Z"},
           Case{"@every 10ms", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"},
           Case{"0 0 9 * * *", "2026-01-01T03:29:59Z", "2026-01-01T03:30:00Z", india},
           Case{"0 0 9 * * *", "2026-03-28T10:00:00Z", "2026-03-29T07:00:00Z", europe},
           Case{"0 0 9 * * *", "2026-10-24T10:00:00Z", "2026-10-25T08:00:00Z", europe},
       }) {
    const auto schedule = CronSchedule::parse(c.expression);
    ASSERT_TRUE(schedule) << c.expression << ": " << schedule.error().text();
    const auto next = schedule->next(*parse_rfc3339(c.now), c.offset);
    EXPECT_EQ(next ? rfc3339(*next) : "", c.next) << c.expression << " after " << c.now;
  }
}

// As with daprd: the schedule does not fire at a skipped time, it fires twice at a time that comes
// twice, and a schedule for any hour continues regularly.
TEST(CronScheduleTest, FollowsTheClocks) {
  struct Case {
    std::string_view expression;
    std::string_view after;
    std::vector<std::string_view> fires;
    std::chrono::seconds (*offset)(SystemTime) = europe;
  };
  for (const Case& c : {
           Case{"* * * * *",
                "2026-10-25T00:57:30Z",
                {"2026-10-25T00:58:00Z", "2026-10-25T00:59:00Z", "2026-10-25T01:00:00Z",
                 "2026-10-25T01:01:00Z"}},
           Case{"@hourly",
                "2026-10-24T22:30:00Z",
                {"2026-10-24T23:00:00Z", "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z",
                 "2026-10-25T02:00:00Z"}},
           Case{"@hourly",
                "2026-03-28T23:30:00Z",
                {"2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"}},
           Case{"0 30 2 * * *",
                "2026-03-27T12:00:00Z",
                {"2026-03-28T01:30:00Z", "2026-03-30T00:30:00Z", "2026-03-31T00:30:00Z"}},
           Case{"0 30 2 * * *",
                "2026-10-24T12:00:00Z",
                {"2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z"}},
           Case{"59 59 1 25 10 *", "2026-10-24T12:00:00Z", {"2026-10-24T23:59:59Z"}},
           Case{"0 0 3 29 3 *", "2026-03-28T12:00:00Z", {"2026-03-29T01:00:00Z"}},
           Case{"30 30 2 29 3 *", "2026-03-01T00:00:00Z", {"2027-03-29T01:30:30Z"}},
           Case{"@daily",
                "2026-10-24T12:00:00Z",
                {"2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", "2026-10-26T23:00:00Z"}},
           // The day begins at one o'clock.
           Case{"@daily",
                "2026-09-04T12:00:00Z",
                {"2026-09-05T04:00:00Z", "2026-09-07T03:00:00Z"},
                chile},
           // The change is half an hour, and does not begin at a full hour.
           Case{"0 15 0 * * *",
                "2026-04-04T10:00:00Z",
                {"2026-04-04T12:45:00Z", "2026-04-04T13:15:00Z", "2026-04-05T13:15:00Z"},
                half_an_hour},
       }) {
    const auto schedule = CronSchedule::parse(c.expression);
    SystemTime now = *parse_rfc3339(c.after);
    for (const std::string_view fires : c.fires) {
      const auto next = schedule->next(now, c.offset);
      ASSERT_TRUE(next) << c.expression;
      EXPECT_EQ(rfc3339(*next), fires) << c.expression << " after " << rfc3339(now);
      now = *next;
    }
  }
}

TEST(CronScheduleTest, EndsForWhatIsRareOrNever) {
  struct Case {
    std::string_view expression;
    std::string_view now;
    std::string_view next;
  };
  for (const Case& c : {
           Case{"0 0 0 29 2 *", "2024-02-29T00:00:00Z", "2028-02-28T23:00:00Z"},
           Case{"59 59 23 31 12 *", "2026-12-31T22:59:59Z", "2027-12-31T22:59:59Z"},
           Case{"0 0 0 30 2 *", "2026-01-01T00:00:00Z", ""},
           Case{"* * * 31 4,6,9,11 *", "2026-01-01T00:00:00Z", ""},
       }) {
    int asked = 0;
    const UtcOffset counted = [&asked](SystemTime moment) {
      ++asked;
      return europe(moment);
    };
    const auto next = CronSchedule::parse(c.expression)->next(*parse_rfc3339(c.now), counted);
    EXPECT_EQ(next ? rfc3339(*next) : "", c.next) << c.expression;
    EXPECT_LT(asked, 5'000) << c.expression;
  }
}

TEST(CronScheduleTest, NeverStandsStill) {
  for (std::string_view expression : {"0 30 2 * * *", "0 */20 * * * *", "30 30 2 29 3 *"}) {
    const auto schedule = CronSchedule::parse(expression);
    SystemTime now = *parse_rfc3339("2026-03-28T00:00:00Z");
    for (int i = 0; i < 200; ++i) {
      const auto next = schedule->next(now, europe);
      ASSERT_TRUE(next);
      ASSERT_GT(*next, now) << expression << " at " << rfc3339(now);
      now = *next;
    }
  }
}

TEST(CronScheduleTest, SaysWhatIsWrong) {
  struct Case {
    std::string_view expression;
    std::string_view message;
  };
  for (const Case& c : {
           Case{"", "schedule: expected 5 to 6 fields, found 0"},
           Case{"* * * *", "schedule: expected 5 to 6 fields, found 4"},
           Case{"* * * * * * *", "schedule: expected 5 to 6 fields, found 7"},
           Case{"60 * * * * *", "schedule: seconds '60' is out of range; expected 0 to 59"},
           Case{"* * * 0 * *", "schedule: day of month '0' is out of range; expected 1 to 31"},
           Case{"* * 5-3 * * *", "schedule: hours '5-3' is out of range; expected 0 to 23"},
           Case{"* x * * * *", "schedule: minutes 'x' is not a number, a name, a range or *"},
           Case{"* * * * * MOND",
                "schedule: day of week 'MOND' is not a number, a name, a range or *"},
           Case{"*/0 * * * * *",
                "schedule: seconds '*/0' has a step that is not a positive number"},
           Case{"*/x * * * * *",
                "schedule: seconds '*/x' has a step that is not a positive number"},
           Case{", * * * * *", "schedule: seconds ',' names no value"},
           Case{"99999999999 * * * * *",
                "schedule: seconds '99999999999' is not a number, a name, a range or *"},
           Case{"@every soon", "schedule: 'soon' is not a duration such as 30s or 1h15m"},
           Case{"@every 5", "schedule: '5' is not a duration such as 30s or 1h15m"},
           Case{"@fortnightly",
                "schedule: unrecognized descriptor '@fortnightly'; expected @yearly, @monthly, "
                "@weekly, @daily, @hourly or @every DURATION"},
       }) {
    const auto schedule = CronSchedule::parse(c.expression);
    ASSERT_FALSE(schedule) << c.expression;
    EXPECT_EQ(schedule.error().message(), c.message);
  }
  // No prefix of an expression crashes the program.
  constexpr std::string_view kLong = "*/5,1-2 10-40/10 1,2 ? JAN-MAR MON-FRI";
  for (std::size_t cut = 0; cut < kLong.size(); ++cut)
    (void)CronSchedule::parse(kLong.substr(0, cut));
}

}  // namespace
}  // namespace ofn::localdapr
