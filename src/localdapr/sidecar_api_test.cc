#include "localdapr/sidecar_api.h"

#include <deque>
#include <testing/manual_clock.h>
#include <testing/recording_log.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "localdapr/component_loader.h"
#include "localdapr/temporary_folder_for_test.h"

namespace ofn::localdapr {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SidecarApiTest : public ::testing::Test {
 protected:
  static Component component(std::string name, std::string type) {
    Component result;
    result.name = std::move(name);
    result.type = std::move(type);
    result.file = "c.yaml";
    result.line = 7;
    return result;
  }

  auto create(const std::vector<Component>& components) {
    return SidecarApi::create(components,
                              {.app_id = "app",
                               .version = "1.2",
                               .run = [this](Task task) { tasks_.push_back(std::move(task)); }},
                              loop_, log_);
  }
  void start() {
    Component files = component("files", "bindings.localstorage");
    files.version = "v1";
    files.properties = {{"rootPath", (temporary_.path() / "root").string()}};
    Component upper = component("bus", "PubSub.In-Memory");
    auto sidecar = create({files, upper});
    ASSERT_TRUE(sidecar);
    sidecar_ = *std::move(sidecar);
  }

  // Returns the answer's data, or "CODE message". Runs the executor if the call waits for it.
  std::string invoke(std::string component, std::string operation, std::string data = {},
                     std::vector<Header> metadata = {}) {
    std::string answer = "(none)";
    sidecar_->invoke_binding({.component = std::move(component),
                              .operation = std::move(operation),
                              .data = std::move(data),
                              .metadata = std::move(metadata)},
                             {}, [&answer](Result<SidecarReply> reply) {
                               answer = reply ? reply->data : text(reply.error());
                             });
    run_tasks();
    return answer;
  }
  std::string publish(std::string component, std::string topic, std::string data = {},
                      std::string content_type = {}, std::vector<Header> metadata = {}) {
    std::string answer = "(none)";
    sidecar_->publish(
        {.component = std::move(component),
         .topic = std::move(topic),
         .data = std::move(data),
         .content_type = std::move(content_type),
         .metadata = std::move(metadata)},
        {}, [&answer](Result<void> result) { answer = result ? "ok" : text(result.error()); });
    return answer;
  }
  static std::string text(const Error& error) {
    return std::string(code_name(error.code())) + " " + error.message();
  }
  void run_tasks() {
    for (; !tasks_.empty(); tasks_.pop_front()) tasks_.front()();
  }

