// Exceptions and their answers: in functions of each signature, in coroutines, in hooks, for requests and for deliveries.
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ofn/errors.h>
#include <ofn/plugin.h>

#include "invocation/stage_for_test.h"

namespace ofn {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Missing : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct Odd : std::runtime_error {
  using std::runtime_error::runtime_error;
};

Response missing(const Missing& error, const Request& request) {
  return Response(std::string(request.path()) + ": " + error.what()).status(404).header("a", "b");
}
Response odd(const Odd& error) {
  const std::string what = error.what();
  if (what == "bad input") throw BadInput("odd input");
  if (what == "http error") throw HttpError(409, "odd state");
  if (what == "again") throw Odd("again and again");
  if (what == "injection") return Response("x").header("a", "b\r\nset-cookie: c");
  if (what == "redirect") return Response().status(303).header("location", "/l");
  return Response("odd").status(503);
}
OFN_ERROR_HANDLER(missing)
OFN_ERROR_HANDLER(odd)

const ErrorHandlers& handlers() {
  static const ErrorHandlers all = [] {
    abi::Program program;
    ofn_program(&program);
    return *ErrorHandlers::of({&program, 1}, ErrorHandlers::Code::kMayRun);
  }();
  return all;
}

std::function<void()> g_throw;  // NOLINT: functions are plain pointers

void throwing(const abi::Call&, abi::Outcome& outcome) {
  outcome.response = "half";
  g_throw();
}
task<Response> later(const Request&) {
  co_await sleep_for(std::chrono::milliseconds(0));
  g_throw();
  co_return "unreached";
}

const std::vector<Field> kEvent = {{"ce-specversion", "1.0"},
                                   {"ce-id", "1"},
                                   {"ce-source", "/s"},
                                   {"ce-type", "t"},
                                   {"content-type", "text/plain"}};
const std::string kBackground =
    R"({"context":{"eventId":"1","timestamp":"2020-01-01T00:00:00Z",)"
    R"("eventType":"google.storage.object.finalize","resource":"r"},"data":{"a":1}})";

// Calls functions of every signature; returns their stages' answers one after the other.
void for_each_signature(Stage& stage, const std::function<void()>& check) {
  const auto call = [&](const char* name, const Function& function) {
    SCOPED_TRACE(name);
    stage.call(function);
    check();
    EXPECT_EQ(stage.sidecar.calls().size(), 0U);
  };
  const auto given = stage.headers;
  call("http", http(throwing));
  call("typed", {.name = "f", .signature = Signature::kTyped, .invoke = throwing});
  call("openfunction", {.name = "f", .signature = Signature::kOpenFunction, .invoke = throwing});
  stage.headers.insert(stage.headers.end(), kEvent.begin(), kEvent.end());
  call("cloudevent", on_event(throwing));
  stage.headers = given;
  stage.headers.push_back({"content-type", "application/json"});
  stage.body = kBackground;
  call("event", on_background(throwing));
  stage.headers = given;
  call("task", made<later>());
}

std::string verdict_of(const Stage& stage) { return stage.fields.at("X-OpenFunction-Status"); }

TEST(ErrorAnswers, BadInputIsA400ForEverySignature) {
  g_throw = [] { throw BadInput("no items"); };
  Stage stage{context_with(Runtime::kKnative, both())};
  for_each_signature(stage, [&] {
    EXPECT_EQ(stage.status(), 400);
    EXPECT_EQ(stage.response->body(), "no items\n");
    EXPECT_EQ(verdict_of(stage), "error");
  });
  stage.headers = {{"accept", "application/json"}};
  for_each_signature(stage, [&] {
    EXPECT_EQ(stage.status(), 400);
    EXPECT_EQ(*stage.response->find_header("content-type"), "application/problem+json");
    EXPECT_EQ(stage.response->body(),
              R"({"type":"about:blank","title":"Bad Request","status":400,"detail":"no items"})");
  });
}

TEST(ErrorAnswers, AnHttpErrorIsItsAnswerForEverySignature) {
  g_throw = [] { throw HttpError(409, "taken", {{"Retry-After", "7"}}); };
  Stage stage{context_with(Runtime::kKnative, both())};
  for_each_signature(stage, [&] {
    EXPECT_EQ(stage.status(), 409);
    EXPECT_EQ(stage.response->body(), "taken\n");
    EXPECT_EQ(*stage.response->find_header("retry-after"), "7");
    EXPECT_EQ(verdict_of(stage), "error");
  });
  stage.headers = {{"accept", "application/problem+json, text/plain"}};
  for_each_signature(stage, [&] {
    EXPECT_EQ(stage.status(), 409);
    EXPECT_THAT(stage.response->body(), HasSubstr(R"("detail":"taken")"));
    EXPECT_EQ(*stage.response->find_header("retry-after"), "7");
  });
}

TEST(ErrorAnswers, TheFormsOfAnHttpError) {
  struct Case {
    const char* name;
    HttpError error;
    int status;
    const char* body;
    const char* verdict;
  };
  for (const Case& one : {
           Case{"no text", HttpError(404), 404, "Not Found\n", "error"},
           Case{"its own type", HttpError(418, "<b>", {{"Content-Type", "text/html"}}), 418, "<b>",
                "error"},
           Case{"no failure", HttpError(303, "there", {{"Location", "/l"}}), 303, "there\n",
                "success"},
           Case{"a status that cannot be sent", HttpError(100, "x"), 500, "The function crashed",
                "crash"},
           Case{"a header that cannot be sent", HttpError(400, "x", {{"a", "b\r\nc: d"}}), 500,
                "The function crashed", "crash"},
           Case{"a field of the server", HttpError(400, "x", {{"Content-Length", "3"}}), 500,
                "The function crashed", "crash"},
       }) {
    SCOPED_TRACE(one.name);
    g_throw = [&] { throw one.error; };  // NOLINT(misc-throw-by-value-catch-by-reference)
    Stage stage{context_with(Runtime::kKnative, both())};
    stage.call(http(throwing));
    EXPECT_EQ(stage.status(), one.status);
    EXPECT_THAT(stage.response->body(), HasSubstr(one.body));
    EXPECT_EQ(verdict_of(stage), one.verdict);
    EXPECT_EQ(stage.sidecar.calls().size(), 0U);
    EXPECT_THAT(stage.response->body(), Not(HasSubstr("half")));
  }
}

TEST(ErrorAnswers, AHandlerAnswersForEverySignature) {
  g_throw = [] { throw Missing("no tea"); };
  Stage stage{context_with(Runtime::kKnative, both())};
  stage.target = "/tea?x=1";
  stage.environment.errors = &handlers();
  for_each_signature(stage, [&] {
    EXPECT_EQ(stage.status(), 404);
    EXPECT_EQ(stage.response->body(), "/tea: no tea");
    EXPECT_EQ(*stage.response->find_header("a"), "b");
    EXPECT_EQ(verdict_of(stage), "error");
  });
}

TEST(ErrorAnswers, WhatHandlersThrowAndReturn) {
  struct Case {
    const char* what;
    int status;
    const char* body;
    const char* verdict;
    const char* log;
  };
  for (const Case& one : {
           Case{"plain", 503, "odd", "error", "warning: function failed"},
           Case{"bad input", 400, "odd input\n", "error", "warning: function refused its input"},
           Case{"http error", 409, "odd state\n", "error", "debug: function failed"},
           Case{"redirect", 303, "", "success", ""},
           Case{"again", 500, "The function crashed", "crash",
                "again and again, in the error handler odd ("},
           Case{"again", 500, "The function crashed", "crash", "which was to answer "},
           Case{"injection", 500, "The function crashed", "crash",
                "invalid response of the error handler odd ("},
       }) {
    SCOPED_TRACE(one.what);
    g_throw = [&] { throw Odd(one.what); };
    Stage stage{context_with(Runtime::kKnative, both())};
    stage.environment.errors = &handlers();
    stage.call(http(throwing));
    EXPECT_EQ(stage.status(), one.status);
    EXPECT_THAT(stage.response->body(), HasSubstr(one.body));
    EXPECT_EQ(verdict_of(stage), one.verdict);
    EXPECT_THAT(stage.log.text(), HasSubstr(one.log));
    EXPECT_EQ(stage.sidecar.calls().size(), 0U);
  }
}

TEST(ErrorAnswers, WithoutAHandlerItIsACrash) {
  g_throw = [] { throw std::logic_error("x"); };
  Stage stage{context_with(Runtime::kKnative, both())};
  stage.environment.errors = &handlers();
  stage.call(http(throwing));
  EXPECT_EQ(stage.status(), 500);
  EXPECT_EQ(verdict_of(stage), "crash");
}

TEST(ErrorAnswers, ABatchNamesTheEventAndGoesOn) {
  static int calls;
  calls = 0;
  g_throw = [] {
    if (++calls == 2) throw BadInput("no items");
  };
  Stage stage{context_with(Runtime::kKnative, both())};
  stage.headers = {{"content-type", "application/cloudevents-batch+json"}};
  stage.body = R"([{"specversion":"1.0","id":"1","source":"/s","type":"t"},)"
               R"({"specversion":"1.0","id":"2","source":"/s","type":"t"},)"
               R"({"specversion":"1.0","id":"3","source":"/s","type":"t"}])";
  stage.call(on_event(throwing));
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(stage.status(), 400);
  EXPECT_EQ(stage.response->body(), "event 1: no items\n");
}

TEST(ErrorAnswers, ADeliveryIsJudgedByTheStatus) {
  struct Case {
    const char* name;
    std::function<void()> throws;
    int status;
    bool dropped;
  };
  for (const Case& one : {
           Case{"a BadInput is dropped", [] { throw BadInput("x"); }, 400, true},
           Case{"an HttpError of 400 is not", [] { throw HttpError(400, "x"); }, 400, false},
           Case{"an HttpError of 503", [] { throw HttpError(503, "x"); }, 503, false},
           Case{"a handler's 404", [] { throw Missing("x"); }, 404, false},
           Case{"a handler's redirect", [] { throw Odd("redirect"); }, 303, false},
           Case{"a handler's BadInput", [] { throw Odd("bad input"); }, 400, true},
       }) {
    for (const auto signature :
         {Signature::kHttp, Signature::kOpenFunction, Signature::kCloudEvent}) {
      SCOPED_TRACE(one.name);
      SCOPED_TRACE(signature_name(signature));
      g_throw = one.throws;
      Stage stage{context_with(Runtime::kAsync, {})};
      stage.environment.errors = &handlers();
      const Trigger trigger{.name = "in"};
      stage.deliver({.name = "f", .signature = signature, .invoke = throwing},
                    {.input = trigger, .data = "x"});
      EXPECT_EQ(stage.status(), one.status);
      EXPECT_EQ(stage.dropped, one.dropped);
    }
  }
}

TEST(ErrorAnswers, AHandlersRequestOfADeliveryIsTheOneOfAnHttpFunction) {
  g_throw = [] { throw Missing("x"); };
  Stage stage{context_with(Runtime::kAsync, {})};
  stage.environment.errors = &handlers();
  const Trigger trigger{.name = "in"};
  stage.deliver({.name = "f", .signature = Signature::kOpenFunction, .invoke = throwing},
                {.input = trigger, .data = "x"});
  EXPECT_EQ(stage.response->body(), "/in: x");
}

void writing(const Request&, Writer& writer) {
  writer.write("piece");
  g_throw();
}

TEST(ErrorAnswers, AfterTheHeadWasSentNothingIsAnswered) {
  for (const auto& throws : {std::function<void()>([] { throw BadInput("x"); }),
                             std::function<void()>([] { throw HttpError(404); }),
                             std::function<void()>([] { throw Missing("x"); })}) {
    g_throw = throws;
    Stage stage;
    Sink sink;
    stage.sink = &sink;
    stage.environment.errors = &handlers();
    stage.call(made<writing>());
    EXPECT_THAT(sink.log, ::testing::Contains("abort"));
  }
  g_throw = [] { throw HttpError(404); };
  Stage held;  // nobody takes pieces
  held.call(made<writing>());
  EXPECT_EQ(held.status(), 404);
}

std::function<void(CallData&)> g_pre;     // NOLINT
std::function<void(CallResult&)> g_post;  // NOLINT

struct Probe : Plugin {
  void pre(Context&, CallData& data) override {
    if (g_pre) g_pre(data);
  }
  void post(Context&, CallResult& result) override {
    if (g_post) g_post(result);
  }
};

struct Hooked {
  explicit Hooked(bool required = false) {
    FunctionContext named;
    named.pre_hooks = named.post_hooks = {"probe"};
    const PluginType known{.name = "probe",
                           .version = "1",
                           .required = required,
                           .create = []() -> Plugin* { return new Probe(); },
                           .destroy = [](Plugin* plugin) { delete plugin; },
                           .place = {}};
    hooks = *Hooks::of(named, {&known, 1}, {}, stage.log);
    stage.environment.hooks = &hooks;
    stage.environment.errors = &handlers();
    g_pre = nullptr;
    g_post = nullptr;
    g_throw = [] { FAIL() << "the function runs"; };
  }
  Stage stage{context_with(Runtime::kKnative, both())};
  Hooks hooks;
};

TEST(ErrorAnswers, APreHookAnswersByACallOrAnException) {
  struct Case {
    const char* name;
    std::function<void(CallData&)> pre;
    int status;
    const char* body;
    const char* verdict;
  };
  for (const bool required : {false, true}) {
    for (const Case& one : {
             Case{"an answer",
                  [](CallData& data) {
                    data.answer(Response("no").status(401).header("WWW-Authenticate", "Basic"));
                  },
                  401, "no", "error"},
             Case{"a success", [](CallData& data) { data.answer("cached"); }, 200, "cached",
                  "success"},
             Case{"an HttpError", [](CallData&) { throw HttpError(403, "no"); }, 403, "no\n",
                  "error"},
             Case{"a BadInput", [](CallData&) { throw BadInput("no"); }, 400, "no\n", "error"},
             Case{"an answer that cannot be sent",
                  [](CallData& data) { data.answer(Response("no").status(7)); }, 500,
                  "The function crashed", "crash"},
         }) {
      SCOPED_TRACE(one.name);
      Hooked hooked(required);
      g_pre = one.pre;
      std::string seen;
      g_post = [&](CallResult& result) {
        seen = std::string(result.status()) + " " + std::to_string(result.response()->status());
      };
      for_each_signature(hooked.stage, [&] {
        EXPECT_EQ(hooked.stage.status(), one.status);
        EXPECT_THAT(hooked.stage.response->body(), HasSubstr(one.body));
        EXPECT_EQ(verdict_of(hooked.stage), one.verdict);
        EXPECT_EQ(seen, std::string(one.verdict) + " " + std::to_string(one.status));
        EXPECT_THAT(hooked.stage.log.text(), Not(HasSubstr("hook failed")));
      });
    }
  }
}

TEST(ErrorAnswers, AHandlerAnswersForARequiredHookOnly) {
  for (const bool required : {false, true}) {
    SCOPED_TRACE(required);
    Hooked hooked(required);
    g_pre = [](CallData&) { throw Missing("x"); };
    hooked.stage.call(kEcho);
    EXPECT_EQ(hooked.stage.status(), required ? 404 : 200);
    EXPECT_THAT(hooked.stage.log.text(), HasSubstr("hook failed"));
  }
}

TEST(ErrorAnswers, APostHookSeesAFailuresResponseAndMayReplaceIt) {
  struct Case {
    const char* name;
    std::function<void()> throws;
    int seen;
    const char* verdict;
  };
  for (const Case& one : {Case{"a crash", [] { throw std::logic_error("x"); }, 500, "crash"},
                          Case{"no memory", [] { throw std::bad_alloc(); }, 503, "error"},
                          Case{"a BadInput", [] { throw BadInput("x"); }, 400, "error"},
                          Case{"a handler", [] { throw Missing("x"); }, 404, "error"}}) {
    SCOPED_TRACE(one.name);
    Hooked hooked;
    g_throw = one.throws;
    int status = 0;
    g_post = [&](CallResult& result) {
      ASSERT_NE(result.response(), nullptr);
      EXPECT_FALSE(result.ok());
      status = result.response()->status();
      *result.response() = Response("replaced").status(200).header("x", "y");
    };
    for_each_signature(hooked.stage, [&] {
      EXPECT_EQ(status, one.seen);
      EXPECT_EQ(hooked.stage.status(), 200);
      EXPECT_EQ(hooked.stage.response->body(), "replaced");
      EXPECT_EQ(verdict_of(hooked.stage), one.verdict);
    });
  }
}

TEST(ErrorAnswers, APostHooksExceptionReplacesTheAnswer) {
  for (const auto& [throws, verdict] :
       {std::pair(std::function<void()>([] {}), "error"),
        std::pair(std::function<void()>([] { throw Missing("x"); }), "error"),
        std::pair(std::function<void()>([] { throw std::logic_error("x"); }), "crash")}) {
    Hooked hooked;
    g_throw = throws;
    g_post = [](CallResult&) { throw HttpError(410, "gone"); };
    hooked.stage.call(http(throwing));
    EXPECT_EQ(hooked.stage.status(), 410);
    EXPECT_EQ(hooked.stage.response->body(), "gone\n");
    EXPECT_EQ(verdict_of(hooked.stage), verdict);
    EXPECT_EQ(hooked.stage.sidecar.calls().size(), 0U);
  }
}

TEST(ErrorAnswers, APostHookCannotBreakACrashsAnswer) {
  Hooked hooked;
  g_throw = [] { throw std::logic_error("x"); };
  g_post = [](CallResult& result) { result.response()->header("a", "b\nc: d"); };
  hooked.stage.call(http(throwing));
  EXPECT_EQ(hooked.stage.status(), 500);
  EXPECT_EQ(hooked.stage.response->find_header("a"), nullptr);
  EXPECT_EQ(verdict_of(hooked.stage), "crash");
}

TEST(ErrorAnswers, ADeliveryThatAPreHookAnswersIsJudgedByTheStatus) {
  for (const int status : {200, 503}) {
    Hooked hooked;
    g_pre = [&](CallData& data) { data.answer(Response("x").status(status)); };
    const Trigger trigger{.name = "in"};
    hooked.stage.deliver(on_event(throwing), {.input = trigger, .data = "x"});
    EXPECT_EQ(hooked.stage.status(), status);
    EXPECT_EQ(hooked.stage.verdict, status == 200 ? Verdict::kSuccess : Verdict::kError);
  }
}

}  // namespace
}  // namespace ofn
