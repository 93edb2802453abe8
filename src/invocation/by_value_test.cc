// Functions that take a request or an event by value: who gets the bytes themselves, and who a copy.
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include <ofn/plugin.h>

#include "invocation/stage_for_test.h"

namespace ofn {
namespace {

Response give_back(Request request) { return std::move(request).body(); }
task<Response> give_back_later(Request request) { co_return std::move(request).body(); }
void begin_with_body(Request request, Writer& writer) {
  writer.header("x-body", std::move(request).body());
}
Response with_context(Context& context, Request request) {
  const std::string body = std::move(request).body();
  EXPECT_EQ(context.data(), body);
  return std::string(context.data());
}
Response by_reference(const Request& request) {
  Request copy = request;
  std::string body = std::move(copy).body();
  EXPECT_EQ(copy.body(), "");  // NOLINT(bugprone-use-after-move): it has none any more
  EXPECT_EQ(request.body(), body);
  return body;
}
Response moved_on(Request request) {
  Request next = std::move(request);
  // NOLINTNEXTLINE(bugprone-use-after-move): who may take the body may look at it; the other may copy it
  EXPECT_EQ(std::move(request).body(), next.body());
  return std::move(next).body();
}
Response assigned(Request request) {
  std::string own = "own";
  Request other({}, own);
  other = request;
  EXPECT_EQ(std::move(other).body(), request.body());
  EXPECT_EQ(own, "own");
  other = std::move(request);
  return std::move(other).body();
}
Response twice(Request request) {
  std::string body = std::move(request).body();
  // NOLINTNEXTLINE(bugprone-use-after-move): it has none any more
  EXPECT_EQ(std::move(request).body(), "");
  return body;
}

std::string text_of(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += static_cast<char>('a' + i % 26);
  return text;
}

struct Case {
  const char* name;
  Function function;
  bool takes;  // the bytes themselves
};
const Case kCases[] = {
    {"by value", made<&give_back>(), true},
    {"a coroutine", made<&give_back_later>(), true},
    {"moved on", made<&moved_on>(), true},
    {"assigned", made<&assigned>(), true},
    {"twice", made<&twice>(), true},
    {"by reference", made<&by_reference>(), false},
    {"with a Context, which has it, too", made<&with_context>(), false},
};

TEST(ByValue, ABodyIsTakenWhereNobodyElseSeesIt) {
  for (const Case& one : kCases) {
    // Bytes of a short string lie in the string, and are copied either way.
    for (const std::size_t size : {std::size_t{0}, std::size_t{3}, std::size_t{1000}}) {
      SCOPED_TRACE(std::string(one.name) + ", " + std::to_string(size));
      Stage stage;
      stage.body = text_of(size);
      const char* const bytes = stage.body.data();
      stage.call(one.function);
      EXPECT_EQ(stage.status(), 200);
      EXPECT_EQ(stage.response->body(), text_of(size));
      if (size < 1000) continue;
      EXPECT_EQ(stage.response->body().data() == bytes, one.takes);
      EXPECT_EQ(stage.body.empty(), one.takes);
    }
  }
}

TEST(ByValue, ABodyIsTakenByAFunctionWithAWriter) {
  Stage stage;
  stage.body = text_of(1000);
  stage.call(made<&begin_with_body>());
  EXPECT_EQ(*stage.response->find_header("x-body"), text_of(1000));
  EXPECT_EQ(stage.body, "");
}

TEST(ByValue, ADeliverysBodyIsCopied) {
  Stage stage;
  const std::string data = text_of(1000);
  const Trigger trigger;
  stage.deliver(made<&give_back>(), {.input = trigger, .data = data});
  EXPECT_EQ(stage.response->body(), data);
}

CloudEvent change(CloudEvent event) {
  event.type("changed");
  return event;
}
CloudEvent change_in_context(Context& context, CloudEvent event) {
  EXPECT_EQ(*context.event(), event);
  event.type("changed");
  EXPECT_NE(context.event()->type(), "changed");
  return event;
}

TEST(ByValue, AnEventIsTaken) {
  CloudEvent event = CloudEvent("1", "/s", "t").data(text_of(1000));
  const char* const bytes = event.data()->data();
  abi::Outcome outcome;
  made<&change>().invoke({.event = &event, .own_event = &event}, outcome);
  EXPECT_EQ(outcome.event->type(), "changed");
  EXPECT_EQ(outcome.event->data()->data(), bytes);
}

// Whether the function under test was given the event as its own.
bool g_own = false;  // NOLINT: functions are plain pointers

TEST(ByValue, AnEventIsTakenWhereNobodyElseSeesIt) {
  Function function = on_event([](const abi::Call& call, abi::Outcome& outcome) {
    g_own = call.own_event == call.event;
    outcome.event = *call.event;
  });
  Stage stage;
  stage.headers = {
      {"ce-id", "1"}, {"ce-source", "/s"}, {"ce-type", "t"}, {"ce-specversion", "1.0"}};
  stage.call(function);
  EXPECT_TRUE(g_own);

  const Trigger trigger;
  const CloudEvent topics("1", "/s", "t");
  stage.deliver(function, {.input = trigger, .event = &topics});
  EXPECT_FALSE(g_own);

  function.takes_context = true;
  stage.call(function);
  EXPECT_FALSE(g_own);
  stage.call(made<&change_in_context>());
  EXPECT_EQ(*stage.response->find_header("ce-type"), "changed");
}

struct Reader : Plugin {
  void pre(Context&, CallData& data) override { before = std::string(data.bytes()); }
  void post(Context& context, CallResult& result) override {
    EXPECT_EQ(context.data(), before);
    EXPECT_EQ(result.response()->body(), before);
  }
  std::string before;
};

TEST(ByValue, ABodyIsCopiedWhereHooksSeeIt) {
  Stage stage;
  FunctionContext named;
  named.pre_hooks = named.post_hooks = {"reader"};
  const PluginType known = {.name = "reader",
                            .version = "1",
                            .create = []() -> Plugin* { return new Reader(); },
                            .destroy = [](Plugin* plugin) { delete plugin; },
                            .place = {}};
  const Hooks hooks = *Hooks::of(named, {&known, 1}, {}, stage.log);
  stage.environment.hooks = &hooks;
  stage.body = text_of(1000);
  stage.call(made<&give_back>());
  EXPECT_EQ(stage.response->body(), text_of(1000));
  EXPECT_EQ(stage.body, text_of(1000));
}

}  // namespace
}  // namespace ofn