  TemporaryFolder temporary_;
  ofn::testing::ManualClock clock_;
  Loop loop_{clock_};
  NullLog log_;
  std::deque<Task> tasks_;
  std::unique_ptr<SidecarApi> sidecar_;
};

TEST_F(SidecarApiTest, InvokesBindingsOnTheExecutor) {
  start();
  bool done = false;
  sidecar_->invoke_binding(
      {.component = "files", .operation = "create", .data = "x!", .metadata = {{"fileName", "a"}}},
      {}, [&done](const Result<SidecarReply>& reply) {
        done = true;
        EXPECT_EQ(reply->data, R"({"fileName":"a"})");
      });
  EXPECT_FALSE(done);
  EXPECT_FALSE(std::filesystem::exists(temporary_.path() / "root/a"));
  run_tasks();
  EXPECT_TRUE(done);
  EXPECT_EQ(temporary_.read("root/a"), "x!");
  EXPECT_EQ(invoke("files", "get", "", {{"fileName", "a"}}), "x!");
}

// Each answer is that of a real daprd 1.16.0.
TEST_F(SidecarApiTest, RefusesInDaprdsWords) {
  start();
  EXPECT_EQ(invoke("nope", "create"),
            "INTERNAL error invoking output binding nope: couldn't find output binding nope");
  EXPECT_EQ(invoke("", "create"),
            "INTERNAL error invoking output binding : couldn't find output binding ");
  EXPECT_EQ(
      invoke("files", ""),
      "INTERNAL error invoking output binding files: operation field is missing from request");
  EXPECT_EQ(invoke("nope", ""),
            "INTERNAL error invoking output binding nope: operation field is missing from request");
  EXPECT_EQ(
      invoke("files", "Create"),
      "INTERNAL error invoking output binding files: binding files does not support operation "
      "Create. supported operations:create get list delete");
  EXPECT_EQ(invoke("files", "get", "", {{"fileName", "no"}}),
            "INTERNAL error invoking output binding files: file not found: " +
                (temporary_.path() / "root/no").string());
  EXPECT_EQ(invoke("bus", "create"),
            "INTERNAL error invoking output binding bus: couldn't find output binding bus");

  EXPECT_EQ(publish("", "t"), "INVALID_ARGUMENT pubsub name is empty");
  EXPECT_EQ(publish("nope", "t"), "INVALID_ARGUMENT pubsub nope is not found");
  EXPECT_EQ(publish("nope", ""), "INVALID_ARGUMENT pubsub nope is not found");
  EXPECT_EQ(publish("files", "t"), "INVALID_ARGUMENT pubsub files is not found");
  EXPECT_EQ(publish("bus", ""), "INVALID_ARGUMENT topic is empty in pubsub bus");
  EXPECT_EQ(
      publish("bus", "t", "", "", {{"rawPayload", "zz"}}),
      "INVALID_ARGUMENT failed deserializing metadata. Error: rawPayload value must be a valid "
      "boolean: actual is 'zz'");
}

TEST_F(SidecarApiTest, AcceptsWhatDaprdAcceptsForATopic) {
  start();
  struct Case {
    std::string data;
    std::string content_type;
    std::vector<Header> metadata;
    bool accepted;
  };
  const std::string event = "application/cloudevents+json";
  for (const Case& c : {
           Case{"x", "", {}, true},
           Case{"", "", {}, true},
           Case{"\xff", "text/plain", {}, true},
           Case{"{bad", "application/json", {}, true},
           Case{"x", "application/unknown", {}, true},
           Case{"x", "", {{"rawPayload", "true"}}, true},
           Case{"x", "", {{"rawPayload", ""}}, true},
           Case{R"({"id":"1"})", event, {}, true},
           Case{R"({"id":"1"} and more)", event + "; charset=utf-8", {}, true},
           Case{"{bad", event, {}, false},
           Case{"[1]", event, {}, false},
           Case{"", event, {}, false},
           Case{"null", "Application/CloudEvents+JSON", {}, false},
           Case{"{bad", event, {{"rawPayload", "1"}}, true},
           Case{"{bad", event, {{"rawPayload", "0"}}, false},
           Case{std::string(100'000, '['), event, {}, false},
       }) {
    EXPECT_EQ(publish("bus", "t", c.data, c.content_type, c.metadata),
              c.accepted ? "ok" : "INVALID_ARGUMENT cannot create cloudevent")
        << c.data.substr(0, 20);
  }
}

TEST_F(SidecarApiTest, DescribesItself) {
  start();
  const dapr::SidecarInfo info = sidecar_->describe();
  EXPECT_EQ(info.id, "app");
  EXPECT_EQ(info.runtime_version, "1.2");
  ASSERT_EQ(info.components.size(), 2U);
  EXPECT_EQ(info.components[0].name, "files");
  EXPECT_EQ(info.components[0].type, "bindings.localstorage");
  EXPECT_EQ(info.components[0].version, "v1");
  EXPECT_THAT(info.components[0].capabilities, ::testing::ElementsAre("OUTPUT_BINDING"));
  EXPECT_EQ(info.components[1].name, "bus");
}

TEST_F(SidecarApiTest, NamesEveryComponentThatCannotStart) {
  Component later = component("later", "bindings.localstorage");
  later.version = "v2";
  auto sidecar = create(
      {component("cache", "bindings.kafka"), component("files", "bindings.localstorage"), later});
  ASSERT_FALSE(sidecar);
  ASSERT_EQ(sidecar.error().size(), 3U);
  EXPECT_EQ(sidecar.error()[0].text(),
            "the local sidecar has no component type 'bindings.kafka'; it has bindings.cron, "
            "bindings.http, bindings.localstorage, bindings.mqtt3, bindings.redis, "
            "pubsub.in-memory, pubsub.mqtt3, pubsub.redis, "
            "state.in-memory, state.sqlite, "
            "secretstores.local.file. Run Dapr for others (dapr run) and set "
            "DAPR_GRPC_PORT to its gRPC port (component=cache, file=c.yaml, line=7)");
  EXPECT_EQ(sidecar.error()[1].text(),
            "property rootPath must not be empty (component=files, file=c.yaml, line=7)");
  EXPECT_THAT(sidecar.error()[2].text(), HasSubstr("'bindings.localstorage/v2'"));
}

TEST_F(SidecarApiTest, LeavesOutWhatMayFail) {
  Component cache = component("cache", "bindings.kafka");
  cache.ignore_errors = true;
  auto sidecar = create({cache});
  ASSERT_TRUE(sidecar);
  EXPECT_THAT((*sidecar)->describe().components, IsEmpty());
}

TEST_F(SidecarApiTest, TopicScopesHoldForWhatIsPublished) {
  Component bus = component("bus", "pubsub.in-memory");
  bus.properties = {{"allowedTopics", "t,u"}, {"publishingScopes", "app=t"}};
  auto sidecar = create({bus});
  ASSERT_TRUE(sidecar);
  sidecar_ = *std::move(sidecar);
  EXPECT_EQ(publish("bus", "t"), "ok");
  EXPECT_EQ(publish("bus", "u"), "PERMISSION_DENIED topic u is not allowed for app id app");
  EXPECT_EQ(publish("bus", "v"), "PERMISSION_DENIED topic v is not allowed for app id app");
}

TEST_F(SidecarApiTest, ADirectionClosesTheOtherWay) {
  Component files = component("files", "bindings.localstorage");
  files.properties = {{"rootPath", (temporary_.path() / "root").string()}, {"direction", "input"}};
  Component tick = component("tick", "bindings.cron");
  tick.properties = {{"schedule", "@every 1s"}, {"direction", "output"}};
  Component on = component("on", "bindings.cron");
  on.properties = {{"schedule", "@every 1s"}, {"direction", "input"}, {"route", "/a b"}};
  auto sidecar = create({files, tick, on});
  ASSERT_TRUE(sidecar);
  sidecar_ = *std::move(sidecar);
  EXPECT_THAT(invoke("files", "list"), HasSubstr("couldn't find output binding files"));
  EXPECT_EQ(sidecar_->inputs().size(), 1U);
  EXPECT_TRUE(sidecar_->rules().started_unasked.contains("on"));
  EXPECT_EQ(sidecar_->routes().at("on"), "/a b");
  Component wrong = component("wrong", "bindings.cron");
  wrong.properties = {{"schedule", "@every 1s"}, {"direction", "sideways"}};
  auto refused = create({wrong});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error()[0].text(), HasSubstr("direction is 'sideways'"));
}

TEST_F(SidecarApiTest, RefusesAPropertyThatItDoesNotDo) {
  Component store = component("store", "state.in-memory");
  store.properties = {{"primaryEncryptionKey", "00"}};
  auto refused = create({store});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error()[0].text(),
              ::testing::AllOf(HasSubstr("'primaryEncryptionKey'"), HasSubstr("component=store")));
}

}  // namespace
}  // namespace ofn::localdapr
