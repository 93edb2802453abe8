#include "skywalking/author_spans.h"

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ofn/span.h>

#include "skywalking/traced_for_test.h"

namespace ofn::skywalking {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// What the authors' programs find while a test runs.
struct Lent {
  Lent() { internal::host_slot = &host; }
  Lent(const Lent&) = delete;
  Lent& operator=(const Lent&) = delete;
  ~Lent() { internal::host_slot = nullptr; }
  const abi::Host host{.log = {}, .spans = &CallSpans::host()};
};

std::string segment_of(const Function& function) {
  const Lent lent;
  Traced traced({settings_for_test()}, {}, context_with(Runtime::kKnative, {}));
  traced.stage.call(function);
  return traced.text();
}

TEST(AuthorSpans, AreLocalBelowTheCalls) {
  EXPECT_EQ(segment_of(http([](const abi::Call&, abi::Outcome& outcome) {
              Span outer("outer");
              outer.set("text", "a").set("integer", -3).set("share", 0.5).set("flag", true);
              Span inner("inner", outer);
              inner.failed("why");
              inner.end();
              Span("sibling").failed();
              set_attribute("order.id", "o-17");
              set_attribute("url", "mine");
              set_attribute("runtime", "mine");
              outcome.response = Response("ok\n");
            })),
            R"(trace 1 segment 2 of pay at pod-1
  Entry app::f 0 below -1, 0 ms, layer 6, component 5013
    http.method = GET
    url = /users/7
    status_code = 200
    runtime = Knative
    func = pay
    order.id = o-17
    url_ = mine
    runtime_ = mine
  Local outer 1 below 0, 0 ms, layer 0, component 5013
    text = a
    integer = -3
    share = 0.5
    flag = true
  Local inner 2 below 1, 0 ms, layer 0, component 5013, error
    log; event = error; message = why
  Local sibling 3 below 0, 0 ms, layer 0, component 5013, error
)");
}

TEST(AuthorSpans, AreNumberedBehindWhatTheCallHasSent) {
  const Lent lent;
  Traced traced;
  traced.stage.call(http([](const abi::Call&, abi::Outcome& outcome) {
    const Span outer("outer");
    const Span inner("inner", outer);
    outcome.response = Response("ok\n");
  }));
  const std::string text = traced.text();
  const auto last = traced.sent(traced.stage.sidecar.calls().size() - 1).span_id;
  EXPECT_GT(last, 0);
  const std::string outer = std::to_string(last + 1);
  EXPECT_THAT(text, HasSubstr("  Local outer " + outer + " below 0,"));
  EXPECT_THAT(text, HasSubstr("  Local inner " + std::to_string(last + 2) + " below " + outer));
}

TEST(AuthorSpans, ASegmentSaysHowManyAreMissing) {
  const std::string text = segment_of(http([](const abi::Call&, abi::Outcome& outcome) {
    for (std::size_t i = 0; i < CallSpans::kMost + 3; ++i) const Span span("one");
    outcome.response = Response("ok\n");
  }));
  EXPECT_THAT(text, HasSubstr(" at pod-1 cut\n"));
  EXPECT_THAT(text, HasSubstr("    ofn.dropped_spans = 3\n"));
  EXPECT_THAT(text, HasSubstr("  Local one 128 below 0,"));
}

}  // namespace
}  // namespace ofn::skywalking
