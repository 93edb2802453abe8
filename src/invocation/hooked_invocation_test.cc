// Hooks around functions of each signature: what they see, what they change, what their failures do.
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ofn/plugin.h>

#include "invocation/stage_for_test.h"

namespace ofn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// What the hooks under test do.
std::function<void(Context&, CallData&)> g_pre;     // NOLINT: plugins are made by plain pointers
std::function<void(Context&, CallResult&)> g_post;  // NOLINT

struct Probe : Plugin {
  void pre(Context& context, CallData& data) override {
    if (g_pre) g_pre(context, data);
  }
  void post(Context& context, CallResult& result) override {
    if (g_post) g_post(context, result);
  }
};

PluginType type(bool required) {
  return {.name = "probe",
          .version = "1",
          .required = required,
          .create = []() -> Plugin* { return new Probe(); },
          .destroy = [](Plugin* plugin) { delete plugin; },
          .place = {}};
}

// A stage whose functions have the probe around them.
struct Hooked {
  explicit Hooked(bool required = false) {
    FunctionContext named;
    named.pre_hooks = named.post_hooks = {"probe"};
    const PluginType known = type(required);
    hooks = *Hooks::of(named, {&known, 1}, {}, stage.log);
    stage.environment.hooks = &hooks;
    g_pre = nullptr;
    g_post = nullptr;
  }
  std::string status() { return stage.fields.at("X-OpenFunction-Status"); }
  Stage stage{context_with(Runtime::kKnative, both())};
  Hooks hooks;
};

TEST(HookedInvocation, HooksChangeWhatIsCalledAndWhatIsSent) {
  Hooked hooked;
  g_pre = [](Context& context, CallData& data) {
    EXPECT_EQ(context.data(), "in");
    data.replace(std::string(data.bytes()) + "+pre");
  };
  g_post = [](Context& context, CallResult& result) {
    EXPECT_EQ(context.data(), "in+pre");
    EXPECT_EQ(context.request()->body(), "in+pre");
    EXPECT_EQ(context.request()->header("a"), "b");
    EXPECT_TRUE(result.ok());
    result.response()->header("from", "post");
    result.data(std::string(result.data()) + "+post");
  };
  hooked.stage.body = "in";
  hooked.stage.headers = {{"a", "b"}};
  hooked.stage.call(kEcho);
  EXPECT_EQ(hooked.status(), "success");
  EXPECT_EQ(hooked.stage.response->body(), "in+pre+post");
  EXPECT_EQ(*hooked.stage.response->find_header("from"), "post");
  EXPECT_EQ(hooked.stage.sidecar.calls_to("c-files").at(0).data, "in+pre+post");
}

TEST(HookedInvocation, AroundAnOpenFunction) {
  Hooked hooked;
  g_pre = [](Context&, CallData& data) { data.replace("pre"); };
  g_post = [](Context&, CallResult& result) { result.data(std::string(result.data()) + "+post"); };
  hooked.stage.call({.name = "f",
                     .signature = Signature::kOpenFunction,
                     .invoke =
                         [](const abi::Call& call, abi::Outcome& outcome) {
                           EXPECT_EQ(call.context->data(), call.data);
                           EXPECT_NE(call.context->plugin<Probe>("probe"), nullptr);
                           outcome.out = Out(call.data);
                         },
                     .takes_context = true});
  EXPECT_EQ(hooked.stage.response->body(), "pre+post");
}

TEST(HookedInvocation, AroundACloudEventFunction) {
  Hooked hooked;
  hooked.stage.headers = {{"ce-specversion", "1.0"},
                          {"ce-id", "1"},
                          {"ce-source", "/s"},
                          {"ce-type", "t"},
                          {"content-type", "text/plain"}};
  hooked.stage.body = "in";
  g_pre = [](Context& context, CallData& data) {
    EXPECT_EQ(context.event()->id(), "1");
    data.replace(std::string(data.bytes()) + "+pre");
  };
  g_post = [](Context&, CallResult& result) {
    EXPECT_EQ(result.response(), nullptr);
    result.data(std::string(result.data()) + "+post");
  };
  hooked.stage.call(
      on_event([](const abi::Call& call, abi::Outcome& outcome) { outcome.event = *call.event; }));
  EXPECT_EQ(hooked.status(), "success");
  EXPECT_EQ(hooked.stage.response->body(), "in+pre+post");
  EXPECT_EQ(hooked.stage.sidecar.calls_to("c-files").at(0).data, "in+pre+post");

  g_post = [](Context&, CallResult& result) {
    EXPECT_EQ(result.event(), nullptr);
    result.data("nothing to replace");
    EXPECT_EQ(result.data(), "");
  };
  hooked.stage.call(on_event([](const abi::Call&, abi::Outcome&) {}));
  EXPECT_EQ(hooked.stage.response->body(), "");
}

