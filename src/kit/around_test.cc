// The test kit calls what stands around a function: hooks by name and in code, error handlers, guards, limits of routes, readiness. It also sends
// each form of event.
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <ofn/errors.h>
#include <ofn/event.h>
#include <ofn/function.h>
#include <ofn/life.h>
#include <ofn/middleware.h>
#include <ofn/plugin.h>
#include <ofn/route.h>
#include <ofn/task.h>
#include <ofn/testing/gtest.h>

namespace {

using namespace ofn::testing;  // NOLINT(google-build-using-namespace): as an author writes it
using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

// --- Hooks by name -------------------------------------------------------------------------------

struct Marks : ofn::Plugin {
  void pre(ofn::Context&, ofn::CallData& data) override {
    if (data.bytes() == "answer") return data.answer(ofn::Response("from the hook").status(202));
    if (data.bytes() == "throw") throw std::runtime_error("the hook fails");
    data.replace("<" + std::string(data.bytes()) + ">");
  }
  void post(ofn::Context&, ofn::CallResult& result) override {
    result.data(std::string(result.data()) + "!");
  }
};
OFN_PLUGIN(Marks, "marks", "1.0.0")

std::string repeats(const ofn::Request& request) {
  return std::string(request.body()) + std::string(request.body());
}

TEST(Hooks, RunByTheirNames) {
  struct Row {
    const char* hooks;
    const char* body;
    int status;
    const char* answer;
  };
  for (const Row& row :
       {Row{"", "a", 200, "aa"}, Row{"prePlugins: [marks]", "a", 200, "<a><a>"},
        Row{"postPlugins: [marks]", "a", 200, "aa!"},
        Row{"prePlugins: [marks]\npostPlugins: [marks]", "a", 200, "<a><a>!"},
        Row{"prePlugins: [marks]\npostPlugins: [marks]", "answer", 202, "from the hook!"}}) {
    SCOPED_TRACE(row.hooks);
    Program program = Program::of<repeats>(
        {.context = "name: hooked\nruntime: Knative\n" + std::string(row.hooks)});
    const Result result = program.invoke(row.body);
    EXPECT_THAT(result, HasStatus(row.status));
    EXPECT_THAT(result, HasBody(row.answer));
  }
  Program failing =
      Program::of<repeats>({.context = "name: h\nruntime: Knative\nprePlugins: [marks]"});
  EXPECT_THAT(failing.invoke("throw"), Logged("hook failed"));
  EXPECT_THROW(Program::of<repeats>({.context = "name: h\nruntime: Knative\nprePlugins: [mark]"}),
               std::runtime_error);
  EXPECT_THAT(Program::of<repeats>({.context = "name: h\nruntime: Knative\nprePlugins: [mark]",
                                    .optional_hooks = {"mark"}})
                  .invoke("a"),
              HasBody("aa"));
}

// --- Hooks in code, guards, error handlers -------------------------------------------------------

std::optional<ofn::Response> no_robots(const ofn::Request& request) {
  if (request.header("user-agent") == "robot") return ofn::Response("no robots").status(403);
  return std::nullopt;
}
OFN_BEFORE("/around/{rest...}", no_robots)
void stamp(const ofn::Request&, ofn::Response& response) { response.header("X-Stamp", "1"); }
OFN_AFTER("/around/{rest...}", stamp)
struct TooDear : std::runtime_error {
  using std::runtime_error::runtime_error;
};
ofn::Response on_too_dear(const TooDear& error, const ofn::Request& request) {
  return ofn::Response(std::string(request.path()) + ": " + error.what()).status(402);
}
OFN_ERROR_HANDLER(on_too_dear)
std::string buys(const ofn::Request& request) {
  if (request.param("item") == "gold") throw TooDear("too dear");
  return "bought";
}
template <auto kFunction>
std::string for_admins(const ofn::Request& request) {
  if (request.header("x-role") != "admin") throw ofn::HttpError(403, "only for administrators");
  return kFunction(request);
}
OFN_ROUTE("POST /around/{item}", buys)
OFN_ROUTE("DELETE /around/{item}", for_admins<buys>)

TEST(Around, GuardsAndHooksRunInOrder) {
  Program program;
  struct Row {
    const char* method;
    const char* target;
    std::vector<ofn::Header> fields;
    int status;
    const char* stamp;
  };
  for (const Row& row : {
           Row{"POST", "/around/tea", {}, 200, "1"},
           Row{"GET", "/around/tea", {}, 405, ""},
           Row{"POST", "/around/tea", {{"User-Agent", "robot"}}, 403, "1"},
           Row{"POST", "/around/gold", {}, 402, "1"},
           Row{"DELETE", "/around/tea", {}, 403, "1"},
           Row{"DELETE", "/around/tea", {{"X-Role", "admin"}}, 200, "1"},
           Row{"DELETE", "/around/gold", {{"X-Role", "admin"}}, 402, "1"},
       }) {
    SCOPED_TRACE(std::string(row.method) + " " + row.target);
    const Result result =
        program.call({.method = row.method, .target = row.target, .fields = row.fields});
    EXPECT_THAT(result, HasStatus(row.status));
    EXPECT_EQ(result.field("x-stamp"), row.stamp);
    EXPECT_FALSE(result.thrown) << "a handler or an HttpError gave the answer";
  }
  EXPECT_THAT(program.call({.method = "POST", .target = "/around/gold", .fields = {}}),
              HasBody("/around/gold: too dear"));
}

// --- Limits of routes ----------------------------------------------------------------------------

ofn::task<std::string> sleeps(const ofn::Request&) {
  co_await ofn::sleep_for(10s);
  co_return "slept";
}
OFN_ROUTE("GET /limits/short", sleeps, ofn::timeout(2s))
OFN_ROUTE("GET /limits/long", sleeps)
OFN_ROUTE("POST /limits/small", repeats, ofn::max_body(3))
OFN_ROUTE("GET /limits/one", sleeps, ofn::concurrency(1, 0))

TEST(Limits, AreThoseOfTheRoute) {
  Program program;
  EXPECT_THAT(program.get("/limits/short"), HasStatus(504));
  EXPECT_GE(program.elapsed(), 2s);
  EXPECT_LT(program.elapsed(), 3s);
  EXPECT_THAT(program.get("/limits/long"), HasBody("slept"));
  EXPECT_THAT(program.post("/limits/small", "abc"), HasBody("abcabc"));
  EXPECT_THAT(program.post("/limits/small", "abcd"), HasStatus(413));
  Running first = program.start({.target = "/limits/one"});
  EXPECT_THAT(program.get("/limits/one"), HasStatus(503));
  EXPECT_THAT(program.get("/limits/one"), HasField("retry-after", "1"));
  EXPECT_THAT(first.finish(), HasBody("slept"));
  EXPECT_THAT(program.get("/limits/one"), HasBody("slept"));
}

// --- Readiness -----------------------------------------------------------------------------------

std::string g_why_not;  // NOLINT
std::optional<std::string> why_not() {
  if (g_why_not.empty()) return std::nullopt;
  return g_why_not;
}
OFN_READY(why_not)

TEST(Readiness, IsAskedByEachProbe) {
  Program program;
  EXPECT_THAT(program.probe(), HasBody("ok\n"));
  g_why_not = "the database is down";
  const Result down = program.probe();
  EXPECT_THAT(down, HasStatus(503));
  EXPECT_THAT(down, HasBody("the database is down\n"));
  EXPECT_THAT(program.get("/livez", {{"User-Agent", "kube-probe/1"}}), HasStatus(200));
  EXPECT_THAT(program.log(), Contains(HasSubstr("warning: not ready")));
  g_why_not.clear();
  EXPECT_THAT(program.probe(), IsOk());
}

// --- Events --------------------------------------------------------------------------------------

void takes_data(const ofn::EventData& data, const ofn::EventContext& context) {
  if (data.json().find("bad") != std::string::npos) throw ofn::BadInput("bad");
  if (context.event_id() == "crash") throw std::runtime_error("crashed");
}
std::optional<ofn::CloudEvent> maybe_answers(const ofn::CloudEvent& event) {
  if (event.type() != "question") return std::nullopt;
  return ofn::CloudEvent("a", "/here", "answer").datacontenttype("text/plain").data("42");
}
OFN_ROUTE("POST /events/{id}", maybe_answers)
constexpr const char* kAsync = R"(
name: async
runtime: Async
inputs:
  orders: {componentName: bus, componentType: pubsub.redis, uri: orders}
)";

