// The invocation of CloudEvent functions.
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "invocation/invocation.h"
#include "invocation/stage_for_test.h"

namespace ofn {
namespace {

using ::testing::HasSubstr;

const std::vector<Field> kBinary = {{"ce-specversion", "1.0"},
                                    {"ce-id", "1"},
                                    {"ce-source", "/s"},
                                    {"ce-type", "t"},
                                    {"content-type", "text/plain"}};
constexpr const char* kJson = R"({"specversion":"1.0","id":"1","source":"/s","type":"t"})";

const Function kSwallow = on_event([](const abi::Call& call, abi::Outcome&) {
  if (call.event->type() != "t") throw std::runtime_error("not t");
});
const Function kReply = on_event([](const abi::Call& call, abi::Outcome& outcome) {
  if (call.event->type() != "t") throw std::runtime_error("not t");
  outcome.event =
      CloudEvent("re-" + call.event->id(), "/r", "r").datacontenttype("text/plain").data("reply");
});

TEST(EventInvocation, AnEventIsAcknowledged) {
  Stage stage(context_with(Runtime::kKnative, both()));
  stage.headers = kBinary;
  stage.call(kSwallow);
  EXPECT_EQ(stage.status(), 200);
  EXPECT_EQ(stage.response->body(), "");
  EXPECT_EQ(stage.fields.at("X-OpenFunction-Status"), "success");
  EXPECT_EQ(stage.sidecar.calls().size(), 0U) << "nothing was returned, nothing is sent";
}

TEST(EventInvocation, WhatIsNoEventIsRefused) {
  const auto check = [](const std::string& method, const std::vector<Field>& headers,
                        const std::string& body, int status, const char* reason) {
    Stage stage;
    stage.method = method;
    stage.headers = headers;
    stage.body = body;
    stage.call(kSwallow);
    EXPECT_EQ(stage.status(), status);
    EXPECT_EQ(stage.fields.at("X-OpenFunction-Status"), "error");
    EXPECT_THAT(stage.response->body(), HasSubstr(reason));
    EXPECT_EQ(stage.response->find_header("Allow") != nullptr, status == 405);
  };
  check("GET", kBinary, "", 405, "POST");
  check("post", kBinary, "", 405, "POST");
  check("POST", {}, "hello", 400, "not a CloudEvent");
  check("POST", {{"ce-id", "1"}}, "", 400, "attribute \"specversion\"");
  check("POST", {{"content-type", "application/cloudevents+json"}}, "{", 400, "not JSON");
  check("POST", {{"content-type", "application/cloudevents+avro"}}, "", 415, "as JSON");
}

TEST(EventInvocation, AReplyHasTheRequestsMode) {
  Stage stage;
  stage.headers = kBinary;
  stage.call(kReply);
  EXPECT_EQ(stage.status(), 200);
  EXPECT_EQ(*stage.response->find_header("ce-id"), "re-1");
  EXPECT_EQ(stage.response->body(), "reply");

  for (const char* type : {"application/cloudevents+json", "application/json"}) {
    stage.headers = {{"content-type", type}};
    stage.body = kJson;
    stage.call(kReply);
    EXPECT_EQ(*stage.response->find_header("content-type"),
              "application/cloudevents+json; charset=utf-8");
    EXPECT_THAT(stage.response->body(), HasSubstr(R"("id":"re-1")"));
  }
}

TEST(EventInvocation, AReplyGoesToTheOutputs) {
  Stage stage(context_with(Runtime::kKnative, both()));
  stage.headers = kBinary;
  stage.call(kReply);
  EXPECT_EQ(stage.status(), 200);
  ASSERT_EQ(stage.sidecar.calls().size(), 2U);
  EXPECT_EQ(stage.sidecar.calls_to("c-files")[0].data, "reply");
  EXPECT_THAT(stage.sidecar.calls_to("c-events")[0].data, HasSubstr(R"("id":"re-1")"));
}

TEST(EventInvocation, AReplyThatIsNoEventIsACrash) {
  Stage stage(context_with(Runtime::kKnative, both()));
  stage.headers = kBinary;
  stage.call(
      on_event([](const abi::Call&, abi::Outcome& outcome) { outcome.event = CloudEvent(); }));
  EXPECT_EQ(stage.status(), 500);
  EXPECT_EQ(stage.fields.at("X-OpenFunction-Status"), "crash");
  EXPECT_THAT(stage.log.text(), HasSubstr("invalid CloudEvent returned: attribute \"id\""));
  EXPECT_EQ(stage.sidecar.calls().size(), 0U);
}

constexpr const char* kBackground =
    R"({"context":{"eventId":"1","timestamp":"2020-09-29T11:32:00Z",)"
    R"("eventType":"providers/firebase.auth/eventTypes/user.create","resource":"projects/p"},)"
    R"("data":{"uid":"u"}})";
const std::vector<Field> kJsonType = {{"content-type", "application/json"}};
const Function kBackgroundOnly = on_background([](const abi::Call& call, abi::Outcome&) {
  if (call.background->context.event_id() != "1" ||
      call.background->data.json() != R"({"uid":"u"})") {
    throw std::runtime_error("not the event");
  }
});

TEST(EventInvocation, ABackgroundEventIsAcknowledged) {
  Stage stage(context_with(Runtime::kKnative, both()));
  stage.headers = kJsonType;
  stage.body = kBackground;
  stage.call(kBackgroundOnly);
  EXPECT_EQ(stage.status(), 200);
  EXPECT_EQ(stage.response->body(), "");
  EXPECT_EQ(stage.fields.at("X-OpenFunction-Status"), "success");
  EXPECT_EQ(stage.sidecar.calls().size(), 0U) << "nothing was returned, nothing is sent";

  stage.body.replace(stage.body.find(R"("1")"), 3, R"("2")");
  stage.call(kBackgroundOnly);
  EXPECT_EQ(stage.status(), 500);
  EXPECT_EQ(stage.fields.at("X-OpenFunction-Status"), "crash");
}

TEST(EventInvocation, EachFunctionGetsTheFormThatItTakes) {
  Stage stage;
  stage.headers = kJsonType;
  stage.body = kBackground;
  stage.call(
      on_event([](const abi::Call& call, abi::Outcome& outcome) { outcome.event = *call.event; }));
  EXPECT_EQ(stage.status(), 200);
  EXPECT_EQ(*stage.response->find_header("content-type"),
            "application/cloudevents+json; charset=utf-8");
  EXPECT_THAT(stage.response->body(), HasSubstr("google.firebase.auth.user.v1.created"));

  stage.body = "[" + stage.response->body() + "," + stage.response->body() + "]";
  stage.headers = {{"content-type", "application/cloudevents-batch+json"}};
  stage.call(kBackgroundOnly);
  EXPECT_EQ(stage.status(), 200);
  EXPECT_EQ(stage.response->body(), "");
}

TEST(EventInvocation, WhatABackgroundFunctionDoesNotServe) {
  struct Case {
    const char* method;
    const char* target;
    int status;
    const char* reason;
  };
  for (const Case& one : {Case{"GET", "/", 200, ""},
                          {"HEAD", "/", 200, ""},
                          {"GET", "/?x", 200, ""},
                          {"GET", "/x", 405, "POST"},
                          {"PUT", "/", 405, "POST"},
                          {"POST", "/", 400, "; and not a background event: the content type"}}) {
    Stage stage;
    stage.method = one.method;
    stage.target = one.target;
    stage.call(kBackgroundOnly);
    EXPECT_EQ(stage.status(), one.status) << one.method << one.target;
    EXPECT_THAT(stage.response->body(), HasSubstr(one.reason));
    EXPECT_EQ(stage.response->body().empty(), one.status == 200);
    EXPECT_EQ(stage.response->find_header("Allow") != nullptr, one.status == 405);
    EXPECT_EQ(stage.fields.at("X-OpenFunction-Status"), one.status == 200 ? "success" : "error");
  }
}

TEST(EventInvocation, ABatchSucceedsAsAWhole) {
  const std::string bad = R"({"specversion":"1.0","id":"2","source":"/s","type":"bad"})";
  const std::string good = kJson;
  struct Case {
    std::string body;
    int status;
    std::size_t sent;
    std::size_t crashes;
  };
  const Case cases[] = {
      {"[]", 200, 0, 0},
      {"[" + good + "]", 200, 2, 0},
      {"[" + good + "," + good + "," + good + "]", 200, 6, 0},
      {"[" + good + "," + bad + "," + good + "]", 500, 0, 1},
      {"[" + bad + "," + bad + "]", 500, 0, 2},
      {"[" + good + ",{}]", 400, 0, 0},
  };
  for (const Case& one : cases) {
    Stage stage(context_with(Runtime::kKnative, both()));
    stage.headers = {{"content-type", "application/cloudevents-batch+json"}};
    stage.body = one.body;
    stage.call(kReply);
    EXPECT_EQ(stage.status(), one.status) << one.body;
    if (one.status == 200) {
      EXPECT_EQ(stage.response->body(), "");
    }
    EXPECT_EQ(stage.sidecar.calls().size(), one.sent) << one.body;
    std::size_t crashes = 0;
    for (std::size_t at = 0;
         (at = stage.log.text().find("function crashed", at)) != std::string::npos; ++at) {
      ++crashes;
    }
    EXPECT_EQ(crashes, one.crashes);
  }
}

// Of a batch that fails for several reasons the one counts after which the sender tries again.
TEST(EventInvocation, BadInputIsAnAnswer) {
  const Function refuse = on_event([](const abi::Call& call, abi::Outcome&) {
    if (call.event->type() == "bad") throw BadInput("no items in " + call.event->id());
    if (call.event->type() == "crash") throw std::runtime_error("secret");
  });
  const auto event = [](const std::string& type) {
    return R"({"specversion":"1.0","id":"7","source":"/s","type":")" + type + "\"}";
  };
  struct Case {
    std::string body;
    int status;
    std::string answer;
  };
  for (const Case& each : {
           Case{event("bad"), 400, "no items in 7\n"},
           Case{event("good"), 200, ""},
           Case{"[" + event("good") + "," + event("bad") + "]", 400, "event 1: no items in 7\n"},
           Case{"[" + event("bad") + "," + event("good") + "]", 400, "event 0: no items in 7\n"},
           Case{"[" + event("bad") + "," + event("crash") + "]", 500, "The function crashed"},
           Case{"[" + event("crash") + "," + event("bad") + "]", 500, "The function crashed"},
       }) {
    SCOPED_TRACE(each.body);
    Stage stage(context_with(Runtime::kKnative, both()));
    stage.headers = {{"content-type", each.body.front() == '['
                                          ? "application/cloudevents-batch+json"
                                          : "application/cloudevents+json"}};
    stage.body = each.body;
    stage.call(refuse);
    EXPECT_EQ(stage.status(), each.status);
    EXPECT_THAT(stage.response->body(), HasSubstr(each.answer));
    EXPECT_EQ(stage.sidecar.calls().size(), 0U);
    if (each.status == 400) {
      EXPECT_EQ(stage.fields.at("X-OpenFunction-Status"), "error");
      EXPECT_EQ(stage.response->body(), each.answer);
      EXPECT_THAT(stage.log.text(), HasSubstr("no items in 7"));
    }
  }
}

TEST(EventInvocation, AStopEndsABatchBetweenTwoEvents) {
  const std::string one = kJson;
  struct Case {
    const Function& function;
    std::vector<Field> headers;
    std::string body;
    int status;
  };
  const std::vector<Field> batch = {{"content-type", "application/cloudevents-batch+json"}};
  for (const Case& each : {Case{kSwallow, batch, "[" + one + "," + one + "]", 503},
                           {kSwallow, batch, "[" + one + "]", 200},
                           {kSwallow, kBinary, "x", 200},
                           {kBackgroundOnly, kJsonType, kBackground, 200}}) {
    SCOPED_TRACE(each.body);
    Stage stage;
    stage.headers = each.headers;
    stage.body = each.body;
    stage.keeps_asides = true;  // the batch does not wait for the author's own part of the stop
    stage.begin(each.function);
    stage.invocation.request_stop();
    stage.invocation.run();
    stage.invocation.finish();
    EXPECT_EQ(stage.status(), each.status);
    EXPECT_THAT(stage.response->body(),
                HasSubstr(each.status == 200 ? "" : "send the events again"));
  }
}

}  // namespace
}  // namespace ofn
