#include "tracing/sampler.h"

#include <cmath>

#include <gtest/gtest.h>

namespace ofn::tracing {
namespace {

using otlp::SamplerKind;

SpanContext caller(bool sampled) {
  SpanContext context{.flags = sampled ? SpanContext::kSampled : std::uint8_t{0}};
  context.trace_id.fill(1);
  context.span_id.fill(1);
  return context;
}

TEST(Sampler, LetsTheCallerDecideIfItIsBasedOnParents) {
  const SpanContext yes = caller(true);
  const SpanContext no = caller(false);
  struct Case {
    const char* name;
    otlp::Sampler settings;
    bool first, of_sampled, of_unsampled;
  };
  const Case cases[] = {
      {"always_on", {SamplerKind::kAlwaysOn, 1, false}, true, true, true},
      {"always_off", {SamplerKind::kAlwaysOff, 1, false}, false, false, false},
      {"parentbased_always_on", {SamplerKind::kAlwaysOn, 1, true}, true, true, false},
      {"parentbased_always_off", {SamplerKind::kAlwaysOff, 1, true}, false, true, false},
      {"parentbased ratio 0", {SamplerKind::kTraceIdRatio, 0, true}, false, true, false},
      {"ratio 1", {SamplerKind::kTraceIdRatio, 1, false}, true, true, true},
      {"ratio 0", {SamplerKind::kTraceIdRatio, 0, false}, false, false, false},
  };
  for (const Case& c : cases) {
    const Sampler sampler(c.settings);
    EXPECT_EQ(sampler.samples(nullptr, yes.trace_id), c.first) << c.name;
    EXPECT_EQ(sampler.samples(&yes, yes.trace_id), c.of_sampled) << c.name;
    EXPECT_EQ(sampler.samples(&no, yes.trace_id), c.of_unsampled) << c.name;
  }
}

TEST(Sampler, ComparesTheLastSevenBytesWithTheRatio) {
  struct Case {
    double ratio;
    std::uint8_t highest;  // of the seven bytes; the others are 0
    bool sampled;
  };
  const Case cases[] = {{0.5, 0x80, true},   {0.5, 0x7F, false}, {0.25, 0xC0, true},
                        {0.25, 0xBF, false}, {0.75, 0x40, true}, {0.75, 0x3F, false}};
  for (const Case& c : cases) {
    TraceId id{};
    id[0] = 0xFF;  // not looked at
    id[9] = c.highest;
    const Sampler sampler({SamplerKind::kTraceIdRatio, c.ratio, true});
    EXPECT_EQ(sampler.samples(nullptr, id), c.sampled) << c.ratio << " " << int{c.highest};
  }
}

TEST(Sampler, ChoosesAboutTheRatioOfRandomIds) {
  Random random(5);
  const Sampler sampler({SamplerKind::kTraceIdRatio, 0.1, true});
  int sampled = 0;
  for (int i = 0; i < 10000; ++i)
    sampled += sampler.samples(nullptr, make_trace_id(random)) ? 1 : 0;
  EXPECT_NEAR(sampled, 1000, 100);
}

}  // namespace
}  // namespace ofn::tracing
