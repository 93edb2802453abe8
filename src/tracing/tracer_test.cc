#include "tracing/tracer.h"

#include <chrono>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "invocation/stage_for_test.h"
#include "tracing/spans_for_test.h"

namespace ofn::tracing {
namespace {

using namespace std::chrono_literals;

const std::string kParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const std::string kUnsampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
const std::string kEvents = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

struct Traced {
  explicit Traced(const otlp::TracesSettings& settings = {}, const Metadata& tags = {},
                  const Metadata& baggage = {})
      : rules(settings, tags, baggage) {
    stage.environment.observer = &tracer;
    stage.method = "GET";
    stage.target = "/users/7?token=secret";
  }

  testing::ManualClock& clock() { return stage.clock; }
  Stage stage{context_with(Runtime::kKnative, both())};
  SpansForTest spans{stage.loop};
  TraceRules rules;
  Tracer tracer{stage.loop, rules, spans.batch};
};

TEST(Tracer, MakesASpanOfARequest) {
  Traced traced;
  traced.stage.headers = {{"traceparent", kParent},
                          {"tracestate", "a=1"},
                          {"Host", "shop.test:8080"},
                          {"User-Agent", "curl/8"},
                          {"Authorization", "Bearer secret"}};
  traced.stage.begin(kEcho);
  traced.clock().advance(20ms);
  traced.stage.run_to_end(kEcho);
  EXPECT_EQ(traced.spans.text(), R"(SERVER GET /{path...}
  trace 1, span 2, state a=1, parent 3, 20 ms, flags 769
  http.request.method = "GET"
  url.path = "/users/7"
  url.scheme = "http"
  http.route = "/{path...}"
  http.response.status_code = 200
  network.protocol.version = "1.1"
  server.address = "shop.test"
  server.port = 8080
  user_agent.original = "curl/8"
  faas.name = "app::f"
  faas.trigger = "http"
  faas.coldstart = true
  faas.invocation_id = ")" + traced.stage.fields["X-Request-Id"] +
                                     "\"\n");
}

TEST(Tracer, KnowsTheServerAsTheClientDoes) {
  struct Case {
    const char* name;
    std::vector<Field> headers;
    std::string expected;
  };
  const Case cases[] = {
      {"no host", {}, ""},
      {"a host", {{"host", "shop.test"}}, "shop.test"},
      {"an address of version 6", {{"Host", "[::1]:8080"}}, "::1 8080"},
      {"a proxy's list",
       {{"Host", "pod"}, {"X-Forwarded-Host", "shop.test:81, inner"}},
       "shop.test 81"},
      {"a proxy's list is empty", {{"Host", "pod"}, {"X-Forwarded-Host", ""}}, "pod"},
      {"Forwarded comes first",
       {{"Forwarded", R"(for=_x;host="shop.test:82")"},
        {"X-Forwarded-Host", "inner"},
        {"Host", "pod"}},
       "shop.test 82"},
      {"Forwarded without a host", {{"Forwarded", "for=_x"}, {"Host", "pod"}}, "pod"},
  };
  for (const Case& c : cases) {
    Traced traced;
    traced.stage.headers = c.headers;
    traced.stage.call(kEcho);
    std::string found;
    std::istringstream lines(traced.spans.text());
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("  server.address = ")) found = line.substr(20, line.size() - 21);
      if (line.starts_with("  server.port = ")) found += line.substr(15);
    }
    EXPECT_EQ(found, c.expected) << c.name;
  }
}

TEST(Tracer, PutsTheSpansOwnContextIntoWhatIsSent) {
  Traced traced;
  traced.stage.headers = {{"traceparent", kParent}, {"tracestate", "a=1"}, {"baggage", "user=7"}};
  traced.stage.call(kEcho);
  for (const FakeSidecar::Call& call : traced.stage.sidecar.calls()) {
    EXPECT_EQ(call.traceparent.substr(0, 36), kParent.substr(0, 36));
    EXPECT_NE(call.traceparent, kParent);
    EXPECT_TRUE(call.traceparent.ends_with("-01"));
    EXPECT_EQ(call.tracestate, "a=1");
    EXPECT_EQ(call.baggage, "user=7");
  }
  EXPECT_EQ(traced.stage.sidecar.calls().size(), 2U);
}

TEST(Tracer, RecordsNothingOfATraceThatIsNotSampled) {
  Traced traced;
  traced.stage.headers = {{"traceparent", kUnsampled}};
  traced.stage.call(kEcho);
  EXPECT_EQ(traced.spans.text(), "");
  const std::string sent = traced.stage.sidecar.calls().at(0).traceparent;
  EXPECT_EQ(sent.substr(0, 36), kUnsampled.substr(0, 36));
  EXPECT_TRUE(sent.ends_with("-00"));
}

