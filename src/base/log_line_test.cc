#include "base/log_line.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "base/call_fields.h"
#include "base/random.h"

namespace ofn {
namespace {

constexpr std::int64_t kMoment = 1'763'825'880'123'456;  // 2025-11-22T15:38:00.123456Z
constexpr std::string_view kTraceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

std::string line(const LogShape& shape, Level level, std::string_view message,
                 std::span<const LogField> fields = {}, std::vector<LogField> authors = {}) {
  GrowingText text;
  LogLine<GrowingText&> composed(text, shape);
  composed.begin(kMoment, level, message);
  for (const LogField& field : fields) composed.field(field.name, field.value);
  for (const LogField& field : authors) composed.authors_field(field.name, field.value);
  composed.end();
  return text.take();
}

// What follows the message in JSON.
std::string json(std::vector<LogField> fields, std::vector<LogField> authors = {}) {
  const std::string text = line({}, Level::kInfo, "m", fields, std::move(authors));
  const std::string begin =
      R"({"time":"2025-11-22T15:38:00.123456Z","severity":"INFO","level":"info","message":"m")";
  EXPECT_EQ(text.substr(0, begin.size()), begin);
  return text.substr(begin.size());
}

TEST(LogLine, WritesEachKindOfValue) {
  const struct {
    const char* name;
    LogValue value;
    std::string_view expected;
  } cases[] = {
      {"text", "archive", R"("archive")"},
      {"no text", LogValue(), R"("")"},
      {"null", static_cast<const char*>(nullptr), R"("")"},
      {"integer", -5, "-5"},
      {"the least", std::numeric_limits<std::int64_t>::min(), "-9223372036854775808"},
      {"the greatest", std::numeric_limits<std::uint64_t>::max(), "18446744073709551615"},
      {"real", 0.1, "0.1"},
      {"large real", 1e300, "1e+300"},
      {"float", 2.5F, "2.5"},
      {"not a number", std::nan(""), R"("NaN")"},
      {"infinite", -std::numeric_limits<double>::infinity(), R"("-Infinity")"},
      {"true", true, "true"},
      {"false", false, "false"},
      {"escapes", "a\"b\\\n\x01\x7f", R"("a\"b\\\n\u0001\u007f")"},
      {"UTF-8", "gr\xc3\xbc\xc3\x9f", "\"gr\xc3\xbc\xc3\x9f\""},
      {"not UTF-8", "\xffz", R"("\u00ffz")"},
      {"line separators", "a\xc2\x85z\xe2\x80\xa8\xe2\x80\xa9", R"("a\u0085z\u2028\u2029")"},
      {"an escape behind eight bytes", "12345678\n12345678\t", R"("12345678\n12345678\u0009")"},
  };
  for (const auto& [name, value, expected] : cases)
    EXPECT_EQ(json({{"v", value}}), ",\"v\":" + std::string(expected) + "}") << name;
}

// The shortest text that gives the number again, as std::to_chars() writes it.
TEST(LogLine, WritesRealNumbersShortest) {
  std::vector<double> numbers = {0,      0.001,   0.0011, 0.00099, 1e-6,     0.000037,  1,
                                 10'000, 12'345,  99'999, 100'000, 99999.5,  0.1 + 0.2, 1.0 / 3,
                                 -0.5,   0.12345, 1e-300, 5e-324,  1234.5678};
  Random random(7);
  for (int i = 0; i < 20'000; ++i) {
    const auto nanoseconds = static_cast<double>(random() >> (i % 40 + 24));
    numbers.push_back(nanoseconds / 1e6);
    numbers.push_back(std::nextafter(nanoseconds / 1e6, 1e9));
  }
  for (const double number : numbers) {
    std::array<char, 32> room{};
    const std::string_view expected(room.data(),
                                    std::to_chars(room.data(), room.data() + 32, number).ptr);
    LogRoom own{};
    ASSERT_EQ(written(number, own), expected);
  }
}

TEST(LogLine, ACallHasItsIds) {
  EXPECT_EQ(json({{"request_id", "r1"}}), R"(,"request_id":"r1","execution_id":"r1"})");
  const CallFields fields(
      {.request = "r1", .execution = "e1", .trace = *SpanContext::parse(kTraceparent)});
  EXPECT_EQ(
      json({fields.span().begin(), fields.span().end()}),
      R"(,"execution_id":"e1","request_id":"r1","trace_id":"0af7651916cd43dd8448eb211c80319c",)"
      R"("span_id":"b7ad6b7169203331","trace_flags":"01"})");
  const CallFields copy(fields);
  EXPECT_EQ(json({copy.span().begin(), copy.span().end()}),
            json({fields.span().begin(), fields.span().end()}));
  EXPECT_NE(copy.span()[2].value.text().data(), fields.span()[2].value.text().data())
      << "the copy outlives what it was copied from";
  const CallFields untraced({.request = "r1", .trace = SpanContext::parse_or_empty("nonsense")});
  EXPECT_EQ(json({untraced.span().begin(), untraced.span().end()}),
            R"(,"request_id":"r1","execution_id":"r1"})");
}

TEST(LogLine, AnAuthorCannotReplaceTheLinesOwnFields) {
  EXPECT_EQ(json({{"request_id", "r1"}}, {{"message", "x"}, {"request_id", 1}, {"a\nb", 2}}),
            R"(,"request_id":"r1","execution_id":"r1","message_":"x","request_id_":1,"a\nb":2})");
}

TEST(LogLine, ForPeople) {
  const LogShape shape{.format = LogFormat::kReadable};
  const std::vector<LogField> fields = {
      {"execution_id", "e1"}, {"request_id", "r1"},    {"trace_id", "t1"}, {"span_id", "s1"},
      {"trace_flags", "01"},  {"why", "no such file"}, {"empty", ""},      {"n", 1.5}};
  EXPECT_EQ(line(shape, Level::kWarning, "output failed", fields, {{"a b", "two\nlines"}}),
            "15:38:00.123 warning output failed request_id=r1 trace_id=t1 why=\"no such file\" "
            "empty=\"\" n=1.5 \"a b\"=\"two\\nlines\"");
  EXPECT_EQ(line(shape, Level::kError, "two\nlines"), "15:38:00.123 error \"two\\nlines\"");
}

TEST(LogLine, ForElastic) {
  const LogShape shape{.format = LogFormat::kEcs, .service = "shop", .version = "shop-7"};
  CallFields fields({.request = "r1", .trace = *SpanContext::parse(kTraceparent)});
  fields.add("function", "pay").add("location", "a:b.cc:12").add("method", "GET");
  fields.add("path", "/a").add("status", 200).add("bytes_in", 1).add("bytes_out", 2);
  fields.add("duration_ms", 1.5).add("protocol", "HTTP/1.1").add("error", "e").add("url", "u");
  EXPECT_EQ(line(shape, Level::kInfo, "m", fields.span(), {{"message", "x"}}),
            R"({"@timestamp":"2025-11-22T15:38:00.123456Z","log.level":"info","message":"m",)"
            R"("ecs.version":"8.11.0","service.name":"shop","service.version":"shop-7",)"
            R"("http.request.id":"r1","faas.execution":"r1",)"
            R"("trace.id":"0af7651916cd43dd8448eb211c80319c","span.id":"b7ad6b7169203331",)"
            R"("labels.trace_flags":"01","faas.name":"pay","log.origin.file.name":"a:b.cc",)"
            R"("log.origin.file.line":12,"http.request.method":"GET","url.path":"/a",)"
            R"("http.response.status_code":200,"http.request.body.bytes":1,)"
            R"("http.response.body.bytes":2,"event.duration":1500000,"http.version":"1.1",)"
            R"("error.message":"e","labels.url":"u","labels.message":"x"})");
}

TEST(LogLine, ForGoogleCloud) {
  const LogShape shape{.format = LogFormat::kGcp, .project = "p1"};
  CallFields fields(
      {.request = "r1", .execution = "e1", .trace = *SpanContext::parse(kTraceparent)});
  fields.add("method", "GET").add("path", "/a").add("status", 200).add("bytes_in", 1);
  fields.add("bytes_out", 2).add("duration_ms", 1.5).add("protocol", "HTTP/1.1");
  fields.add("location", "pay.cc:12");
  EXPECT_EQ(
      line(shape, Level::kWarning, "m", fields.span(), {{"severity", "x"}}),
      R"({"time":"2025-11-22T15:38:00.123456Z","severity":"WARNING","message":"m",)"
      R"("logging.googleapis.com/labels":{"execution_id":"e1"},"request_id":"r1",)"
      R"("logging.googleapis.com/trace":"projects/p1/traces/0af7651916cd43dd8448eb211c80319c",)"
      R"("logging.googleapis.com/spanId":"b7ad6b7169203331",)"
      R"("logging.googleapis.com/trace_sampled":true,)"
      R"("httpRequest":{"requestMethod":"GET","requestUrl":"/a","status":200,)"
      R"("requestSize":"1","responseSize":"2","latency":"0.0015s","protocol":"HTTP/1.1"},)"
      R"("logging.googleapis.com/sourceLocation":{"file":"pay.cc","line":"12"},)"
      R"("severity_":"x"})");
  const std::vector<LogField> request = {{"method", "GET"}};
  EXPECT_TRUE(line(shape, Level::kInfo, "m", request, {{"a", 1}})
                  .ends_with(R"("httpRequest":{"requestMethod":"GET"},"a":1})"));
  EXPECT_TRUE(line(shape, Level::kInfo, "m", request)
                  .ends_with(R"("httpRequest":{"requestMethod":"GET"}})"));
}

TEST(LogLine, ErrorReportingGetsCrashes) {
  const LogShape shape{.format = LogFormat::kGcp, .service = "shop", .version = "shop-7"};
  const std::vector<LogField> fields = {
      {"trace_id", "t1"}, {"exception", "std::logic_error"}, {"signal", "SIGSEGV"}};
  EXPECT_EQ(
      line(shape, Level::kError, "m", fields).substr(71),
      R"("trace_id":"t1",)"
      R"("@type":"type.googleapis.com/google.devtools.clouderrorreporting.v1beta1.ReportedErrorEvent",)"
      R"("serviceContext":{"service":"shop","version":"shop-7"},)"
      R"("exception":"std::logic_error","signal":"SIGSEGV"})");
  const std::vector<LogField> draining = {{"signal", "SIGTERM"}};
  EXPECT_EQ(line(shape, Level::kInfo, "draining", draining).find("@type"), std::string::npos);
}

TEST(LogLine, Dates) {
  const struct {
    std::int64_t seconds;
    std::string_view expected;
  } cases[] = {{0, "1970-01-01T00:00:00.000000Z"},
               {951'782'399, "2000-02-28T23:59:59.000000Z"},
               {951'782'400, "2000-02-29T00:00:00.000000Z"},
               {951'868'800, "2000-03-01T00:00:00.000000Z"},
               {1'735'689'599, "2024-12-31T23:59:59.000000Z"},
               {4'107'542'400, "2100-03-01T00:00:00.000000Z"}};
  for (const auto& [seconds, expected] : cases)
    EXPECT_EQ(log_text::date_and_time(seconds * 1'000'000).view(), expected);
}

}  // namespace
}  // namespace ofn
