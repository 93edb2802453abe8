// What a function sees of the sidecar of a test: stores, secrets, other apps, jobs, bulk publishing, each with its failures.
#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <ofn/function.h>
#include <ofn/stores.h>
#include <ofn/testing/gtest.h>

namespace {

using namespace ofn::testing;  // NOLINT(google-build-using-namespace): as an author writes it
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kContext = R"(
name: asked
runtime: Async
triggers: {http: {}}
outputs:
  events: {componentName: bus, componentType: pubsub.redis, uri: news}
  files: {componentName: local, componentType: bindings.localstorage, operation: create}
states:
  cart: {componentName: store, componentType: state.redis}
)";

template <class T>
std::string code_of(const ofn::Reply<T>& reply) {
  return reply.ok() ? "OK" : std::string(ofn::code_name(reply.failure().code));
}

// --- State ---------------------------------------------------------------------------------------

// Does what the body says, and tells the code of each step.
std::string uses_state(ofn::Context& context, const ofn::Request& request) {
  const std::string_view what = request.body();
  if (what == "stale") {
    const auto value = context.get_state("cart", "7");
    if (!value.ok()) return code_of(value);
    (void)context.save_state("cart", {.key = "7", .value = "other"});
    return code_of(context.save_state("cart", {.key = "7", .value = "mine", .etag = value->etag}));
  }
  if (what == "delete stale") {
    const auto value = context.get_state("cart", "7");
    (void)context.save_state("cart", {.key = "7", .value = "other"});
    return code_of(
        context.delete_state({.store = "cart", .item = {.key = "7", .etag = value->etag}}));
  }
  if (what == "transaction") {
    return code_of(context.transact_state(
        {.store = "cart",
         .operations = {{.type = "upsert", .item = {.key = "8", .value = "new"}},
                        {.type = "delete", .item = {.key = "7"}}}}));
  }
  if (what == "bulk") {
    const auto all = context.get_states({.store = "cart", .keys = {"7", "9"}});
    if (!all.ok()) return code_of(all);
    std::string text;
    for (const ofn::StateValue& each : all.value()) text += each.key + "=" + each.data + ";";
    return text;
  }
  if (what == "no store") return code_of(context.get_state("shelf", "7"));
  const auto value = context.get_state("cart", std::string(what));
  return value.ok() ? value->data + (value->etag.empty() ? "nothing" : "") : code_of(value);
}

TEST(State, IsThatOfDapr) {
  struct Row {
    const char* what;
    const char* answer;
    const char* after;  // the value of the key 7
  };
  for (const Row& row :
       {Row{"7", "tea", "tea"}, Row{"9", "nothing", "tea"}, Row{"stale", "ABORTED", "other"},
        Row{"delete stale", "ABORTED", "other"}, Row{"transaction", "OK", ""},
        Row{"bulk", "7=tea;9=;", "tea"}, Row{"no store", "INVALID_ARGUMENT", "tea"}}) {
    SCOPED_TRACE(row.what);
    Program program = Program::of<uses_state>({.context = kContext});
    program.sidecar().set_state("cart", "7", "tea");
    const Result result = program.invoke(row.what);
    EXPECT_THAT(result, HasBody(row.answer));
    EXPECT_EQ(program.sidecar().state("cart", "7").value_or(""), row.after);
    EXPECT_EQ(result.state_before.at("cart").at("7"), "tea");
  }
}

// --- Secrets, apps, jobs -------------------------------------------------------------------------

std::string reads_secret(ofn::Context& context, const ofn::Request& request) {
  const auto secret = context.get_secret("vault", std::string(request.body()));
  if (!secret.ok()) return code_of(secret);
  std::string text;
  for (const auto& [name, value] : secret->entries) text += name + "=" + value + ";";
  return text;
}
std::string asks_app(ofn::Context& context, const ofn::Request& request) {
  const auto reply = context.invoke(
      {.app_id = "prices", .method = "tea", .data = std::string(request.body()), .verb = "PUT"});
  return reply.ok() ? reply->data + " " + reply->content_type : code_of(reply);
}
std::string reads_cart(ofn::Context& context, const ofn::Request&) {
  const auto value = context.get_state("cart", "7");
  return value.ok() ? value->data : code_of(value);
}
std::string sends_file(ofn::Context& context, const ofn::Request&) {
  const auto sent = context.send("files", "data");
  return sent ? std::string(sent.data())
              : std::string(ofn::code_name(sent.results().front().failure->code));
}

