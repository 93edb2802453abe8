#include "tracing/author_spans.h"

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ofn/span.h>

#include "invocation/stage_for_test.h"
#include "tracing/spans_for_test.h"
#include "tracing/tracer.h"

namespace ofn::tracing {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

// A traced loop, and a program of the author's that it serves.
struct Traced {
  explicit Traced(const otlp::TracesSettings& settings = {}) : rules(settings, {}) {
    stage.environment.observer = &tracer;
    stage.method = "GET";
    internal::host_slot = &host;
  }
  Traced(const Traced&) = delete;
  Traced& operator=(const Traced&) = delete;
  ~Traced() { internal::host_slot = nullptr; }

  std::string spans_of(const Function& function) {
    stage.call(function);
    return spans.text();
  }

  const abi::Host host{.log = {}, .spans = &CallSpans::host()};
  Stage stage{context_with(Runtime::kKnative, {})};
  SpansForTest spans{stage.loop};
  TraceRules rules;
  Tracer tracer{stage.loop, rules, spans.batch};
};

const Function kNested = http([](const abi::Call&, abi::Outcome& outcome) {
  Span outer("outer");
  outer.set("text", "a").set("integer", 3).set("flag", true);
  Span inner("inner", outer);
  inner.failed("why");
  set_attribute("order.id", "o-17");
  set_attribute("http.route", "/mine");
  outcome.response = Response("ok\n");
});

TEST(AuthorSpans, AreDescendantsOfTheCalls) {
  Traced traced;
  const std::string text = traced.spans_of(kNested);
  EXPECT_THAT(text, HasSubstr("  faas.coldstart = true\n"));
  EXPECT_THAT(text, HasSubstr("  order.id = \"o-17\"\n  http.route_ = \"/mine\"\n"));
  EXPECT_THAT(text, EndsWith(R"(INTERNAL outer
  trace 1, span 3, parent 2, 0 ms, flags 259
  text = "a"
  integer = 3
  flag = true
INTERNAL inner
  trace 1, span 4, parent 3, 0 ms, flags 259
  status error
    "why"
)"));
}

TEST(AuthorSpans, TheUsersLimitsHold) {
  otlp::TracesSettings settings;
  settings.limits.attributes = 2;
  settings.limits.attribute_value_length = 1;
  Traced traced(settings);
  traced.spans_of(kNested);
  const Function many = http([](const abi::Call&, abi::Outcome& outcome) {
    Span("one").set("a", "long").set("b", 1).set("c", 2);
    outcome.response = Response("ok\n");
  });
  EXPECT_THAT(traced.spans_of(many), HasSubstr("  a = \"l\"\n  b = 1\n  1 attributes dropped\n"));
}

TEST(AuthorSpans, TheCallSaysHowManyAreMissing) {
  Traced traced;
  const Function many = http([](const abi::Call&, abi::Outcome& outcome) {
    for (int i = 0; i < 1000; ++i) const Span span("one");
    outcome.response = Response("ok\n");
  });
  EXPECT_THAT(traced.spans_of(many), HasSubstr("  ofn.dropped_spans = 872\n"));
}

TEST(AuthorSpans, ACallThatIsNotSampledHasNone) {
  otlp::TracesSettings settings;
  settings.sampler.kind = otlp::SamplerKind::kAlwaysOff;
  Traced traced(settings);
  EXPECT_EQ(traced.spans_of(kNested), "");
}

TEST(AuthorSpans, TheNextCallHasItsOwn) {
  Traced traced;
  traced.spans_of(kNested);
  EXPECT_THAT(traced.spans_of(kEcho), Not(HasSubstr("INTERNAL")));
}

}  // namespace
}  // namespace ofn::tracing
