// What a function can read of its Context and do with it, and what its Out becomes over HTTP.
#include <functional>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ofn/context.h>

#include "invocation/stage_for_test.h"

namespace ofn {
namespace {

using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

// An OpenFunction function of the test's own.
using Body = std::function<Out(Context&, Bytes)>;
Body g_body;  // NOLINT: functions are plain pointers

Function openfunction(Body body) {
  g_body = std::move(body);
  return {.name = "app::f",
          .signature = Signature::kOpenFunction,
          .invoke = [](const abi::Call& call,
                       abi::Outcome& outcome) { outcome.out = g_body(*call.context, call.data); },
          .takes_context = true};
}

TEST(OpenFunction, AnOutBecomesTheResponse) {
  struct Case {
    Out out;
    int status;
    const char* body;
    const char* verdict;
    std::size_t sent;
  };
  const Case cases[] = {
      {Out(), 200, "", "success", 0},
      {Out("only to the caller").with("forward", "false"), 200, "only to the caller", "success", 0},
      {Out::success("data"), 200, "data", "success", 2},
      {"text", 200, "text", "success", 2},
      {Out::success("x").with("content-type", "a/b"), 200, "x", "success", 2},
      {Out::error("broken"), 500, "broken", "error", 0},
      {Out::error("mine", 404), 404, "mine", "error", 0},
      {Out::error("odd", 0), 500, "odd", "error", 0},
      {Out("odd").code(201), 500, "odd", "error", 0},
      {Out("odd").code(-1), 500, "odd", "error", 0},
      {Out("odd").code(600), 500, "odd", "error", 0},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.out.data());
    Stage stage(context_with(Runtime::kKnative, both()));
    stage.call(openfunction([&](Context&, Bytes) { return one.out; }));
    EXPECT_EQ(stage.status(), one.status);
    EXPECT_EQ(stage.response->body(), one.body);
    EXPECT_EQ(stage.fields.at("X-OpenFunction-Status"), one.verdict);
    EXPECT_EQ(stage.sidecar.calls().size(), one.sent) << "what failed sends nothing";
    const std::string* type = one.out.find("Content-Type");
    if (type != nullptr) {
      EXPECT_EQ(*stage.response->find_header("content-type"), *type);
    }
  }
}

TEST(OpenFunction, AnOutThatCannotBeSentIsACrash) {
  Stage stage;
  stage.call(openfunction(
      [](Context&, Bytes) { return Out("x").with("content-type", "a\r\nSet-Cookie: b"); }));
  EXPECT_EQ(stage.status(), 500);
  EXPECT_EQ(stage.fields.at("X-OpenFunction-Status"), "crash");
}

TEST(OpenFunction, UnderAsyncNothingGoesOutByItself) {
  Stage stage(context_with(Runtime::kAsync, both()));
  stage.call(openfunction([](Context&, Bytes) { return "data"; }));
  EXPECT_EQ(stage.status(), 200);
  EXPECT_EQ(stage.sidecar.calls().size(), 0U);
}

TEST(OpenFunction, ReadsWhatSurroundsTheCall) {
  FunctionContext declared = context_with(Runtime::kKnative, both());
  declared.name = "fn";
  declared.version = "v2";
  declared.outputs[0].alias = "files-2";
  declared.outputs[0].metadata = {{"a", "1"}};
  declared.triggers = {{.name = "in", .component = "c-in", .component_type = "bindings.cron"}};
  declared.inputs = {{"config", "c-config", "", "", "", {}}};
  declared.states = {{.name = "s", .component = "c-s", .component_type = "state.redis"}};
  Stage stage(std::move(declared));
  stage.body = std::string("\0x", 2);
  stage.headers = {{"Content-Type", "a/b"}};
  bool ran = false;
  stage.call(openfunction([&](Context& context, Bytes data) {
    ran = true;
    EXPECT_EQ(context.function(), "app::f");
    EXPECT_EQ(context.name(), "fn");
    EXPECT_EQ(context.version(), "v2");
    EXPECT_EQ(context.runtime(), "Knative");
    EXPECT_EQ(context.input(), nullptr);
    EXPECT_EQ(data, stage.body);
    EXPECT_EQ(context.data(), data);
    EXPECT_EQ(context.content_type(), "a/b");
    EXPECT_EQ(context.metadata().size(), 1U);
    EXPECT_EQ(context.request()->method(), "POST");
    EXPECT_EQ(context.event(), nullptr);
    EXPECT_EQ(context.id(), context.request()->id());
    EXPECT_FALSE(context.stop_token().stop_requested());
    EXPECT_EQ(context.inputs().size(), 2U);
    EXPECT_EQ(context.inputs()[0].name, "in");
    EXPECT_TRUE(context.inputs()[0].triggers);
    EXPECT_EQ(context.inputs()[1].name, "config");
    EXPECT_FALSE(context.inputs()[1].triggers);
    EXPECT_EQ(context.outputs()[0].alias, "files-2");
    EXPECT_EQ(context.outputs()[0].operation, "create");
    EXPECT_EQ(context.outputs()[0].metadata[0].value, "1");
    EXPECT_EQ(context.outputs()[1].topic, "t");
    EXPECT_EQ(context.outputs()[1].operation, "");
    EXPECT_EQ(context.states()[0].type, "state.redis");
    return Out();
  }));
  EXPECT_TRUE(ran);
}

TEST(OpenFunction, SendsManyItems) {
  Stage stage(context_with(Runtime::kAsync, both()));
  stage.headers = {{"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}};
  stage.call(openfunction([&](Context& context, Bytes) {
    const std::vector<SendItem> items = {
        {.data = std::string_view("\0a", 2)},
        {.data = "{}", .content_type = "application/json", .metadata = {{"key", "k"}}}};
    const SendReport topic = context.send_all("events", items);
    EXPECT_TRUE(topic.ok()) << topic.error();
    EXPECT_EQ(topic.results().size(), 2U);
    EXPECT_EQ(topic.results()[1].output, "events");
    EXPECT_TRUE(context.send_all("files", items).ok());
    const SendReport typo = context.send_all("typo", items);
    EXPECT_EQ(typo.results().size(), 1U);
    EXPECT_EQ(typo.results()[0].failure->code, Code::kNotFound);
    EXPECT_THAT(typo.error(), HasSubstr(R"(the outputs are "files", "events")"));
    EXPECT_THROW(typo.check(), FailureError);
    EXPECT_TRUE(context.send_all("events", {}).ok());
    return Out();
  }));
  EXPECT_EQ(stage.status(), 200);
  ASSERT_EQ(stage.sidecar.bulks().size(), 1U);
  ASSERT_EQ(stage.sidecar.calls().size(), 4U);
  const auto& bulked = stage.sidecar.calls();
  EXPECT_EQ(bulked[0].data, std::string("\0a", 2));
  EXPECT_EQ(bulked[0].content_type, "text/plain");
  EXPECT_EQ(bulked[1].content_type, "application/json");
  EXPECT_EQ(bulked[1].metadata.at("key"), "k");
  EXPECT_NE(bulked[0].metadata.at("cloudevent.id"), bulked[1].metadata.at("cloudevent.id"));
  EXPECT_EQ(bulked[1].traceparent, stage.headers[0].value);
  EXPECT_EQ(bulked[3].operation, "create");
}

TEST(OpenFunction, SendsToAllOrToOne) {
  FunctionContext declared = context_with(Runtime::kAsync, both());
  declared.outputs[0].alias = "files-2";
  declared.outputs[0].metadata = {{"a", "1"}, {"b", "2"}};
  Stage stage(std::move(declared));
  stage.headers = {{"traceparent", "00-1-2-01"}};
  stage.sidecar.script("c-files", {SidecarReply{"", {}}, SidecarReply{"answer", {{"k", "v"}}}});
  stage.call(openfunction([](Context& context, Bytes) {
    const SendReport all = context.send("everywhere");
    EXPECT_TRUE(all.ok());
    EXPECT_EQ(all.results().size(), 2U);
    const SendReport one =
        context.send("files-2", "x", {.metadata = {{"b", "3"}, {"c", "4"}}, .operation = "get"});
    EXPECT_EQ(one.results().size(), 1U);
    EXPECT_EQ(one.results()[0].output, "files");
    EXPECT_EQ(one.data(), "answer");
    EXPECT_EQ(one.results()[0].metadata[0].value, "v");
    context.send("events", "{}", {.content_type = "application/json"}).check();
    return Out();
  }));
  const auto files = stage.sidecar.calls_to("c-files");
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].data, "everywhere");
  EXPECT_EQ(files[0].operation, "create");
  EXPECT_EQ(files[0].traceparent, "00-1-2-01");
  EXPECT_THAT(files[0].metadata, UnorderedElementsAre(Pair("a", "1"), Pair("b", "2")));
  EXPECT_EQ(files[1].operation, "get");
  EXPECT_THAT(files[1].metadata,
              UnorderedElementsAre(Pair("a", "1"), Pair("b", "3"), Pair("c", "4")));
  const auto events = stage.sidecar.calls_to("c-events");
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].content_type, "text/plain");
  EXPECT_EQ(events[1].content_type, "application/json");
  EXPECT_EQ(events[1].topic, "t");
}

