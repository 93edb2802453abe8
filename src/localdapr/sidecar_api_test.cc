#include "localdapr/sidecar_api.h"

#include <algorithm>
#include <deque>
#include <sstream>
#include <testing/manual_clock.h>
#include <testing/recording_log.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "localdapr/component_loader.h"
#include "testing/temporary_directory.h"

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

  TemporaryDirectory temporary_;
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

// Component files that are read again.
TEST_F(SidecarApiTest, PublishesEachEntryOfABulk) {
  struct Case {
    std::string_view name;
    std::string component;
    std::vector<std::string> ids;
    std::string answer;
  };
  for (const Case& c : {
           Case{"all", "bus", {"a", "b"}, ""},
           Case{"none", "bus", {}, ""},
           Case{"one that cannot be", "bus", {"a", "bad"}, "bad;"},
           Case{"all of them cannot be",
                "nope",
                {"a", "b"},
                "INVALID_ARGUMENT pubsub nope is not found"},
           Case{"an id twice",
                "bus",
                {"a", "a"},
                "INVALID_ARGUMENT error marshaling events to publish: entryId is duplicated or not "
                "present for entry"},
           Case{"an empty id",
                "bus",
                {""},
                "INVALID_ARGUMENT error marshaling events to publish: entryId is duplicated or not "
                "present for entry"},
       }) {
    start();
    dapr::BulkPublishRequest request{.component = c.component, .topic = "t"};
    for (const std::string& id : c.ids) {
      auto& entry = request.entries.emplace_back();
      entry.id = id;
      entry.publish = {.component = c.component,
                       .topic = "t",
                       .data = "x",
                       .content_type = "text/plain",
                       .metadata = {}};
      if (id == "bad") entry.publish.metadata = {{"rawPayload", "zz"}};
    }
    std::string answer = "(none)";
    sidecar_->publish_all(std::move(request), {},
                          [&](Result<std::vector<dapr::BulkPublishFailure>> failed) {
                            answer = failed ? "" : text(failed.error());
                            if (!failed) return;
                            for (const auto& failure : *failed) answer += failure.id + ";";
                          });
    run_tasks();
    EXPECT_EQ(answer, c.answer) << c.name;
  }
}

class ReplacingTest : public SidecarApiTest {
 protected:
  static constexpr std::string_view kAll = R"(
bus pubsub.in-memory
visits state.in-memory
files bindings.localstorage rootPath ROOT/one
clock bindings.cron schedule @every_1s
unique bindings.localstorage rootPath ROOT/{uuid}
)";

  // Each line is a component: name, type, and perhaps a property and its value; _ stands for a blank.
  std::vector<Component> read(std::string_view lines) {
    std::string yaml;
    std::istringstream input{std::string(lines)};
    for (std::string line; std::getline(input, line);) {
      std::istringstream words(line);
      std::string name;
      std::string type;
      std::string property;
      std::string value;
      if (!(words >> name >> type)) continue;
      yaml += "---\napiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: {name: " + name +
              "}\nspec:\n  type: " + type + "\n  version: v1\n";
      if (!(words >> property >> value)) continue;
      std::ranges::replace(value, '_', ' ');
      if (value.starts_with("ROOT")) value.replace(0, 4, temporary_.path().native());
      yaml += "  metadata:\n  - {name: " + property + ", value: '" + value + "'}\n";
    }
    Components loaded =
        parse_components(yaml, "c.yaml", {.app_id = "app", .environment = {}}, log_);
    EXPECT_THAT(loaded.problems, IsEmpty());
    return loaded.components;
  }
  void start_all() {
    auto sidecar = create(read(kAll));
    ASSERT_TRUE(sidecar);
    sidecar_ = *std::move(sidecar);
    EXPECT_EQ(save("1"), "ok");
  }
  std::string save(const std::string& value) {
    std::string answer = "(none)";
    sidecar_->save_state(
        {.store = "visits", .items = {{.key = "k", .value = value}}}, {},
        [&answer](const Result<void>& done) { answer = done ? "ok" : text(done.error()); });
    run_tasks();
    return answer;
  }
  std::string saved() {
    std::string answer = "(none)";
    sidecar_->get_state({.store = "visits", .key = "k"}, {},
                        [&answer](const Result<StateValue>& value) {
                          answer = value ? value->data : text(value.error());
                        });
    run_tasks();
    return answer;
  }
  // Returns what has changed: "~visits: 1 value +new -clock: …", or the problems.
  std::string replace(std::string_view lines, const std::string& app_id = "app") {
    ended_.clear();
    const auto changes = sidecar_->replace(
        read(lines), app_id, [this](const std::string& name) { ended_.push_back(name); });
    std::string said;
    if (!changes) {
      for (const Error& error : changes.error()) said += error.text();
      return said;
    }
    for (const ComponentChange& change : *changes) {
      using What = ComponentChange::What;
      said += said.empty() ? "" : " ";
      said += change.what == What::kAdded ? "+" : change.what == What::kRemoved ? "-" : "~";
      said += change.name + (change.lost.empty() ? "" : ": " + change.lost);
    }
    return said;
  }
  static std::string with(std::string_view what, std::string_view instead) {
    std::string lines(kAll);
    lines.replace(lines.find(what), what.size(), instead);
    return lines;
  }

  std::vector<std::string> ended_;
};

