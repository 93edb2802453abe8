#include "skywalking/segment_tracer.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "skywalking/traced_for_test.h"

namespace ofn::skywalking {
namespace {

using namespace std::chrono_literals;

const std::string kTrace = "0af7651916cd43dd8448eb211c80319c";

Reference caller() {
  return {.trace_id = kTrace,
          .segment_id = "their-segment",
          .span_id = 2,
          .service = "publish",
          .instance = "pod-0",
          .endpoint = "publish",
          .address = "orders"};
}

TEST(SegmentTracer, MakesASegmentOfARequest) {
  Traced traced({settings_for_test()}, {}, context_with(Runtime::kKnative, {}));
  const std::string sw8 = to_sw8(caller());
  traced.stage.headers = {
      {"Host", "shop.test:8080"}, {"SW8", sw8}, {"Authorization", "Bearer secret"}};
  traced.stage.begin(kEcho);
  traced.stage.clock.advance(20ms);
  settle(traced.stage.loop);
  traced.stage.run_to_end(kEcho);
  EXPECT_EQ(traced.text(), R"(trace 1 segment 2 of pay at pod-1
  Entry app::f 0 below -1, 20 ms, layer 6, component 5013
    from trace 1 segment 3 span 2 of publish at pod-0 serving publish to orders
    http.method = GET
    url = shop.test:8080/users/7
    status_code = 200
    runtime = Knative
    func = pay
)");
}

TEST(SegmentTracer, MakesASegmentOfADelivery) {
  Traced traced({settings_for_test()}, {}, context_with(Runtime::kKnative, {}));
  const std::string sw8 = to_sw8(caller());
  const std::vector<Field> fields = {{"sw8", sw8}, {"topic", "orders"}};
  const Trigger topic{.name = "orders", .component = "fn-orders", .kind = ComponentKind::kPubsub};
  const Trigger queue{.name = "queue", .component = "fn-queue"};
  traced.stage.deliver(kEcho, {.input = topic, .metadata = fields});
  traced.stage.deliver(kEcho, {.input = queue, .kind = CallKind::kBinding});
  EXPECT_EQ(traced.text(), R"(trace 1 segment 2 of pay at pod-1
  Entry app::f 0 below -1, 0 ms, layer 6, component 5013
    from trace 1 segment 3 span 2 of publish at pod-0 serving publish to orders
    component.type = pubsub
    runtime = Knative
    func = pay
trace 4 segment 5 of pay at pod-1
  Entry app::f 0 below -1, 0 ms, layer 6, component 5013
    component.type = bindings
    runtime = Knative
    func = pay
)");
}

TEST(SegmentTracer, SaysWhyACallFailed) {
  Traced traced({settings_for_test()}, {}, context_with(Runtime::kKnative, {}));
  traced.stage.call(kRefuse);
  EXPECT_EQ(traced.text().find("error"), std::string::npos) << "4xx is the client's";
  traced.stage.call(kThrow);
  const std::string text = traced.text();
  EXPECT_NE(text.find("component 5013, error\n"), std::string::npos) << text;
  EXPECT_NE(text.find("    log; event = error; error.kind = std::runtime_error; "
                      "message = the secret reason"),
            std::string::npos)
      << text;
}

TEST(SegmentTracer, MakesNoSegmentOfWhatNobodyWants) {
  struct Case {
    const char* name;
    bool is_sampled;  // by the caller
    otlp::Sampler sampler;
    bool is_recorded;
  };
  const otlp::Sampler off{.kind = otlp::SamplerKind::kAlwaysOff, .parent_based = false};
  for (const Case& c : {Case{"the caller's no", false, {}, false},
                        Case{"the caller's yes before our no", true, off, true}}) {
    Traced traced(settings_for_test(), c.sampler);
    Reference reference = caller();
    reference.is_sampled = c.is_sampled;
    const std::string sw8 = to_sw8(reference);
    traced.stage.headers = {{"sw8", sw8}};
    traced.stage.call(kEcho);
    EXPECT_EQ(!traced.text().empty(), c.is_recorded) << c.name;
    EXPECT_EQ(traced.sent(0) == reference, !c.is_recorded) << c.name << ": is passed on unchanged";
  }
  Traced traced(settings_for_test(), off);
  traced.stage.call(kEcho);
  EXPECT_EQ(traced.text(), "");
  EXPECT_TRUE(traced.stage.sidecar.calls().at(0).notation.empty());
}

TEST(SegmentTracer, AMalformedCallerBeginsATrace) {
  for (const std::string& sw8 : {std::string("1-x"), to_sw8(caller()) + "-", std::string()}) {
    Traced traced;
    traced.stage.headers = {{"sw8", sw8}};
    traced.stage.call(kEcho);
    EXPECT_EQ(traced.stage.status(), 200);
    EXPECT_EQ(traced.text().find("from"), std::string::npos);
    EXPECT_NE(traced.sent(0).trace_id, kTrace);
  }
  Traced twice;
  const std::string sw8 = to_sw8(caller());
  twice.stage.headers = {{"sw8", sw8}, {"sw8", sw8}};
  twice.stage.call(kEcho);
  EXPECT_NE(twice.sent(0).trace_id, kTrace);
}

TEST(SegmentTracer, TakesTheTraceOfAGatewayWithW3C) {
  Traced traced;
  const std::string traceparent = "00-" + kTrace + "-b7ad6b7169203331-00";
  traced.stage.headers = {{"traceparent", traceparent}, {"tracestate", "a=1"}};
  traced.stage.call(kEcho);
  EXPECT_EQ(traced.sent(0).trace_id, kTrace);
  EXPECT_EQ(traced.stage.sidecar.calls().at(0).traceparent, traceparent) << "goes on as it came";
  EXPECT_EQ(traced.stage.sidecar.calls().at(0).tracestate, "a=1");
}

TEST(SegmentTracer, AddsTheBaggageToTheCorrelation) {
  Settings settings = settings_for_test();
  settings.baggage = {{"team", "core"}, {"user", "own"}};
  Traced traced(settings);
  const std::string came = to_correlation(std::vector<Header>{{"user", "7"}, {"a", "b"}});
  traced.stage.headers = {{"sw8-correlation", came}};
  traced.stage.call(kEcho);
  const auto entries =
      parse_correlation(traced.stage.sidecar.calls().at(0).notation.at("sw8-correlation"));
  EXPECT_EQ(to_correlation(entries),
            to_correlation(std::vector<Header>{{"user", "own"}, {"a", "b"}, {"team", "core"}}));
}

TEST(SegmentTracer, RecordsARequestThatReachesNoFunction) {
  Traced traced;
  traced.tracer.ended({.start = {.method = "GET", .target = "/no?a=1"},
                       .outcome = {.status = 404, .refusal = Refusal::kNoRoute}});
  traced.tracer.ended({.start = {.method = "GET", .target = "/"},
                       .outcome = {.status = 200, .refusal = Refusal::kProbe}});
  EXPECT_EQ(traced.text(), R"(trace 1 segment 2 of pay at pod-1
  Entry pay 0 below -1, 0 ms, layer 6, component 5013
    http.method = GET
    url = /no
    status_code = 404
    runtime = Knative
    func = pay
)");
}

}  // namespace
}  // namespace ofn::skywalking