TEST(OpenFunction, AFailedSendIsTold) {
  Stage stage(context_with(Runtime::kAsync, both()));
  stage.sidecar.script("c-events", {FakeSidecar::error(Code::kInvalidArgument, "no such topic")});
  stage.call(openfunction([](Context& context, Bytes) {
    const SendReport all = context.send("x");
    EXPECT_FALSE(all);
    EXPECT_FALSE(all.results()[0].failure);
    EXPECT_EQ(all.results()[1].failure->code, Code::kInvalidArgument);
    return Out::error(all.error());
  }));
  EXPECT_EQ(stage.status(), 500);
  EXPECT_EQ(stage.response->body(),
            R"(INVALID_ARGUMENT: "events" (component "c-events"): no such topic)");
}

TEST(OpenFunction, ASendThatNobodyCatchesIsACrash) {
  Stage stage(context_with(Runtime::kAsync, both()));
  stage.call(openfunction([](Context& context, Bytes) {
    context.send("archive", "x").check();
    return Out();
  }));
  EXPECT_EQ(stage.status(), 500);
  EXPECT_EQ(stage.fields.at("X-OpenFunction-Status"), "crash");
  EXPECT_THAT(stage.log.text(),
              HasSubstr(R"(no output is named "archive"; the outputs are "files", "events")"));
}

