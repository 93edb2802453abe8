#include "serving/async/message.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "serving/async/failures.h"

namespace ofn {
namespace {

const Trigger kTrigger;

std::string field(const Inbound& inbound, std::string_view name) {
  const Field* found = find_field(inbound.metadata, name);
  return found == nullptr ? "(absent)" : std::string(found->value);
}

TEST(Message, ATopicsEventIsItsDataWithTheEnvelopeBeside) {
  Message message;
  message.take({.id = "1",
                .source = "app",
                .type = "t",
                .spec_version = "1.0",
                .content_type = "text/plain",
                .data = std::string("\0d", 2),
                .topic = "orders",
                .component = "bus",
                .path = "/p",
                .extensions = {{"time", "2024-01-01T00:00:00Z"}, {"own", "x"}},
                .metadata = {{"__key", "k1"}}},
               {}, "made");
  const Inbound inbound = message.inbound(kTrigger, SteadyTime::max());
  EXPECT_EQ(inbound.data, std::string_view("\0d", 2));
  EXPECT_EQ(inbound.content_type, "text/plain");
  EXPECT_EQ(inbound.id, "1");
  EXPECT_EQ(field(inbound, "own"), "x");
  EXPECT_EQ(field(inbound, "__key"), "k1");
  EXPECT_EQ(inbound.event->extension("__key"), std::nullopt) << "the broker's, not the event's";
  EXPECT_EQ(field(inbound, "topic"), "orders");
  EXPECT_EQ(field(inbound, "pubsubname"), "bus");
  EXPECT_EQ(field(inbound, "path"), "/p");
  ASSERT_NE(inbound.event, nullptr);
  EXPECT_EQ(inbound.event->source(), "app");
  EXPECT_EQ(inbound.event->type(), "t");
  EXPECT_EQ(inbound.event->time(), "2024-01-01T00:00:00Z");
  EXPECT_EQ(inbound.event->extension("own"), "x");
  EXPECT_EQ(inbound.event->datacontenttype(), "text/plain");
}

TEST(Message, WhatNobodySaidIsMadeUp) {
  Message message;
  message.take({.data = "d", .topic = "orders", .component = "bus"}, {}, "made");
  const Inbound inbound = message.inbound(kTrigger, SteadyTime::max());
  EXPECT_EQ(inbound.id, "made");
  EXPECT_EQ(inbound.event->id(), "made");
  EXPECT_EQ(inbound.event->source(), "bus/orders");
  EXPECT_EQ(inbound.event->type(), "com.dapr.event.sent");
  EXPECT_EQ(inbound.event->specversion(), "1.0");
}

TEST(Message, ABindingsEventIsItsData) {
  Message message;
  message.take({.id = "before", .data = "before"}, {}, "");
  message.take({.component = "tick", .data = "", .metadata = {{"timeZone", "Local"}}}, {});
  const Inbound inbound = message.inbound(kTrigger, SteadyTime::max());
  EXPECT_EQ(inbound.data, "");
  EXPECT_EQ(inbound.event, nullptr);
  EXPECT_EQ(inbound.id, "");
  EXPECT_EQ(field(inbound, "timezone"), "Local");
}

TEST(Message, TheTraceOfTheMessageGoesBeforeTheCalls) {
  Message message;
  message.take({.data = {}, .extensions = {{"traceparent", "own"}}}, {"calls", "s"}, "");
  EXPECT_EQ(field(message.inbound(kTrigger, {}), "traceparent"), "own");
  EXPECT_EQ(field(message.inbound(kTrigger, {}), "tracestate"), "(absent)");
  message.take({.data = {}, .extensions = {{"traceparent", ""}}}, {"calls", "s"}, "");
  EXPECT_EQ(field(message.inbound(kTrigger, {}), "traceparent"), "calls");
  EXPECT_EQ(field(message.inbound(kTrigger, {}), "tracestate"), "s");
  message.take({.component = "tick"}, {"calls", ""});
  EXPECT_EQ(field(message.inbound(kTrigger, {}), "traceparent"), "calls");
  // Two may say it, a sibling's inner event and its envelope.
  message.take({.type = "io.openfunction.function.ns.f",
                .data = R"({"userData":null,"metadata":{"traceparent":""}})",
                .extensions = {{"traceparent", "own"}}},
               {"calls", "s"}, "");
  for (const Field& each : message.inbound(kTrigger, {}).metadata) EXPECT_NE(each.value, "calls");
}

TEST(Message, KeepsTheTraceOfTheCallApart) {
  Message message;
  message.take({.data = {}, .extensions = {{"traceparent", "own"}}}, {"calls", "s", "user=7"}, "");
  EXPECT_EQ(message.inbound(kTrigger, {}).traceparent, "calls");
  EXPECT_EQ(message.inbound(kTrigger, {}).tracestate, "s");
  EXPECT_EQ(message.inbound(kTrigger, {}).baggage, "user=7");
  message.take({.component = "tick"}, {});
  EXPECT_EQ(message.inbound(kTrigger, {}).traceparent, "");
}

// As a sibling framework writes it.
TEST(Message, ASiblingsInnerEventIsUnwrapped) {
  const std::string bytes("\0user\xff", 6);
  const std::string data =
      R"({"metadata":{"sw8":"trace"},"userData":")" + base64_encode(bytes) + "\"}";
  const std::string event =
      R"({"specversion":"1.0","id":"1","source":"s","type":"io.openfunction.function.ns.f",)"
      R"("datacontenttype":"application/json","data":)" +
      data + "}";
  Message message;
  message.take({.type = "io.openfunction.function.ns.f", .data = data}, {}, "made");
  EXPECT_EQ(message.inbound(kTrigger, {}).data, bytes) << "the envelope is the event";
  EXPECT_EQ(field(message.inbound(kTrigger, {}), "sw8"), "trace");
  message.take({.type = "com.dapr.event.sent", .data = event}, {}, "made");
  EXPECT_EQ(message.inbound(kTrigger, {}).data, bytes) << "the data is the event";
  message.take({.component = "queue", .data = event}, {});
  EXPECT_EQ(message.inbound(kTrigger, {}).data, bytes) << "a binding's data is the event";
  EXPECT_EQ(field(message.inbound(kTrigger, {}), "sw8"), "trace");
  ASSERT_EQ(message.inbound(kTrigger, {}).inner.size(), 1U) << "which of them the sibling added";
  EXPECT_EQ(message.inbound(kTrigger, {}).inner[0].value, "trace");
  message.take({.component = "queue", .data = "plain"}, {});
  EXPECT_TRUE(message.inbound(kTrigger, {}).inner.empty());
}

TEST(Message, WhatOnlyResemblesAnInnerEventIsVerbatim) {
  for (
      const std::string_view data : {
          "",
          "{",
          "{}",
          R"({"userData":"aGk="})",
          R"(["io.openfunction.function."])",
          R"({"type":"io.openfunction.function.a","userData":"aGk="})",
          R"({"specversion":"1.0","id":"1","source":"s","type":"other","data":{"userData":"aGk=","x":"io.openfunction.function."}})",
          R"({"specversion":"1.0","id":"1","source":"s","type":"io.openfunction.function.a","data":{"userData":"not base64"}})",
          R"({"specversion":"1.0","id":"1","source":"s","type":"io.openfunction.function.a","data":{"userData":1}})",
          R"({"specversion":"1.0","id":"1","source":"s","type":"io.openfunction.function.a"})",
      }) {
    Message message;
    message.take({.component = "queue", .data = std::string(data)}, {});
    EXPECT_EQ(message.inbound(kTrigger, {}).data, data);
  }
  for (const std::string_view data : {"", "x", R"({"userData":1})", "[]"}) {
    Message message;
    message.take({.type = "io.openfunction.function.a", .data = std::string(data)}, {}, "");
    EXPECT_EQ(message.inbound(kTrigger, {}).data, data);
  }
}

TEST(Failures, CountEachEventForItself) {
  Failures failures(3);
  EXPECT_FALSE(failures.failed("a"));
  EXPECT_FALSE(failures.failed("a"));
  EXPECT_FALSE(failures.failed("b"));
  EXPECT_TRUE(failures.failed("a")) << "the third";
  EXPECT_FALSE(failures.failed("a")) << "forgotten";
  EXPECT_FALSE(failures.failed("b"));
  failures.succeeded("b");
  EXPECT_FALSE(failures.failed("b"));
  EXPECT_FALSE(failures.failed("b"));
  EXPECT_TRUE(failures.failed("b"));
  for (std::size_t i = 0; i < Failures::kRemembered; ++i) failures.failed(std::to_string(i));
  EXPECT_FALSE(failures.failed("a")) << "pushed out by newer ones";
  EXPECT_FALSE(failures.failed("a"));
}

}  // namespace
}  // namespace ofn
