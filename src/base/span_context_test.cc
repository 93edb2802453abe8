#include "base/span_context.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace ofn {
namespace {

const std::string kTrace = "0af7651916cd43dd8448eb211c80319c";
const std::string kSpan = "b7ad6b7169203331";
const std::string kGood = "00-" + kTrace + "-" + kSpan + "-01";

std::string text_of(const SpanContext& context) {
  const auto text = context.traceparent();
  return {text.data(), text.size()};
}
std::string again(const std::string& text) {
  const auto context = SpanContext::parse(text);
  return context ? text_of(*context) : "invalid";
}

TEST(SpanContext, IsReadAndWritten) {
  const auto context = SpanContext::parse(kGood);
  ASSERT_TRUE(context);
  EXPECT_EQ(context->trace_id[0], 0x0A);
  EXPECT_EQ(context->trace_id[15], 0x9C);
  EXPECT_EQ(context->span_id[0], 0xB7);
  EXPECT_EQ(context->span_id[7], 0x31);
  EXPECT_TRUE(context->sampled());
  EXPECT_EQ(text_of(*context), kGood);
}

TEST(SpanContext, IsInvalidWhenItsTextIsCutAtAnyByte) {
  for (std::size_t size = 0; size < kGood.size(); ++size)
    EXPECT_FALSE(SpanContext::parse(kGood.substr(0, size))) << size;
}

TEST(SpanContext, IsInvalidWithAnyOtherByteAtAnyPlace) {
  for (std::size_t at = 0; at < kGood.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      const char c = static_cast<char>(byte);
      std::string text = kGood;
      text[at] = c;
      const bool is_dash = at == 2 || at == 35 || at == 52;
      const bool is_digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
      const bool is_good = is_dash ? c == '-' : is_digit;
      EXPECT_EQ(SpanContext::parse(text).has_value(), is_good) << text;
    }
  }
}

TEST(SpanContext, FollowsTheRulesOfTheSpecification) {
  struct Case {
    const char* name;
    std::string text;
    std::string read;
  };
  const std::string ids = "-" + kTrace + "-" + kSpan + "-";
  const Case cases[] = {
      {"not sampled", "00" + ids + "00", "00" + ids + "00"},
      {"random", "00" + ids + "03", "00" + ids + "03"},
      {"unknown flags are left out", "00" + ids + "ff", "00" + ids + "03"},
      {"version ff", "ff" + ids + "01", "invalid"},
      {"a later version", "cc" + ids + "01", "00" + ids + "01"},
      {"a later version with more", "cc" + ids + "01-what-comes", "00" + ids + "01"},
      {"a later version with more, without a dash", "cc" + ids + "01.x", "invalid"},
      {"version 00 with more", "00" + ids + "01-x", "invalid"},
      {"a trace of zeros", "00-" + std::string(32, '0') + "-" + kSpan + "-01", "invalid"},
      {"a span of zeros", "00-" + kTrace + "-" + std::string(16, '0') + "-01", "invalid"},
      {"upper case", "00-0AF7651916CD43DD8448EB211C80319C-" + kSpan + "-01", "invalid"},
      {"a blank before", " " + kGood, "invalid"},
      {"a blank behind", kGood + " ", "invalid"},
  };
  for (const Case& c : cases) EXPECT_EQ(again(c.text), c.read) << c.name;
}

TEST(SpanContext, HasRandomIds) {
  Random random(7);
  std::set<TraceId> traces;
  std::set<SpanId> spans;
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(traces.insert(make_trace_id(random)).second);
    EXPECT_TRUE(spans.insert(make_span_id(random)).second);
  }
}

TEST(SpanContext, ReadsAnIdOfItsSizeOnly) {
  TraceId trace{};
  SpanId span{};
  EXPECT_TRUE(read_hex(kTrace, trace));
  EXPECT_TRUE(read_hex(kSpan, span));
  EXPECT_EQ(trace[1], 0xF7);
  EXPECT_EQ(span[1], 0xAD);
  EXPECT_FALSE(read_hex(kSpan, trace));
  EXPECT_FALSE(read_hex(kTrace, span));
}

}  // namespace
}  // namespace ofn
