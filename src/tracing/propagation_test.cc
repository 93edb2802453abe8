#include "tracing/propagation.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ofn::tracing {
namespace {

using otlp::Propagator;

constexpr std::string_view kTrace = "0af7651916cd43dd8448eb211c80319c";
constexpr std::string_view kSpan = "b7ad6b7169203331";
const std::string kParent = "00-" + std::string(kTrace) + "-" + std::string(kSpan) + "-01";
const std::string kOther = "00-" + std::string(kTrace) + "-1111111111111111-00";

std::string text_of(const std::optional<SpanContext>& context) {
  if (!context) return "none";
  const auto text = context->traceparent();
  return {text.data(), text.size()};
}

std::string parent_of(std::vector<Propagator> kinds, std::vector<Field> fields) {
  return text_of(Propagation(kinds, {}).read(fields).parent);
}

TEST(Propagation, ReadsTheNotationsThatAreWanted) {
  const std::vector<Field> w3c = {{"TraceParent", kParent}};
  const std::string single = std::string(kTrace) + "-" + std::string(kSpan) + "-1";
  const std::vector<Field> b3 = {{"b3", single}};
  const std::vector<Field> multi = {
      {"X-B3-TraceId", kTrace}, {"X-B3-SpanId", kSpan}, {"X-B3-Sampled", "1"}};
  const std::string blanks = " " + kParent + "\t";
  struct Case {
    const char* name;
    std::vector<Propagator> kinds;
    std::vector<Field> fields;
    std::string parent;
  };
  const Case cases[] = {
      {"w3c", {Propagator::kTraceContext}, w3c, kParent},
      {"w3c, not wanted", {Propagator::kBaggage, Propagator::kB3}, w3c, "none"},
      {"none is wanted", {}, w3c, "none"},
      {"b3", {Propagator::kB3}, b3, kParent},
      {"b3, not wanted", {Propagator::kTraceContext}, b3, "none"},
      {"b3multi", {Propagator::kB3Multi}, multi, kParent},
      {"b3multi, one header", {Propagator::kB3Multi}, b3, "none"},
      {"w3c before b3",
       {Propagator::kB3, Propagator::kTraceContext},
       {{"b3", single}, {"traceparent", kOther}},
       kOther},
      {"b3 if w3c is broken",
       {Propagator::kTraceContext, Propagator::kB3},
       {{"b3", single}, {"traceparent", "00-0"}},
       kParent},
      {"two traceparents",
       {Propagator::kTraceContext},
       {{"traceparent", kParent}, {"traceparent", kParent}},
       "none"},
      {"blanks around", {Propagator::kTraceContext}, {{"traceparent", blanks}}, kParent},
  };
  for (const Case& c : cases) EXPECT_EQ(parent_of(c.kinds, c.fields), c.parent) << c.name;
}

TEST(Propagation, ReadsB3) {
  const std::string ids = std::string(kTrace) + "-" + std::string(kSpan);
  const std::string head = "00-" + std::string(kTrace) + "-" + std::string(kSpan);
  struct Case {
    std::string value;
    std::string read;
  };
  const Case cases[] = {
      {ids + "-1", head + "-01"},
      {ids + "-0", head + "-00"},
      {ids + "-d", head + "-01"},
      {ids + "-1-05e3ac9a4f6e3b90", head + "-01"},
      {ids, head + "-01"},
      {"8448eb211c80319c-b7ad6b7169203331-1",
       "00-00000000000000008448eb211c80319c-b7ad6b7169203331-01"},
      {"0", "none"},
      {"", "none"},
      {ids + "-x", "none"},
      {ids + "-1-2-3", "none"},
      {"0-b7ad6b7169203331-1", "none"},
      {std::string(32, '0') + "-b7ad6b7169203331-1", "none"},
  };
  for (const Case& c : cases) EXPECT_EQ(text_of(parse_b3(c.value)), c.read) << c.value;
}

TEST(Propagation, ReadsSampledOfSeveralB3Headers) {
  const auto parent = [](std::string_view name, std::string_view value) {
    return parent_of({Propagator::kB3Multi},
                     {{"x-b3-traceid", kTrace}, {"x-b3-spanid", kSpan}, {name, value}});
  };
  EXPECT_TRUE(parent("x-b3-sampled", "0").ends_with("-00"));
  EXPECT_TRUE(parent("x-b3-sampled", "false").ends_with("-00"));
  EXPECT_TRUE(parent("x-b3-sampled", "true").ends_with("-01"));
  EXPECT_TRUE(parent("x-b3-flags", "1").ends_with("-01"));
}

TEST(Propagation, ReadsTheEventsOwnContext) {
  const Field fields[] = {{"ce-traceparent", kOther}, {"traceparent", kParent}};
  const std::vector<Propagator> kinds = {Propagator::kTraceContext};
  EXPECT_EQ(text_of(Propagation(kinds, {}).read(fields).event), kOther);
}

TEST(Propagation, KeepsAGoodTracestateOnly) {
  std::string many;
  for (int i = 0; i < 33; ++i) many += (i == 0 ? "" : ",") + ("k" + std::to_string(i)) + "=v";
  struct Case {
    std::string value;
    bool kept;
  };
  const Case cases[] = {
      {"rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", true},
      {"1a-_*/@b=x y", true},
      {"a=1, b=2,\t,", true},
      {"a", false},
      {"A=1", false},
      {"a=", false},
      {"a=b=c", false},
      {"a=\x01", false},
      {"=1", false},
      {many, false},
      {many.substr(0, many.rfind(',')), true},
      {"a=" + std::string(256, 'x') + ",b=" + std::string(256, 'x'), false},
  };
  for (const Case& c : cases)
    EXPECT_EQ(checked_tracestate(c.value), c.kept ? c.value : "") << c.value;
  const Propagation propagation(std::vector{Propagator::kTraceContext}, {});
  const Field without_parent[] = {{"tracestate", "a=1"}};
  EXPECT_EQ(propagation.read(without_parent).tracestate, "");
}

TEST(Propagation, KeepsBaggageUpToTheFirstBadEntry) {
  std::string many = "k0=v";
  for (int i = 1; i < 70; ++i) many += ",k" + std::to_string(i) + "=v";
  const std::string most = many.substr(0, many.find(",k64="));
  const std::string large = "a=" + std::string(8000, 'x');
  struct Case {
    std::string value;
    std::string kept;
  };
  const Case cases[] = {
      {"user=7,team=a%20b;p=1", "user=7,team=a%20b;p=1"},
      {"user = 7 , b=2", "user = 7 , b=2"},
      {"user=7,bad,b=2", "user=7"},
      {"user=7,b=\"x\"", "user=7"},
      {"bad", ""},
      {"a b=1", ""},
      {"a=1;p=\x01", ""},
      {many, most},
      {large + ",b=" + std::string(300, 'y'), large},
      {"a=" + std::string(9000, 'x'), ""},
  };
  for (const Case& c : cases) EXPECT_EQ(checked_baggage(c.value), c.kept) << c.value.substr(0, 40);
}

TEST(Propagation, AddsItsOwnBaggageFirst) {
  std::string kept;
  const std::vector<Propagator> kinds = {Propagator::kBaggage};
  const Propagation plain(kinds, {});
  EXPECT_EQ(plain.outgoing("a=1", kept), "a=1");
  const Propagation own(kinds, {{"key", "va,lue %"}, {"bad key", "x"}});
  EXPECT_EQ(own.outgoing("", kept), "key=va%2Clue%20%25");
  EXPECT_EQ(own.outgoing("a=1", kept), "key=va%2Clue%20%25,a=1");
  const Propagation unwanted(std::vector{Propagator::kTraceContext}, {{"key", "value"}});
  EXPECT_EQ(unwanted.outgoing("", kept), "");
}

}  // namespace
}  // namespace ofn::tracing