TEST(Secrets, AreThoseOfTheTest) {
  Program program = Program::of<reads_secret>({.context = kContext});
  program.sidecar().set_secret("vault", "password", "x");
  program.sidecar().set_secret("vault", "pair", {{"user", "a"}, {"password", "b"}});
  EXPECT_THAT(program.invoke("password"), HasBody("password=x;"));
  EXPECT_THAT(program.invoke("pair"), HasBody("user=a;password=b;"));
  EXPECT_THAT(program.invoke("none"), HasBody("INTERNAL"));
  EXPECT_THAT(Program::of<reads_secret>({.context = kContext}).invoke("password"),
              HasBody("FAILED_PRECONDITION"));
}

TEST(Apps, AnswerAsTheTestSays) {
  Program program = Program::of<asks_app>({.context = kContext});
  program.sidecar().on_invoke("prices", "4", "text/plain");
  EXPECT_THAT(program.invoke("x"), HasBody("4 text/plain"));
  program.sidecar().on_invoke("prices",
                              [](const ofn::InvokeService& call) -> ofn::Reply<ofn::InvokeReply> {
                                if (call.data == "bad")
                                  return ofn::Failure{ofn::Code::kNotFound, "no such item"};
                                return ofn::InvokeReply{.data = call.verb + " " + call.method};
                              });
  EXPECT_THAT(program.invoke("x"), HasBody("PUT tea "));
  EXPECT_THAT(program.invoke("bad"), HasBody("NOT_FOUND"));
  EXPECT_EQ(program.sidecar().invoked().size(), 3U);
  EXPECT_THAT(Program::of<asks_app>({.context = kContext}).invoke("x"), HasBody("INTERNAL"));
}

// Each kind of call, with each kind of failure.
TEST(Faults, HaveTheSameCodesForEachKindOfCall) {
  struct Kind {
    const char* name;
    Program (*program)();
    const char* body;  // of a success
  };
  const Kind kinds[] = {
      {"prices", [] { return Program::of<asks_app>({.context = kContext}); }, "4 "},
      {"cart", [] { return Program::of<reads_cart>({.context = kContext}); }, "tea"},
      {"vault", [] { return Program::of<reads_secret>({.context = kContext}); }, "password=x;"},
      {"files", [] { return Program::of<sends_file>({.context = kContext}); }, "kept"},
  };
  struct Row {
    const char* name;
    void (*script)(Sidecar&, const char*);
    std::vector<std::string> codes;  // of three calls; "": a success
  };
  const Row rows[] = {
      {"refused",
       [](Sidecar& s, const char* of) { s.fail(of, Fault::kRefused); },
       {"INTERNAL", "INTERNAL", "INTERNAL"}},
      {"late",
       [](Sidecar& s, const char* of) { s.fail(of, Fault::kLate, {.times = 1}); },
       {"DEADLINE_EXCEEDED", "", ""}},
      {"after one",
       [](Sidecar& s, const char* of) { s.fail(of, Fault::kRefused, {.after = 1}); },
       {"", "INTERNAL", "INTERNAL"}},
      {"late after one",
       [](Sidecar& s, const char* of) { s.fail(of, Fault::kLate, {.after = 1, .times = 1}); },
       {"", "DEADLINE_EXCEEDED", ""}},
      {"a code, once",
       [](Sidecar& s, const char* of) { s.fail(of, ofn::Code::kPermissionDenied, {.times = 1}); },
       {"PERMISSION_DENIED", "", ""}},
      {"slow", [](Sidecar& s, const char* of) { s.delay(of, 2s); }, {"", "", ""}},
      {"slower than the deadline",
       [](Sidecar& s, const char* of) { s.delay(of, 100s); },
       {"DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED"}},
      {"healed",
       [](Sidecar& s, const char* of) {
         s.fail(of, Fault::kRefused);
         s.delay(of, 100s);
         s.heal();
       },
       {"", "", ""}},
  };
  for (const Kind& kind : kinds) {
    for (const Row& row : rows) {
      SCOPED_TRACE(std::string(kind.name) + ", " + row.name);
      Program program = kind.program();
      program.sidecar().set_state("cart", "7", "tea");
      program.sidecar().set_secret("vault", "password", "x");
      program.sidecar().on_invoke("prices", "4");
      program.sidecar().reply("files", "kept");
      row.script(program.sidecar(), kind.name);
      for (const std::string& code : row.codes) {
        const Result result = program.invoke("password");
        // The client of a call that is as late as its deadline has 504.
        if (code == "DEADLINE_EXCEEDED") {
          EXPECT_TRUE(result.body == code || result.status == 504) << result;
        } else {
          // Dapr has one code for a secret store that fails.
          const bool is_of_vault = kind.name == std::string("vault") && !code.empty();
          EXPECT_THAT(result, HasBody(code.empty() ? kind.body : is_of_vault ? "INTERNAL" : code));
        }
      }
    }
  }
}

