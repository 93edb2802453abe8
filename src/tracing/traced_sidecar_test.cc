#include "tracing/traced_sidecar.h"

#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "invocation/stage_for_test.h"
#include "tracing/spans_for_test.h"

namespace ofn::tracing {
namespace {

const std::string kParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const std::string kUnsampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

FunctionContext declared() {
  FunctionContext context;
  context.outputs = {
      {.name = "files", .component = "fn-files", .component_type = "bindings.localstorage"},
      {.name = "queue", .component = "fn-queue", .component_type = "bindings.rabbitmq"},
      {.name = "events",
       .component = "fn-events",
       .kind = ComponentKind::kPubsub,
       .component_type = "pubsub.redis",
       .topic = "orders"}};
  context.states = {{"cart", "fn-cart", "state.postgresql"}};
  return context;
}

struct Calling {
  explicit Calling(const otlp::TracesSettings& settings = {}) : rules(settings, {}) {}

  SidecarDone note() {
    return [this](SidecarResult result) { answers.push_back(result.has_value()); };
  }
  SidecarOptions options(std::string_view output = {}) const {
    return {.deadline = {}, .traceparent = traceparent, .tracestate = "a=1", .output = output};
  }
  std::string publish() {
    traced.publish({.component = "fn-events",
                    .topic = "orders",
                    .data = "secret",
                    .content_type = {},
                    .metadata = {{"cloudevent.id", "e1"}}},
                   options("events"), note());
    settle(loop);
    return spans.text();
  }
  std::string bind(std::string_view component, std::string_view output,
                   std::string_view operation) {
    traced.invoke_binding(
        {.component = component, .operation = operation, .data = "secret", .metadata = {}},
        options(output), note());
    settle(loop);
    return spans.text();
  }
  std::string ask(const StoreCall& call) {
    traced.ask(call, options(), [](const StoreResult&) {});
    settle(loop);
    return spans.text();
  }

