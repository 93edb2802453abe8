// What a Dapr input delivers, to functions of each signature.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ofn/typed.h>

#include "invocation/stage_for_test.h"

namespace ofn {
namespace {

using ::testing::HasSubstr;

FunctionContext triggered() {
  FunctionContext context = context_with(Runtime::kAsync, both());
  context.triggers = {{.name = "in", .component = "c-in"}};
  return context;
}

// Says what it was given.
const Function kOpen{
    .name = "app::f",
    .signature = Signature::kOpenFunction,
    .invoke =
        [](const abi::Call& call, abi::Outcome& outcome) {
          const Context& context = *call.context;
          EXPECT_EQ(context.request(), nullptr);
          outcome.out = Out(std::string(context.input()->name) + " " + std::string(call.data) +
                            " " + std::string(context.content_type()) + " " +
                            std::string(find_field(context.metadata(), "k")->value) + " " +
                            (context.event() == nullptr ? "-" : context.event()->id()));
        },
    .takes_context = true};

TEST(Delivery, AnOpenFunctionGetsTheData) {
  Stage stage(triggered());
  const std::vector<Field> metadata = {{"k", "v"}};
  stage.deliver(kOpen, {.input = stage.context.triggers[0],
                        .data = "data",
                        .content_type = "a/b",
                        .metadata = metadata,
                        .id = "id-1"});
  EXPECT_EQ(stage.status(), 200);
  EXPECT_EQ(stage.response->body(), "in data a/b v -");
  EXPECT_EQ(stage.verdict, Verdict::kSuccess);
  EXPECT_EQ(stage.fields.at("X-Request-Id"), "id-1");
  EXPECT_EQ(stage.sidecar.calls().size(), 0U) << "under Async only ctx.send sends";

  const CloudEvent envelope("e-1", "/s", "t");
  stage.deliver(
      kOpen,
      {.input = stage.context.triggers[0], .data = "d", .metadata = metadata, .event = &envelope});
  EXPECT_EQ(stage.response->body(), "in d  v e-1");
  EXPECT_EQ(stage.fields.at("X-Request-Id").size(), 32U);
}

TEST(Delivery, ACloudEventFunctionGetsTheEnvelopeOrAnEventMadeOfTheData) {
  static CloudEvent seen;
  const Function keep = on_event(
      [](const abi::Call& call, abi::Outcome& outcome) { outcome.event = seen = *call.event; });
  Stage stage(triggered());
  const Trigger& input = stage.context.triggers[0];
  const CloudEvent envelope = CloudEvent("e-1", "/s", "t").data("inside");
  stage.deliver(keep, {.input = input, .data = "inside", .event = &envelope});
  EXPECT_EQ(seen, envelope);
  EXPECT_EQ(stage.response->body(), "");

  struct Case {
    const char* data;
    const char* content_type;
    std::optional<std::string> event_type;
  };
  for (const Case& one : {Case{"", "", std::nullopt}, Case{"{}", "", "application/json"},
                          Case{"\xFF", "", "application/octet-stream"}, Case{"{}", "a/b", "a/b"}}) {
    stage.deliver(keep,
                  {.input = input, .data = one.data, .content_type = one.content_type, .id = "7"});
    EXPECT_EQ(seen.id(), "7");
    EXPECT_EQ(seen.source(), "c-in");
    EXPECT_EQ(seen.type(), "dapr.invoke");
    EXPECT_EQ(seen.data().value_or(""), one.data);
    EXPECT_EQ(seen.datacontenttype(), one.event_type);
  }
  EXPECT_EQ(stage.sidecar.calls().size(), 0U);
}

TEST(Delivery, AnHttpFunctionGetsAPost) {
  Stage stage(triggered());
  const std::vector<Field> metadata = {{"k", "v"}};
  stage.deliver(http([](const abi::Call& call, abi::Outcome& outcome) {
                  const Request& request = *call.request;
                  outcome.response =
                      std::string(request.method()) + " " + std::string(request.target()) + " " +
                      std::string(*request.header("content-type")) + " " +
                      std::string(*request.header("k")) + " " + std::string(request.body());
                }),
                {.input = stage.context.triggers[0],
                 .data = "x",
                 .content_type = "a/b",
                 .metadata = metadata});
  EXPECT_EQ(stage.response->body(), "POST /in a/b v x");
}

TEST(Delivery, ATypedFunctionReadsTheData) {
  const Function read{.name = "app::f",
                      .signature = Signature::kTyped,
                      .invoke = [](const abi::Call& call, abi::Outcome& outcome) {
                        if (!call.json->accept(call, "text/x-word", outcome.response)) return;
                        outcome.response = "read " + std::string(call.request->body());
                      }};
  struct Case {
    const char* content_type;
    const char* answer;
    Verdict verdict;
  };
  for (const Case& one :
       {Case{"", "read x", Verdict::kSuccess}, Case{"text/x-word", "read x", Verdict::kSuccess},
        Case{"application/octet-stream", "read x", Verdict::kSuccess},
        Case{"Text/Plain; charset=utf-8", "read x", Verdict::kSuccess},
        Case{"a/b", "the content type must be text/x-word\n", Verdict::kError}}) {
    Stage stage(triggered());
    stage.deliver(
        read, {.input = stage.context.triggers[0], .data = "x", .content_type = one.content_type});
    EXPECT_EQ(stage.response->body(), one.answer);
    EXPECT_EQ(stage.verdict, one.verdict);
  }
}

struct Order {
  int count = 0;
};
OFN_FIELDS(Order, count)
int count_of(const Order& order) {
  if (order.count > 9) throw BadInput("too many");
  return order.count;
}

// What came is tried as JSON, whatever it is called.
TEST(Delivery, ATypedFunctionOfJsonReadsDataOfAnyLabel) {
  const Function count{.name = "app::count",
                       .signature = Signature::kTyped,
                       .invoke = &internal::invoke<&count_of>,
                       .typed = &internal::Form<decltype(&count_of)>::kTyped};
  for (const char* type :
       {"", "application/json", "application/octet-stream", "text/plain; charset=utf-8",
        "application/cloudevents+json", "image/png", "nonsense"}) {
    SCOPED_TRACE(type);
    Stage stage(triggered());
    const std::vector<Field> metadata = {{"Content-Type", type}};
    stage.deliver(count, {.input = stage.context.triggers[0],
                          .data = R"({"count":2.0})",
                          .content_type = type,
                          .metadata = metadata});
    EXPECT_EQ(stage.response->body(), "2");
    EXPECT_EQ(stage.verdict, Verdict::kSuccess);
    stage.deliver(count, {.input = stage.context.triggers[0], .data = "x", .content_type = type});
    EXPECT_THAT(stage.response->body(), HasSubstr("not JSON"));
    EXPECT_FALSE(stage.dropped) << "another version of the function may read it";
    stage.deliver(count, {.input = stage.context.triggers[0], .data = R"({"count":10})"});
    EXPECT_EQ(stage.response->body(), "too many\n");
    EXPECT_EQ(stage.response->status(), 400);
    EXPECT_TRUE(stage.dropped) << "the author's word";
  }
}

TEST(Delivery, FailureAndTheAuthorsDrop) {
  struct Case {
    Out out;
    Verdict verdict;
    bool drop;
  };
  static Out given;
  const Function give{
      .name = "app::f",
      .signature = Signature::kOpenFunction,
      .invoke = [](const abi::Call&, abi::Outcome& outcome) { outcome.out = given; },
      .takes_context = true};
  for (const Case& one :
       {Case{Out(), Verdict::kSuccess, false}, Case{Out::error("no"), Verdict::kError, false},
        Case{Out::error("no").with("Retry", "FALSE"), Verdict::kError, true},
        Case{Out::error("no").with("retry", "true"), Verdict::kError, false},
        Case{Out().with("retry", "false"), Verdict::kSuccess, false}}) {
    given = one.out;
    Stage stage(triggered());
    stage.deliver(give, {.input = stage.context.triggers[0]});
    EXPECT_EQ(stage.verdict, one.verdict);
    EXPECT_EQ(stage.dropped, one.drop);
  }
  Stage stage(triggered());
  stage.deliver(kThrow, {.input = stage.context.triggers[0]});
  EXPECT_EQ(stage.verdict, Verdict::kCrash);
  EXPECT_FALSE(stage.dropped);
}

TEST(Delivery, SomeSignaturesCannotBeTriggered) {
  for (const Signature signature :
       {Signature::kHttp, Signature::kCloudEvent, Signature::kOpenFunction, Signature::kTyped}) {
    EXPECT_EQ(delivery_problem({.name = "f", .signature = signature}), std::nullopt);
  }
  EXPECT_THAT(*delivery_problem({.name = "f", .signature = Signature::kEvent}),
              HasSubstr("signature type 'event'"));
}

}  // namespace
}  // namespace ofn