ofn::CloudEvent stored(std::string id, const std::string& name = "a") {
  return ofn::CloudEvent(std::move(id), "//storage.googleapis.com/projects/_/buckets/b",
                         "google.cloud.storage.object.v1.finalized")
      .subject("objects/a")
      .datacontenttype("application/json")
      .data(R"({"kind":"storage#object","name":")" + name + "\"}");
}

TEST(Events, ReachFunctionsOfBackgroundEvents) {
  Program program = Program::of<takes_data>();
  for (const EventMode mode : {EventMode::kBinary, EventMode::kStructured}) {
    EXPECT_THAT(program.send_event(stored("1"), mode), IsOk());
    EXPECT_THAT(program.send_event(stored("1", "bad"), mode), HasStatus(400));
    EXPECT_THAT(program.send_event(stored("crash"), mode), HasStatus(500));
  }
  EXPECT_THAT(program.send_events({stored("1"), stored("2")}), IsOk());
  EXPECT_THAT(program.send_events({stored("1"), stored("crash")}), Threw("std::runtime_error"));
  EXPECT_THAT(
      program.post_json(
          "/",
          R"({"context":{"eventId":"1","eventType":"google.storage.object.finalize","timestamp":"2021-03-04T05:06:07Z","resource":"projects/_/buckets/b/objects/a"},"data":{}})"),
      IsOk());
  EXPECT_THAT(program.post("/", "no event"), HasStatus(400));
}

void takes_event(const ofn::CloudEvent& event) {
  if (event.type() == "bad") throw ofn::BadInput("bad");
  if (event.subject()) throw std::runtime_error("crashed");
}

TEST(Events, ComeFromTopics) {
  Program program = Program::of<takes_event>({.context = kAsync});
  const auto delivered = [&](const ofn::CloudEvent& event) {
    return program.deliver("orders", Message{.event = event});
  };
  EXPECT_THAT(delivered(ofn::CloudEvent("1", "/here", "good")), IsAcknowledged());
  EXPECT_EQ(delivered(ofn::CloudEvent("1", "/here", "bad")).acknowledgement,
            Acknowledgement::kDropped);
  EXPECT_EQ(delivered(stored("1")).acknowledgement, Acknowledgement::kRetry);
  EXPECT_THROW(Program::of<takes_data>({.context = kAsync}), std::runtime_error)
      << "background events come over HTTP";
}

TEST(Events, AreAnsweredOrNot) {
  Program program = Program::of<maybe_answers>();
  const ofn::CloudEvent question("1", "/here", "question");
  const Result binary = program.send_event(question);
  EXPECT_THAT(binary, HasBody("42"));
  EXPECT_THAT(binary, HasField("ce-type", "answer"));
  EXPECT_THAT(program.send_event(question, EventMode::kStructured),
              BodyContains(R"("type":"answer")"));
  EXPECT_THAT(program.send_event(ofn::CloudEvent("1", "/here", "note")), HasBody(""));
  EXPECT_THAT(program.send_events({question, question}), HasBody("")) << "a batch has no answer";
  Program several;
  EXPECT_THAT(several.send_event(question, EventMode::kBinary, "/events/7"), HasBody("42"));
  EXPECT_THAT(several.send_event(question, EventMode::kStructured, "/none"), HasStatus(404));
}

}  // namespace