TEST(Faults, NeverReachAnUnreachableSidecar) {
  Program program = Program::of<reads_cart>({.context = kContext});
  program.sidecar().set_state("cart", "7", "tea");
  program.sidecar().fail("cart", Fault::kUnreachable, {.after = 1, .times = 1});
  EXPECT_THAT(program.get("/"), HasBody("tea"));
  EXPECT_THAT(program.get("/"), HasBody("UNAVAILABLE"));
  EXPECT_THAT(program.get("/"), HasBody("tea"));
}

std::string schedules(ofn::Context& context, const ofn::Request& request) {
  const auto done = context.schedule_job(
      {.name = std::string(request.body()), .schedule = "@every 1m", .repeats = 2, .data = "tea"});
  return code_of(done);
}
std::string on_job(ofn::Context& context, const ofn::Request& job) {
  (void)context.send("files", std::string(job.path()) + " " + std::string(job.body()));
  return "";
}
OFN_ROUTE("POST /sidecar/schedule", schedules)
OFN_ROUTE("POST /job/{name}", on_job)

TEST(Jobs, ComeAsRequests) {
  Program program(Options{.context = kContext});
  EXPECT_THAT(program.post("/sidecar/schedule", "a b"), HasBody("OK"));
  EXPECT_THAT(program.post("/sidecar/schedule", "a b"), HasBody("ALREADY_EXISTS"));
  for (int i = 0; i < 2; ++i)
    EXPECT_THAT(program.run_job("a b"), SentTo("files", "/job/a%20b tea"));
  EXPECT_TRUE(program.sidecar().jobs().empty()) << "it comes twice";
  EXPECT_THAT(program.run_job("other", "data"), SentTo("files", "/job/other data"));
  try {
    (void)program.run_job("a b");
    ADD_FAILURE() << "nothing was thrown";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("no function has scheduled a job named \"a b\""));
  }
}

// --- Bulk publishing -----------------------------------------------------------------------------

std::string sends_all(ofn::Context& context, const ofn::Request& request) {
  const std::vector<ofn::SendItem> items = {{.data = "a"}, {.data = "b"}, {.data = "c"}};
  const auto sent = context.send_all(std::string(request.body()), items);
  std::string text;
  for (const ofn::SendResult& result : sent.results())
    text += result.failure ? std::string(ofn::code_name(result.failure->code)) + ";" : "sent;";
  return text;
}

TEST(Bulk, FailsItemByItem) {
  Program program = Program::of<sends_all>({.context = kContext});
  EXPECT_THAT(program.invoke("events"), HasBody("sent;sent;sent;"));
  program.sidecar().fail_items("events", {1, 7});
  const Result partly = program.invoke("events");
  EXPECT_THAT(partly, HasBody("sent;INTERNAL;sent;"));
  std::vector<bool> failed;
  for (const Sent& each : partly.sent) failed.push_back(each.failure.has_value());
  EXPECT_THAT(failed, ElementsAre(false, true, false));
  EXPECT_THAT(partly, SentTo("events", "c"));
  EXPECT_EQ(partly.sent[0].topic, "news");
  program.sidecar().heal();
  program.sidecar().fail("events", Fault::kRefused, {.times = 1});
  EXPECT_THAT(program.invoke("events"), HasBody("INTERNAL;INTERNAL;INTERNAL;"));
  // A binding gets one after the other.
  program.sidecar().fail("files", Fault::kRefused, {.after = 1, .times = 1});
  EXPECT_THAT(program.invoke("files"), HasBody("sent;INTERNAL;sent;"));
  EXPECT_THROW(program.sidecar().fail_items("files", {0}), std::runtime_error);
  EXPECT_THROW(program.sidecar().fail_items("nobody", {0}), std::runtime_error);
}

}  // namespace