TEST(HookedInvocation, AroundABackgroundEventFunction) {
  Hooked hooked;
  hooked.stage.headers = {{"content-type", "application/json"}};
  hooked.stage.body =
      R"({"context":{"eventId":"1","timestamp":"2020-01-01T00:00:00Z",)"
      R"("eventType":"google.storage.object.finalize","resource":"r"},"data":{"a":1}})";
  g_pre = [](Context&, CallData& data) {
    EXPECT_EQ(data.bytes(), R"({"a":1})");
    data.replace("{}");
  };
  static std::string seen;
  hooked.stage.call(on_background(
      [](const abi::Call& call, abi::Outcome&) { seen = call.background->data.json(); }));
  EXPECT_EQ(hooked.stage.response->body(), "");
  EXPECT_EQ(seen, "{}");
}

TEST(HookedInvocation, PostHooksSeeFailuresAndCannotHideThem) {
  struct Case {
    const Function& function;
    const char* status;
    const char* error;
    int code;
  };
  for (const Case& one : {Case{kThrow, "crash", "std::runtime_error: the secret reason", 200},
                          Case{kRefuse, "error", "", 200}}) {
    Hooked hooked;
    int posts = 0;
    g_post = [&](Context&, CallResult& result) {
      ++posts;
      EXPECT_EQ(result.status(), one.status);
      EXPECT_EQ(result.error(), one.error);
      EXPECT_FALSE(result.ok());
      if (result.response() != nullptr) result.response()->status(200);
    };
    hooked.stage.call(one.function);
    EXPECT_EQ(posts, 1);
    EXPECT_EQ(hooked.status(), one.status);
    EXPECT_EQ(hooked.stage.status(), one.code);
    EXPECT_EQ(hooked.stage.sidecar.calls().size(), 0U);
  }
}

TEST(HookedInvocation, APostHookCanRefuse) {
  Hooked hooked;
  g_post = [](Context&, CallResult& result) { *result.response() = Response("no").status(403); };
  hooked.stage.call(kEcho);
  EXPECT_EQ(hooked.stage.status(), 403);
  EXPECT_EQ(hooked.status(), "error");
  EXPECT_EQ(hooked.stage.sidecar.calls().size(), 0U);

  g_post = [](Context&, CallResult& result) { result.response()->header("a", "b\r\nc: d"); };
  hooked.stage.call(kEcho);
  EXPECT_EQ(hooked.status(), "crash");
}

TEST(HookedInvocation, AFailedHookMattersOnlyWhenItIsRequired) {
  const auto fail = [] { throw std::runtime_error("hook is broken"); };
  for (const bool required : {false, true}) {
    for (const bool before : {false, true}) {
      SCOPED_TRACE(required);
      SCOPED_TRACE(before);
      Hooked hooked(required);
      std::vector<std::string> seen;
      g_pre = [&](Context&, CallData&) {
        if (before) fail();
      };
      g_post = [&](Context&, CallResult& result) {
        seen.emplace_back(result.status());
        if (!before) fail();
      };
      hooked.stage.call(kEcho);
      EXPECT_THAT(seen, ElementsAre(required && before ? "error" : "success"));
      EXPECT_EQ(hooked.stage.status(), required ? 500 : 200);
      EXPECT_EQ(hooked.status(), required ? "error" : "success");
      EXPECT_EQ(hooked.stage.sidecar.calls().size(), required ? 0U : 2U);
      EXPECT_THAT(hooked.stage.log.text(), HasSubstr("error: hook failed"));
      if (required) {
        EXPECT_THAT(hooked.stage.response->body(),
                    HasSubstr("The required plugin \"probe\" failed"));
      }
    }
  }
}

TEST(HookedInvocation, ACrashInABatchIsNotCoveredByWhatFollows) {
  const Function first_throws = on_event([](const abi::Call& call, abi::Outcome&) {
    if (call.event->id() == "1") throw std::runtime_error("x");
  });
  for (const bool stops : {false, true}) {
    SCOPED_TRACE(stops ? "a stop" : "a required hook's failure");
    Hooked hooked(true);
    int posts = 0;
    g_post = [&](Context&, CallResult&) {
      if (++posts == 2) throw 1;
      if (stops) hooked.stage.invocation.request_stop();
    };
    hooked.stage.headers = {{"content-type", "application/cloudevents-batch+json"}};
    hooked.stage.body = R"([{"specversion":"1.0","id":"1","source":"/s","type":"t"},)"
                        R"({"specversion":"1.0","id":"2","source":"/s","type":"t"}])";
    hooked.stage.call(first_throws);
    EXPECT_EQ(posts, stops ? 1 : 2);
    EXPECT_EQ(hooked.status(), "crash");
    EXPECT_EQ(hooked.stage.status(), 500);
  }
}

TEST(HookedInvocation, ARequiredHooksFailureOutlivesACrash) {
  Hooked hooked(true);
  g_post = [](Context&, CallResult&) { throw 1; };
  hooked.stage.call(kThrow);
  EXPECT_EQ(hooked.status(), "crash");
}

}  // namespace
}  // namespace ofn
