// Calls that a test begins by start(): each form of function waits, and the test goes on meanwhile.
#include <chrono>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <ofn/await.h>
#include <ofn/errors.h>
#include <ofn/event.h>
#include <ofn/fields.h>
#include <ofn/function.h>
#include <ofn/log.h>
#include <ofn/middleware.h>
#include <ofn/plugin.h>
#include <ofn/reader.h>
#include <ofn/route.h>
#include <ofn/testing/gtest.h>
#include <ofn/typed.h>

namespace {

using namespace ofn::testing;  // NOLINT(google-build-using-namespace): as an author writes it
using namespace std::chrono_literals;
using ::testing::Not;

constexpr const char* kContext = R"(
name: started
runtime: Knative
outputs:
  files: {componentName: local, componentType: bindings.localstorage, operation: create}
states:
  cart: {componentName: store, componentType: state.redis}
prePlugins: [asks]
)";
constexpr const char* kAsync = R"(
name: started
runtime: Async
inputs:
  orders: {componentName: bus, componentType: pubsub.redis, uri: orders}
outputs:
  files: {componentName: local, componentType: bindings.localstorage, operation: create}
)";

// --- Functions that wait -------------------------------------------------------------------------

std::string ask(ofn::Context& context) {
  const auto answer = context.invoke({.app_id = "prices", .method = "tea"});
  return answer.ok() ? answer->data : std::string(ofn::code_name(answer.failure().code));
}
ofn::Out waits_out(ofn::Context& context, ofn::Bytes) { return ofn::Out::success(ask(context)); }
std::string waits_http(ofn::Context& context, const ofn::Request&) { return ask(context); }
struct Price {
  std::string price;
};
OFN_FIELDS(Price, price)
Price waits_typed(ofn::Context& context, const ofn::Request&) { return {ask(context)}; }
void waits_event(ofn::Context& context, const ofn::CloudEvent&) {
  if (ask(context) != "4") throw std::runtime_error("no price");
}
ofn::task<std::string> waits_task(const ofn::Request&) {
  co_await ofn::sleep_for(3s);
  co_return "4";
}
void waits_writer(ofn::Context& context, const ofn::Request&, ofn::Writer& writer) {
  writer.write(ask(context));
}
std::string plain(const ofn::Request&) { return "4"; }
ofn::Out sends(ofn::Context& context, ofn::Bytes data) {
  const auto sent = context.send("files", data);
  return sent ? ofn::Out::success("4") : ofn::Out::error(sent.error(), 503);
}

// A hook and middleware that wait; only calls that ask for it meet them.
struct Asks : ofn::Plugin {
  void pre(ofn::Context& context, ofn::CallData& data) override {
    if (data.bytes() == "hook") data.replace(ask(context));
  }
};
OFN_PLUGIN(Asks, "asks", "1.0.0")
std::optional<ofn::Response> asks_before(ofn::Context& context, const ofn::Request& request) {
  if (!request.header("x-ask")) return std::nullopt;
  return ofn::Response(ask(context));
}
OFN_BEFORE(asks_before)
std::string echoes(const ofn::Request& request) { return std::string(request.body()); }