TEST(OpenFunction, AsksStores) {
  FunctionContext declared = context_with(Runtime::kAsync, {});
  declared.states = {{.name = "s", .component = "c-s", .component_type = "state.redis"}};
  Stage stage(std::move(declared));
  stage.headers = {{"traceparent", "00-1-2-01"}};
  FakeStores& stores = stage.stores;
  stage.call(openfunction([&](Context& context, Bytes) {
    stores.answer = StateValue{.data = "v", .etag = "1"};
    EXPECT_EQ(context.get_state("s", "k")->data, "v");
    EXPECT_EQ(std::get<GetState>(stores.asked).store, "c-s") << "the user's name is resolved";
    EXPECT_EQ(std::get<GetState>(stores.asked).key, "k");
    EXPECT_EQ(stores.traceparent, "00-1-2-01");
    stores.answer = std::vector<StateValue>(2);
    EXPECT_EQ(context.get_states({.store = "other", .keys = {"a", "b"}}).value().size(), 2U);
    EXPECT_EQ(std::get<GetBulkState>(stores.asked).store, "other") << "else it is the component";
    stores.answer = StoreAnswer();
    EXPECT_TRUE(context.save_state("s", {.key = "k", .value = "v"}));
    EXPECT_EQ(std::get<StateItems>(stores.asked).store, "c-s");
    EXPECT_TRUE(context.delete_state("s", "k"));
    EXPECT_EQ(std::get<DeleteState>(stores.asked).item.key, "k");
    EXPECT_TRUE(context.delete_states({.store = "s", .items = {{.key = "k"}}}));
    EXPECT_EQ(std::get<DeleteBulkState>(stores.asked).items.store, "c-s");
    EXPECT_TRUE(context.transact_state({.store = "s"}));
    EXPECT_EQ(std::get<StateTransaction>(stores.asked).store, "c-s");
    stores.answer = Secret{.entries = {{"k", "v"}}};
    EXPECT_EQ(context.get_secret("vault", "k")->entries[0].value, "v");
    stores.answer = std::vector<Secret>(3);
    EXPECT_EQ(context.get_secrets({.store = "vault"}).value().size(), 3U);
    stores.answer = InvokeReply{.data = "reply"};
    EXPECT_EQ(context.invoke({.app_id = "other", .method = "m"})->data, "reply");
    stores.answer = StoreAnswer();
    EXPECT_TRUE(context.schedule_job({.name = "j", .schedule = "@daily"}));
    EXPECT_EQ(std::get<ScheduleJob>(stores.asked).job.name, "j");
    EXPECT_TRUE(context.schedule_job({.job = {.name = "k"}, .overwrite = true}));
    EXPECT_TRUE(std::get<ScheduleJob>(stores.asked).overwrite);
    EXPECT_TRUE(context.delete_job("j"));
    EXPECT_EQ(std::get<DeleteJob>(stores.asked).name, "j");
    stores.answer = Job{.name = "j", .data = "d"};
    EXPECT_EQ(context.get_job("j")->data, "d");
    EXPECT_EQ(std::get<GetJob>(stores.asked).name, "j");

    stores.answer = std::unexpected(SidecarError{Error(Code::kAborted, "etag mismatch")});
    const auto saved = context.save_state("s", {.key = "k", .etag = "old"});
    EXPECT_FALSE(saved);
    EXPECT_EQ(saved.failure(), (Failure{Code::kAborted, "etag mismatch"}));
    EXPECT_THROW(context.get_state("s", "k").value(), FailureError);
    return Out();
  }));
  EXPECT_EQ(stage.status(), 200);
}

TEST(OpenFunction, WithoutOutputsASendIsRefused) {
  Stage stage;
  stage.call(openfunction([](Context& context, Bytes) {
    EXPECT_EQ(context.send("x").results()[0].failure->code, Code::kFailedPrecondition);
    EXPECT_EQ(context.send("a", "x").results()[0].failure->code, Code::kNotFound);
    return Out();
  }));
  EXPECT_EQ(stage.status(), 200);
}

}  // namespace
}  // namespace ofn