  testing::ManualClock clock;
  Loop loop{clock};
  SpansForTest spans{loop};
  TraceRules rules;
  FunctionContext context = declared();
  FakeSidecar sidecar{loop};
  FakeStores stores{loop};
  TracedSidecar traced{loop, rules, spans.batch, context, {.sidecar = sidecar, .stores = stores}};
  std::string traceparent = kParent;
  std::vector<bool> answers;
};

TEST(TracedSidecar, MakesAProducersSpanOfAMessage) {
  Calling calling;
  EXPECT_EQ(calling.publish(), R"(PRODUCER send orders
  trace 1, span 2, state a=1, parent 3, 0 ms, flags 257
  messaging.system = "redis"
  messaging.operation.name = "send"
  messaging.operation.type = "send"
  messaging.destination.name = "orders"
  messaging.message.id = "e1"
  ofn.output = "events"
  dapr.component = "fn-events"
)");
  EXPECT_EQ(calling.answers, std::vector{true});
}

TEST(TracedSidecar, PutsItsOwnContextIntoTheCall) {
  Calling calling;
  (void)calling.publish();
  const std::string sent = calling.sidecar.calls().at(0).traceparent;
  EXPECT_EQ(sent.substr(0, 36), kParent.substr(0, 36));
  EXPECT_NE(sent.substr(36), kParent.substr(36));
  EXPECT_TRUE(sent.ends_with("-01"));
  EXPECT_EQ(calling.sidecar.calls().at(0).tracestate, "a=1");
}

TEST(TracedSidecar, MakesAProducersSpanOfAQueuesBinding) {
  Calling calling;
  EXPECT_EQ(calling.bind("fn-queue", "queue", "create"), R"(PRODUCER send queue
  trace 1, span 2, state a=1, parent 3, 0 ms, flags 257
  messaging.system = "rabbitmq"
  messaging.operation.name = "send"
  messaging.operation.type = "send"
  messaging.destination.name = "queue"
  ofn.output = "queue"
  dapr.component = "fn-queue"
)");
}

TEST(TracedSidecar, MakesAClientsSpanOfAnotherBinding) {
  Calling calling;
  EXPECT_EQ(calling.bind("fn-files", "files", "create"), R"(CLIENT create files
  trace 1, span 2, state a=1, parent 3, 0 ms, flags 257
  rpc.system.name = "grpc"
  rpc.method = "dapr.proto.runtime.v1.Dapr/InvokeBinding"
  dapr.operation = "create"
  ofn.output = "files"
  dapr.component = "fn-files"
)");
}

TEST(TracedSidecar, SaysWhyACallFailed) {
  Calling calling;
  calling.sidecar.script("fn-events", {FakeSidecar::error(Code::kNotFound, "secret")});
  const std::string text = calling.publish();
  EXPECT_NE(text.find("  status error\n  error.type = \"NOT_FOUND\"\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("secret"), std::string::npos);
  EXPECT_EQ(calling.answers, std::vector{false});
}

TEST(TracedSidecar, MakesASpanOfEachCallOfAStore) {
  struct Case {
    StoreCall call;
    std::string name;
    std::string attributes;
  };
  const std::string rpc =
      "  rpc.system.name = \"grpc\"\n  rpc.method = \"dapr.proto.runtime.v1.Dapr/";
  const auto database = [](const std::string& operation, const std::string& batch = "") {
    return "  db.system.name = \"postgresql\"\n  db.operation.name = \"" + operation + "\"\n" +
           batch + "  dapr.component = \"fn-cart\"\n";
  };
  const std::string two = "  db.operation.batch.size = 2\n";
  const Case cases[] = {
      {GetState{.store = "fn-cart", .key = "secret"}, "get fn-cart", database("get")},
      {GetBulkState{.store = "fn-cart", .keys = {"a", "b"}}, "get fn-cart", database("get", two)},
      {StateItems{.store = "fn-cart", .items = {{}, {}}}, "set fn-cart", database("set", two)},
      {DeleteState{.store = "fn-cart"}, "delete fn-cart", database("delete")},
      {DeleteBulkState{.items = {.store = "fn-cart", .items = {{}, {}}}}, "delete fn-cart",
       database("delete", two)},
      {StateTransaction{.store = "fn-cart", .operations = {{}, {}}}, "transaction fn-cart",
       database("transaction", two)},
      {GetSecret{.store = "vault", .key = "secret"}, "GetSecret vault",
       rpc + "GetSecret\"\n  dapr.component = \"vault\"\n"},
      {GetBulkSecret{.store = "vault"}, "GetBulkSecret vault",
       rpc + "GetBulkSecret\"\n  dapr.component = \"vault\"\n"},
      {InvokeService{
           .app_id = "shop", .method = "orders/7?a=secret", .verb = "GET", .query = "secret"},
       "InvokeService shop",
       rpc + "InvokeService\"\n  faas.invoked_name = \"shop\"\n  http.request.method = \"GET\"\n"
             "  url.path = \"/orders/7\"\n"},
  };
  for (const Case& c : cases) {
    Calling calling;
    EXPECT_EQ(calling.ask(c.call),
              "CLIENT " + c.name + "\n  trace 1, span 2, state a=1, parent 3, 0 ms, flags 257\n" +
                  c.attributes);
    EXPECT_NE(calling.stores.traceparent, kParent);
  }
}

TEST(TracedSidecar, PassesOnWhatIsNotRecorded) {
  for (const std::string& traceparent : {kUnsampled, std::string(), std::string("broken")}) {
    Calling calling;
    calling.traceparent = traceparent;
    EXPECT_EQ(calling.publish(), "");
    EXPECT_EQ(calling.sidecar.calls().at(0).traceparent, traceparent);
    EXPECT_EQ(calling.answers, std::vector{true});
  }
}

TEST(TracedSidecar, SendsNoContextWithoutPropagators) {
  otlp::TracesSettings settings;
  settings.propagators.clear();
  Calling calling(settings);
  EXPECT_NE(calling.publish(), "");
  EXPECT_EQ(calling.sidecar.calls().at(0).traceparent, "");
  EXPECT_EQ(calling.sidecar.calls().at(0).tracestate, "");
}

}  // namespace
}  // namespace ofn::tracing
