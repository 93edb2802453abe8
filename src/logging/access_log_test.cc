#include "logging/access_log.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "testing/recording_log.h"

namespace ofn {
namespace {

using namespace std::chrono_literals;

TEST(AccessLog, WritesWhatWasAskedAndAnswered) {
  Function pay{.name = "pay"};
  TraceContext trace;
  constexpr std::string_view kTraceparent =
      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  trace.begin(*SpanContext::parse(kTraceparent), kTraceparent, "");
  const CallRecord usual{.start = {.function = &pay,
                                   .id = "r1",
                                   .route = "/orders/{id}",
                                   .method = "POST",
                                   .target = "/orders/17?secret",
                                   .version = HttpVersion::k11},
                         .outcome = {.status = 200},
                         .answered = 1500us,
                         .bytes_in = 4,
                         .bytes_out = 3,
                         .trace = &trace};
  const std::string ids =
      "request_id=r1 trace_id=0af7651916cd43dd8448eb211c80319c span_id=b7ad6b7169203331 "
      "trace_flags=01 ";
  const auto changed = [&](auto change) {
    CallRecord record = usual;
    change(record);
    return record;
  };
  const std::string text =
      "info: request " + ids +
      "function=pay method=POST path=/orders/17 status=200 bytes_in=4 bytes_out=3 duration_ms=1.5 "
      "protocol=HTTP/1.1 route=/orders/{id}\n";
  const struct {
    const char* name;
    AccessLog::Which which;
    CallRecord record;
    std::string expected;
  } cases[] = {
      {"usual", AccessLog::Which::kAll, usual, text},
      {"no error", AccessLog::Which::kErrors, usual, ""},
      {"an execution id of its own", AccessLog::Which::kAll,
       changed([](CallRecord& record) { record.start.execution_id = "e1"; }),
       "info: request execution_id=e1 " + text.substr(14)},
      {"a probe", AccessLog::Which::kAll,
       changed([](CallRecord& record) { record.outcome.refusal = Refusal::kProbe; }), ""},
      {"no route", AccessLog::Which::kErrors,
       CallRecord{
           .start = {.id = "r1", .method = "GET", .target = "/a#b", .version = HttpVersion::k2},
           .outcome = {.status = 404, .refusal = Refusal::kNoRoute}},
       "info: request request_id=r1 method=GET path=/a status=404 bytes_in=0 bytes_out=0 "
       "duration_ms=0 protocol=HTTP/2\n"},
      {"no answer", AccessLog::Which::kErrors, CallRecord{.start = {.id = "r1"}},
       "info: request request_id=r1 bytes_in=0 bytes_out=0 duration_ms=0\n"},
      {"a delivery", AccessLog::Which::kAll,
       CallRecord{.start = {.function = &pay,
                            .id = "r1",
                            .route = "orders",
                            .kind = CallKind::kTopicEvent},
                  .outcome = {.status = 200},
                  .answered = 2ms,
                  .bytes_in = 7},
       "info: delivery request_id=r1 function=pay input=orders status=200 bytes_in=7 "
       "duration_ms=2\n"},
  };
  for (const auto& [name, which, record, expected] : cases) {
    testing::RecordingLog log;
    AccessLog(log, which).ended(record);
    EXPECT_EQ(log.text(), expected) << name;
  }
}

TEST(AccessLog, ALongPathIsCutBetweenTwoCharacters) {
  std::string target = "/" + std::string(1022, 'a') + "\xc3\xbc" + "b";
  testing::RecordingLog log;
  AccessLog(log, AccessLog::Which::kAll).ended({.start = {.method = "GET", .target = target}});
  EXPECT_NE(log.text().find("path=/" + std::string(1022, 'a') + " bytes_in"), std::string::npos);
}

}  // namespace
}  // namespace ofn
