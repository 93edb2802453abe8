#include "skywalking/segment_sidecar.h"

#include <string>

#include <gtest/gtest.h>

#include "event/inner_event.h"
#include "skywalking/traced_for_test.h"

namespace ofn::skywalking {
namespace {

std::string value_of(const InnerEvent& inner, std::string_view name) {
  for (const Header& entry : inner.metadata) {
    if (entry.name == name) return entry.value;
  }
  return "(absent)";
}

TEST(SegmentSidecar, MakesAnExitSpanOfEachOutput) {
  Traced traced;
  traced.stage.body = "secret";
  traced.stage.call(kEcho);
  const std::string text = traced.text();
  EXPECT_EQ(text.substr(text.find("  Exit")),
            R"(  Exit create files 1 below 0, 0 ms, peer files, layer 2, component 5013
    component = c-files
  Exit send t 2 below 0, 0 ms, peer events, layer 4, component 5013
    mq.topic = t
    mq.broker = c-events
  Exit send queue 3 below 0, 0 ms, peer queue, layer 4, component 5013
    mq.queue = c-queue
)");
}

// Each message says from which of the spans it comes.
TEST(SegmentSidecar, PutsItsOwnSpanIntoTheCall) {
  Traced traced;
  traced.stage.call(kEcho);
  const std::string text = traced.text();
  for (std::size_t call = 0; call < 3; ++call) {
    const Reference sent = traced.sent(call);
    EXPECT_EQ("trace " + traced.reader.id(sent.trace_id) + " segment " +
                  traced.reader.id(sent.segment_id),
              "trace 1 segment 2");
    EXPECT_TRUE(sent.is_sampled);
    EXPECT_EQ(sent.span_id, static_cast<std::int32_t>(call) + 1);
    EXPECT_EQ(sent.service, "pay");
    EXPECT_EQ(sent.instance, "pod-1");
    EXPECT_EQ(sent.endpoint, "app::f");
    EXPECT_EQ(sent.address, traced.stage.sidecar.calls().at(call).output);
  }
}

TEST(SegmentSidecar, WrapsWhatGoesToATopicOrAQueue) {
  Traced traced;
  traced.stage.body = std::string("\0\xff", 2);
  traced.stage.headers = {{"sw8-correlation", "dXNlcg==:Nw=="}};
  traced.stage.call(kEcho);
  const auto& calls = traced.stage.sidecar.calls();
  EXPECT_EQ(calls.at(0).data, traced.stage.body) << "no queue";
  for (const std::size_t call : {1, 2}) {
    const auto inner = unwrap_inner_event(calls.at(call).data);
    ASSERT_TRUE(inner.has_value()) << calls.at(call).data;
    EXPECT_EQ(inner->data, traced.stage.body);
    EXPECT_EQ(value_of(*inner, "sw8"), to_sw8(traced.sent(call)));
    EXPECT_EQ(value_of(*inner, "sw8-correlation"), "dXNlcg==:Nw==");
  }
  EXPECT_EQ(calls.at(1).content_type, "text/plain");
  EXPECT_EQ(calls.at(1).metadata.at("ofn-content-type"), "application/octet-stream");
  EXPECT_NE(calls.at(1).data.find("\"type\":\"io.openfunction.function.shop.pay\""),
            std::string::npos);
  EXPECT_NE(calls.at(1).data.find("\"id\":\"" + calls.at(1).metadata.at("cloudevent.id") + "\""),
            std::string::npos);
}

TEST(SegmentSidecar, PassesOnWhatElseAnInnerEventHad) {
  Traced traced;
  const Trigger topic{.name = "orders", .component = "fn-orders", .kind = ComponentKind::kPubsub};
  const std::vector<Field> inner = {{"sw8", "1-broken"}, {"key", "value"}};
  traced.stage.deliver(kEcho, {.input = topic, .metadata = inner, .inner = inner});
  const auto sent = unwrap_inner_event(traced.stage.sidecar.calls().at(1).data);
  ASSERT_TRUE(sent.has_value());
  EXPECT_EQ(value_of(*sent, "key"), "value");
  EXPECT_TRUE(parse_sw8(value_of(*sent, "sw8")).has_value());
}

TEST(SegmentSidecar, WrapsNoEventAndNoRawData) {
  Traced traced;
  const SidecarOptions options{
      .deadline = {}, .traceparent = {}, .tracestate = {}, .output = "events"};
  const auto publish = [&](std::string_view type, std::vector<Header> metadata) {
    traced.sidecar.publish({.component = "c-events",
                            .topic = "t",
                            .data = "x",
                            .content_type = type,
                            .metadata = std::move(metadata)},
                           options, [](const SidecarResult&) {});
    return traced.stage.sidecar.calls().back().data;
  };
  EXPECT_EQ(publish("application/cloudevents+json", {}), "x");
  EXPECT_EQ(publish("text/plain", {{"rawPayload", "true"}}), "x");
  EXPECT_NE(publish("text/plain", {}), "x") << "also without a call";
  EXPECT_FALSE(traced.stage.sidecar.calls().back().metadata.contains("ofn-content-type"));
}

TEST(SegmentSidecar, WrapsTheTypesThatTheFamilyWraps) {
  struct Case {
    ComponentKind kind;
    const char* type;
    bool expected;
  };
  using enum ComponentKind;
  for (const Case& c : {Case{kPubsub, "pubsub.kafka", true},
                        {kPubsub, "", true},
                        {kBinding, "bindings.kafka", true},
                        {kBinding, "bindings.azure.storagequeues", true},
                        {kBinding, "bindings.mqtt3", false},
                        {kBinding, "bindings.http", false},
                        {kBinding, "", false}}) {
    Output one = output("o", c.kind);
    one.component_type = c.type;
    EXPECT_EQ(is_traceable(one), c.expected) << c.type;
  }
}

TEST(SegmentSidecar, SaysWhatFailed) {
  Traced traced;
  traced.stage.sidecar.script("c-files", {FakeSidecar::error(Code::kNotFound, "no")});
  traced.stage.call(kEcho);
  EXPECT_NE(traced.text().find("peer files, layer 2, component 5013, error"), std::string::npos);
}

// An answer that comes when the call has ended finds nothing to write to.
TEST(SegmentSidecar, GivesUpWhatHasNoAnswerAtTheEnd) {
  using namespace std::chrono_literals;
  Traced traced;
  traced.stage.sidecar.hold();
  traced.stage.begin(kEcho, traced.stage.loop.now() + 1s);
  traced.stage.run_to_end(kEcho);
  traced.stage.clock.advance(2s);
  settle(traced.stage.loop);
  EXPECT_EQ(traced.stage.status(), 504);
  const std::string text = traced.text();
  EXPECT_NE(text.find("peer files, layer 2, component 5013, error"), std::string::npos) << text;
  traced.stage.sidecar.release();
  settle(traced.stage.loop);
  EXPECT_EQ(traced.text(), "");
}

TEST(SegmentSidecar, DescribesTheOtherCalls) {
  struct Case {
    StoreCall call;
    std::string expected;
  };
  const Case cases[] = {
      {GetState{.store = "fn-cart", .key = "k"},
       "  Exit get fn-cart 1 below 0, 0 ms, peer fn-cart, layer 1, component 5013\n"
       "    db.type = postgresql\n"},
      {GetSecret{.store = "vault", .key = "k"},
       "  Exit GetSecret vault 1 below 0, 0 ms, peer vault, layer 2, component 5013\n"},
      {InvokeService{.app_id = "other", .method = "m?secret=1", .verb = "GET"},
       "  Exit InvokeService other 1 below 0, 0 ms, peer other, layer 3, component 5013\n"
       "    http.method = GET\n"},
  };
  for (const Case& c : cases) {
    Traced traced;
    TraceContext trace;
    const CallStart start{.method = "GET", .target = "/"};
    traced.tracer.began(start, trace);
    traced.sidecar.ask(c.call,
                       {.deadline = {}, .traceparent = trace.traceparent(), .tracestate = {}},
                       [](const StoreResult&) {});
    settle(traced.stage.loop);
    traced.tracer.ended({.start = start, .outcome = {.status = 200}, .trace = &trace});
    const std::string text = traced.text();
    EXPECT_EQ(text.substr(text.find("  Exit")), c.expected);
  }
}

TEST(SegmentSidecar, RecordsABoundedNumberOfSpans) {
  Traced traced;
  TraceContext trace;
  const CallStart start{.method = "GET", .target = "/"};
  traced.tracer.began(start, trace);
  for (std::size_t i = 0; i < SegmentSidecar::kMaxExits + 2; ++i) {
    traced.sidecar.invoke_binding(
        {.component = "c-files", .operation = "create", .data = {}, .metadata = {}},
        {.deadline = {}, .traceparent = trace.traceparent(), .tracestate = {}, .output = "files"},
        [](const SidecarResult&) {});
  }
  settle(traced.stage.loop);
  traced.tracer.ended({.start = start, .outcome = {.status = 200}, .trace = &trace});
  const std::string text = traced.text();
  EXPECT_NE(text.find(" at pod-1 cut\n"), std::string::npos);
  EXPECT_NE(text.find("create files 300 "), std::string::npos);
  EXPECT_EQ(text.find("create files 301 "), std::string::npos);
  EXPECT_EQ(traced.sent(SegmentSidecar::kMaxExits + 1).span_id, 0) << "the call's own";
}

}  // namespace
}  // namespace ofn::skywalking