TEST_F(ReplacingTest, OnlyWhatIsDeclaredInAnotherWayStartsAnew) {
  struct Case {
    std::string_view name;
    std::string lines;
    std::string changes;
    std::string value = "1";  // that the state store then has
  };
  for (const Case& c : {
           Case{"nothing", std::string(kAll), ""},
           Case{"another order",
                "files bindings.localstorage rootPath ROOT/one\n" +
                    with("files bindings.localstorage rootPath ROOT/one", ""),
                ""},
           Case{"a property", with("ROOT/one", "ROOT/two"), "~files"},
           Case{"a timer", with("1s", "2s"), "~clock: the phase of its timer"},
           Case{"a new one", std::string(kAll) + "more pubsub.in-memory", "+more"},
           Case{"one less", with("bus pubsub.in-memory", ""), "-bus"},
           Case{"another type", with("bus pubsub.in-memory", "bus state.in-memory"), "~bus"},
           Case{"the state", with("state.in-memory", "state.in-memory keyPrefix none"),
                "~visits: 1 value", ""},
           Case{"the state is gone", with("visits state.in-memory", "v2 state.in-memory"),
                "-visits: 1 value +v2", "INVALID_ARGUMENT state store visits is not found"},
       }) {
    start_all();
    EXPECT_EQ(replace(c.lines), c.changes) << c.name;
    EXPECT_EQ(saved(), c.value) << c.name;
    EXPECT_EQ(replace(c.lines), "") << c.name;
    EXPECT_EQ(sidecar_->describe().components.size(), read(c.lines).size()) << c.name;
  }
}

TEST_F(ReplacingTest, AProblemChangesNothing) {
  for (const auto& [broken, problem] : std::vector<std::pair<std::string, std::string>>{
           {with("@every_1s", "@never"), "component=clock"},
           {with("state.in-memory", "state.in-memory keyPrefix a||b"), "can't contain '||'"},
           {with("state.in-memory", "state.etcd"), "no component type 'state.etcd'"}}) {
    start_all();
    const std::string lines = broken + "more pubsub.in-memory";
    EXPECT_THAT(replace(lines), HasSubstr(problem));
    EXPECT_THAT(ended_, IsEmpty());
    EXPECT_EQ(saved(), "1");
    EXPECT_THAT(publish("more", "t"), HasSubstr("pubsub more is not found"));
    EXPECT_EQ(replace(kAll), "");
  }
}

TEST_F(ReplacingTest, AnotherAppHasItsOwnComponents) {
  start_all();
  EXPECT_EQ(replace(kAll, "other"),
            "~bus ~visits: 1 value ~files ~clock: the phase of its timer ~unique");
  EXPECT_EQ(saved(), "");
  EXPECT_EQ(sidecar_->describe().id, "other");
}

TEST_F(ReplacingTest, MessagesThatWaitedAreCounted) {
  start_all();
  sidecar_->pubsubs().at("bus")->subscribe("t", [](const BusMessage&, const Acknowledge&) {});
  EXPECT_EQ(publish("bus", "t", "1"), "ok");
  EXPECT_EQ(publish("bus", "t", "2"), "ok");
  EXPECT_EQ(replace(with("bus pubsub.in-memory", "")), "-bus: 2 messages that waited in it");
  EXPECT_THAT(ended_, ::testing::ElementsAre("bus"));
}

// A call that has begun is answered by the component with which it began, however long it takes.
TEST_F(ReplacingTest, ACallThatRunsIsAnswered) {
  start_all();
  std::string answer;
  sidecar_->invoke_binding(
      {.component = "files", .operation = "create", .data = "x!", .metadata = {{"fileName", "a"}}},
      {},
      [&answer](const Result<SidecarReply>& reply) { answer = reply ? reply->data : "failed"; });
  std::string value;
  sidecar_->get_state({.store = "visits", .key = "k"}, {},
                      [&value](const Result<StateValue>& got) { value = got->data; });
  EXPECT_EQ(replace("files bindings.localstorage rootPath ROOT/two"),
            "-bus -visits: 1 value -clock: the phase of its timer -unique ~files");
  clock_.advance(std::chrono::seconds(1));
  ofn::testing::settle(loop_);
  run_tasks();
  EXPECT_EQ(answer, R"({"fileName":"a"})");
  EXPECT_EQ(value, "1");
  EXPECT_EQ(temporary_.read("one/a"), "x!");
  EXPECT_EQ(invoke("files", "create", "y!", {{"fileName", "b"}}), R"({"fileName":"b"})");
  EXPECT_EQ(temporary_.read("two/b"), "y!");
}

TEST_F(ReplacingTest, SecretsAreReadAgain) {
  const std::string lines = "secrets secretstores.local.file secretsFile ROOT/secrets.json";
  temporary_.write("secrets.json", R"({"a": "1"})");
  auto sidecar = create(read(lines));
  ASSERT_TRUE(sidecar);
  sidecar_ = *std::move(sidecar);
  const auto secret = [this] {
    std::string said = "(none)";
    sidecar_->get_secret({.store = "secrets", .key = "a"}, {}, [&said](const Result<Secret>& got) {
      said = got ? got->entries.at(0).value : text(got.error());
    });
    run_tasks();
    return said;
  };
  EXPECT_EQ(secret(), "1");
  temporary_.write("secrets.json", R"({"a": "2"})");
  EXPECT_EQ(replace(lines), "");
  EXPECT_EQ(secret(), "2");
  temporary_.write("secrets.json", "no JSON");
  EXPECT_THAT(replace(lines), HasSubstr("component=secrets"));
  EXPECT_EQ(secret(), "2");
}

}  // namespace
}  // namespace ofn::localdapr