TEST(Tracer, BeginsATraceWithRandomIds) {
  Traced traced;
  traced.stage.call(kEcho);
  EXPECT_TRUE(traced.stage.sidecar.calls().at(0).traceparent.ends_with("-03"));
  EXPECT_NE(traced.spans.text().find("flags 259"), std::string::npos);
}

TEST(Tracer, PassesNothingOnWithoutPropagators) {
  otlp::TracesSettings settings;
  settings.propagators.clear();
  Traced traced(settings);
  traced.stage.headers = {{"traceparent", kParent}, {"baggage", "user=7"}};
  traced.stage.call(kEcho);
  EXPECT_EQ(traced.spans.text().find("parent"), std::string::npos);
  EXPECT_EQ(traced.stage.sidecar.calls().at(0).baggage, "");
}

TEST(Tracer, SaysWhyARequestFailed) {
  struct Case {
    const char* name;
    const Function& function;
    std::string expected;
  };
  static const Function kBroken = http([](const abi::Call&, abi::Outcome& outcome) {
    outcome.response = Response("x").status(503);
  });
  const Case cases[] = {
      {"4xx is the client's", kRefuse, ""},
      {"5xx", kBroken, "  status error\n  error.type = \"503\"\n"},
      {"an exception", kThrow,
       "  status error\n  event exception\n    exception.type = \"std::runtime_error\"\n"
       "    exception.message = \"the secret reason\"\n  error.type = \"std::runtime_error\"\n"},
  };
  for (const Case& c : cases) {
    Traced traced;
    traced.stage.call(c.function);
    const std::string text = traced.spans.text();
    const std::size_t at = text.find("  status error");
    EXPECT_EQ(at == std::string::npos ? "" : text.substr(at), c.expected) << c.name;
  }
}

TEST(Tracer, NamesTheSpanByMethodAndRouteOnly) {
  const auto first_lines = [](std::string method) {
    Traced traced;
    traced.stage.method = std::move(method);
    traced.stage.call(kEcho);
    const std::string text = traced.spans.text();
    const std::size_t original = text.find("method_original");
    return text.substr(0, text.find('\n')) + (original == std::string::npos ? "" : " original");
  };
  EXPECT_EQ(first_lines("PATCH"), "SERVER PATCH /{path...}");
  EXPECT_EQ(first_lines("BREW"), "SERVER HTTP /{path...} original");
}

TEST(Tracer, MakesASpanOfWhatReachedNoFunction) {
  Traced traced;
  const Field fields[] = {{"traceparent", kParent}};
  traced.tracer.ended({.start = {.id = "r1",
                                 .method = "GET",
                                 .target = "/no?x",
                                 .fields = fields,
                                 .known_method = HttpMethod::kGet,
                                 .arrived = traced.stage.loop.now()},
                       .outcome = {.status = 404, .refusal = Refusal::kNoRoute}});
  traced.tracer.ended({.start = {.method = "GET", .target = "/"},
                       .outcome = {.status = 200, .refusal = Refusal::kProbe}});
  traced.tracer.ended({.start = {}, .outcome = {.status = 400, .refusal = Refusal::kBroken}});
  EXPECT_EQ(traced.spans.text(), R"(SERVER GET
  trace 1, span 2, parent 3, 0 ms, flags 769
  http.request.method = "GET"
  url.path = "/no"
  url.scheme = "http"
  http.response.status_code = 404
  faas.invocation_id = "r1"
)");
}

TEST(Tracer, MakesASpanOfADelivery) {
  Traced traced;
  Trigger topic{.name = "orders",
                .component = "fn-orders",
                .kind = ComponentKind::kPubsub,
                .component_type = "pubsub.kafka",
                .topic = "new-orders"};
  CloudEvent event("e1", "/shop", "order.made");
  event.extension("traceparent", kEvents);
  const Inbound inbound{.input = topic,
                        .data = "secret",
                        .event = &event,
                        .traceparent = kParent,
                        .tracestate = "a=1",
                        .id = "e1"};
  traced.stage.deliver(kEcho, inbound);
  EXPECT_EQ(traced.spans.text(), R"(CONSUMER process new-orders
  trace 1, span 2, state a=1, parent 3, 0 ms, flags 769
  messaging.system = "kafka"
  messaging.operation.name = "process"
  messaging.operation.type = "process"
  messaging.destination.name = "new-orders"
  dapr.component = "fn-orders"
  messaging.message.id = "e1"
  cloudevents.event_id = "e1"
  cloudevents.event_source = "/shop"
  cloudevents.event_type = "order.made"
  cloudevents.event_spec_version = "1.0"
  faas.name = "app::f"
  faas.trigger = "pubsub"
  faas.coldstart = true
  faas.invocation_id = "e1"
  link to trace 4, span 5
)");
  EXPECT_EQ(traced.stage.sidecar.calls().at(0).traceparent.substr(0, 36), kParent.substr(0, 36));
}