void writes(const ofn::Request&, ofn::Writer& writer) {
  for (int i = 0; i < 4; ++i) {
    if (!writer.write(std::string(100'000, static_cast<char>('a' + i)))) {
      ofn::log_info("the client has left");
      return;
    }
  }
}
std::string counts(const ofn::Request&, ofn::Reader& reader) {
  std::size_t bytes = 0;
  while (const auto piece = reader.read()) bytes += piece->size();
  return std::to_string(bytes) + " bytes";
}
void shouts(const ofn::Request&, ofn::Reader& reader, ofn::Writer& writer) {
  while (const auto piece = reader.read()) {
    if (!writer.write(std::string(*piece) + "!")) return;
  }
}
OFN_ROUTE("POST /started/one-at-a-time", waits_out, ofn::concurrency(1, 1))

// --- Each form -----------------------------------------------------------------------------------

struct Form {
  const char* name;
  Program (*program)(const Options&);
  Call call;
  const char* body;
};
const Form kForms[] = {
    {"openfunction",
     [](const Options& o) { return Program::of<waits_out>(o); },
     {.method = "POST"},
     "4"},
    {"http with a context", [](const Options& o) { return Program::of<waits_http>(o); }, {}, "4"},
    {"typed", [](const Options& o) { return Program::of<waits_typed>(o); }, {}, R"({"price":"4"})"},
    {"task", [](const Options& o) { return Program::of<waits_task>(o); }, {}, "4"},
    {"writer", [](const Options& o) { return Program::of<waits_writer>(o); }, {}, "4"},
    {"hook",
     [](const Options& o) { return Program::of<echoes>(o); },
     {.method = "POST", .body = "hook"},
     "4"},
    {"middleware",
     [](const Options& o) { return Program::of<echoes>(o); },
     {.fields = {{"x-ask", "1"}}},
     "4"},
    {"outputs", [](const Options& o) { return Program::of<plain>(o); }, {}, "4"},
    {"send",
     [](const Options& o) { return Program::of<sends>(o); },
     {.method = "POST", .body = "x"},
     "4"},
};

TEST(Start, WaitsInEachForm) {
  for (const Form& form : kForms) {
    SCOPED_TRACE(form.name);
    Program program = form.program({.context = kContext});
    program.sidecar().on_invoke("prices", "4");
    program.sidecar().delay("prices", 3s);
    program.sidecar().delay("files", 3s);
    Running call = program.start(form.call);
    EXPECT_FALSE(call.has_ended());
    program.advance(2999ms);
    EXPECT_FALSE(call.has_ended());
    // A function that waits for an app, and whose answer goes to an output, waits twice.
    program.advance(4s);
    EXPECT_TRUE(call.has_ended());
    EXPECT_THAT(call.result(), IsOk());
    EXPECT_THAT(call.result(), HasBody(form.body));
    // The same, and the clock moves by itself.
    const auto before = program.elapsed();
    EXPECT_THAT(program.start(form.call).finish(), HasBody(form.body));
    EXPECT_GE(program.elapsed() - before, 3s);
  }
}

TEST(Start, EndsByItselfWhatDoesNotWait) {
  Program program = Program::of<plain>();
  EXPECT_TRUE(program.start({}).has_ended());
  EXPECT_EQ(program.elapsed(), 0s);
}

TEST(Start, BeginsDeliveries) {
  Program program = Program::of<waits_event>({.context = kAsync});
  program.sidecar().on_invoke("prices", "4");
  program.sidecar().delay("prices", 3s);
  Running call = program.start_delivery("orders", {.data = "tea"});
  EXPECT_FALSE(call.has_ended());
  program.advance(3s);
  EXPECT_THAT(call.result(), IsAcknowledged());
  program.sidecar().on_invoke("prices", "5");
  EXPECT_THAT(program.start_delivery("orders", {.data = "tea"}).finish(),
              Threw("std::runtime_error"));
}

TEST(Start, EndsByTheTimeLimit) {
  Program program = Program::of<waits_out>({.context = kContext, .timeout = 2s});
  program.sidecar().on_invoke("prices", "4");
  program.sidecar().delay("prices", 3s);
  Running call = program.start({.method = "POST"});
  program.advance(1999ms);
  EXPECT_FALSE(call.has_ended());
  program.advance(2s);
  EXPECT_THAT(call.result(), HasStatus(504));
}

// --- Several calls -------------------------------------------------------------------------------

TEST(Start, LetsOtherCallsRun) {
  Program program = Program::of<sends>({.context = kContext});
  program.sidecar().delay("files", 3s);
  Running first = program.start({.method = "POST", .body = "a"});
  Running second = program.start({.method = "POST", .body = "b"});
  program.sidecar().heal();
  EXPECT_THAT(program.invoke("c"), HasBody("4"));
  EXPECT_FALSE(first.has_ended());
  program.advance(3s);
  EXPECT_THAT(first.result(), HasBody("4"));
  EXPECT_THAT(second.result(), HasBody("4"));
  std::vector<std::string> order;
  for (const Sent& sent : program.sidecar().sent()) order.push_back(sent.data);
  EXPECT_EQ(order, (std::vector<std::string>{"a", "b", "c", "4", "4", "4"})) << "the answers, too";
}

TEST(Start, KeepsTheLimitsOfRoutes) {
  Program program(Options{.context = kContext});
  program.sidecar().on_invoke("prices", "4");
  program.sidecar().delay("prices", 3s);
  const Call call{.method = "POST", .target = "/started/one-at-a-time"};
  Running runs = program.start(call);
  Running waits = program.start(call);
  Running refused = program.start(call);
  EXPECT_THAT(refused.result(), HasStatus(503));
  EXPECT_EQ(program.sidecar().invoked().size(), 1U);
  program.sidecar().delay("files", 0s);
  program.advance(3s);
  EXPECT_THAT(runs.result(), HasBody("4"));
  EXPECT_FALSE(waits.has_ended());
  EXPECT_EQ(program.sidecar().invoked().size(), 2U);
  EXPECT_THAT(waits.finish(), HasBody("4"));
}

TEST(Start, EndsWithItsProgram) {
  for (int i = 0; i < 2; ++i) {
    Program program = Program::of<sends>({.context = kContext});
    program.sidecar().delay("files", 3s);
    (void)program.start({.method = "POST", .body = "a"});
  }
}

// --- Clients -------------------------------------------------------------------------------------

TEST(Start, ReadsByHand) {
  Program program = Program::of<writes>();
  Running call = program.start({.reads_at_once = 1});
  const std::size_t at_first = call.result().pieces.size();
  EXPECT_FALSE(call.has_ended());
  EXPECT_LT(at_first, 4U);
  call.read(50'000);
  program.advance(10s);
  EXPECT_FALSE(call.has_ended());
  for (int i = 0; i < 10 && !call.has_ended(); ++i) call.read(400'000);
  EXPECT_TRUE(call.has_ended());
  EXPECT_EQ(call.result().body.size(), 400'000U);
  EXPECT_EQ(program.start({.reads_at_once = 1000}).finish().body.size(), 400'000U);
}

TEST(Start, LeavesAFunctionThatWrites) {
  Program program = Program::of<writes>();
  Running call = program.start({.reads_at_once = 1});
  call.leave();
  EXPECT_TRUE(call.has_ended());
  EXPECT_THAT(call.result(), Logged("the client has left"));
  EXPECT_TRUE(call.result().is_broken_off);
}

TEST(Start, BringsABodyToAFunctionThatBlocks) {
  Program program = Program::of<counts>();
  Running call = program.start({.method = "POST", .pieces = {"abc"}});
  EXPECT_FALSE(call.has_ended());
  call.bring("de");
  EXPECT_FALSE(call.has_ended());
  call.end_body();
  EXPECT_THAT(call.result(), HasBody("5 bytes"));
  Running left = program.start({.method = "POST", .pieces = {"abc"}});
  left.leave();
  EXPECT_TRUE(left.has_ended());
  EXPECT_TRUE(left.result().is_broken_off);
}

TEST(Start, AnswersWhileTheBodyArrives) {
  Program program = Program::of<shouts>();
  Running call = program.start({.method = "POST", .pieces = {"tea"}});
  EXPECT_EQ(call.result().body, "tea!");
  call.bring("cake");
  EXPECT_EQ(call.result().body, "tea!cake!");
  call.end_body();
  EXPECT_TRUE(call.has_ended());
}

}  // namespace