TEST(Tracer, ContinuesTheEventsTraceIfTheSidecarHasNone) {
  Traced traced;
  Trigger topic{.name = "orders", .component = "fn-orders", .kind = ComponentKind::kPubsub};
  CloudEvent event("e1", "/shop", "order.made");
  event.extension("traceparent", kEvents);
  event.extension("tracestate", "b=2");
  traced.stage.deliver(kEcho, {.input = topic, .event = &event});
  const std::string text = traced.spans.text();
  EXPECT_NE(text.find("trace 1, span 2, state b=2, parent 3,"), std::string::npos) << text;
  EXPECT_EQ(text.find("link"), std::string::npos);
  EXPECT_EQ(traced.stage.sidecar.calls().at(0).traceparent.substr(0, 36), kEvents.substr(0, 36));
}

// A sidecar that begins a trace of its own between the sender and the receiver does not cut the sender's.
TEST(Tracer, ContinuesTheTraceOfAnInnerEvent) {
  const std::string on_the_way = kEvents.substr(0, 36) + "1111111111111111-01";
  struct Case {
    const char* name;
    std::string sidecar;
    std::string expected;
  };
  const Case cases[] = {
      {"no sidecar's span", "", "trace 1, span 2, state b=2, parent 3, 0 ms"},
      {"another trace", kParent, "link to trace 4, span 5"},
      {"the same trace", on_the_way, "link to trace 1, span 4"},
  };
  const Trigger queue{.name = "orders", .component = "fn-orders"};
  const std::vector<Field> inner = {
      {"traceparent", kEvents}, {"tracestate", "b=2"}, {"baggage", "user=7"}};
  for (const Case& c : cases) {
    Traced traced;
    traced.stage.deliver(kEcho, {.input = queue,
                                 .metadata = inner,
                                 .inner = inner,
                                 .traceparent = c.sidecar,
                                 .kind = CallKind::kBinding});
    const std::string text = traced.spans.text();
    EXPECT_NE(text.find(c.expected), std::string::npos) << c.name << "\n" << text;
    const FakeSidecar::Call& sent = traced.stage.sidecar.calls().at(0);
    EXPECT_EQ(sent.traceparent.substr(0, 36), kEvents.substr(0, 36)) << c.name;
    EXPECT_EQ(sent.baggage, c.sidecar == on_the_way ? "" : "user=7") << c.name;
  }
}

TEST(Tracer, MakesASpanOfABindingsDelivery) {
  Traced traced;
  const Trigger cron{.name = "tick", .component = "fn-tick", .component_type = "bindings.cron"};
  traced.stage.deliver(kThrow, {.input = cron, .id = "d1", .kind = CallKind::kBinding});
  const std::string text = traced.spans.text();
  EXPECT_EQ(text.substr(0, text.find('\n')), "CONSUMER process tick");
  EXPECT_NE(text.find("faas.trigger = \"timer\""), std::string::npos);
  EXPECT_EQ(text.find("messaging."), std::string::npos);
  EXPECT_NE(text.find("  status error\n"), std::string::npos);
}

TEST(Tracer, TellsOnlyTheFirstCallOfAColdStart) {
  Traced traced;
  const SystemTime now = traced.clock().system_now();
  traced.rules.start_up = {.began = now,
                           .listening = now + 30ms,
                           .steps = {{.name = "load", .began = now, .ended = now + 10ms}}};
  traced.stage.headers = {{"traceparent", kParent}};
  traced.stage.call(kEcho);
  traced.stage.call(kEcho);
  const std::string text = traced.spans.text();
  const std::size_t init = text.find("INTERNAL init");
  ASSERT_NE(init, std::string::npos);
  EXPECT_EQ(text.substr(init, text.find("SERVER", init) - init), R"(INTERNAL init
  trace 1, span 4, parent 2, 30 ms, flags 257
INTERNAL load
  trace 1, span 5, parent 4, 10 ms, flags 257
)");
  EXPECT_LT(text.find("faas.coldstart = true"), init);
  EXPECT_NE(text.find("faas.coldstart = false", init), std::string::npos);
  EXPECT_EQ(text.find("INTERNAL init", init + 1), std::string::npos);
}

TEST(Tracer, AddsTheTagsToEachSpanAndTheBaggageToWhatIsSent) {
  Traced traced({}, {{"func", "f"}, {"team", "core"}}, {{"key", "value"}});
  traced.stage.headers = {{"baggage", "user=7"}};
  traced.stage.call(kEcho);
  EXPECT_NE(traced.spans.text().find("  func = \"f\"\n  team = \"core\"\n"), std::string::npos);
  EXPECT_EQ(traced.stage.sidecar.calls().at(0).baggage, "key=value,user=7");
}

}  // namespace
}  // namespace ofn::tracing
