// What an author sees of the kit: each form of function, each way to call it.
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <ofn/await.h>
#include <ofn/errors.h>
#include <ofn/fields.h>
#include <ofn/function.h>
#include <ofn/json.h>
#include <ofn/life.h>
#include <ofn/log.h>
#include <ofn/middleware.h>
#include <ofn/plugin.h>
#include <ofn/reader.h>
#include <ofn/testing/gtest.h>
#include <ofn/typed.h>

namespace {

using namespace ofn::testing;  // NOLINT(google-build-using-namespace): as an author writes it
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

// --- The functions -------------------------------------------------------------------------------

int g_starts = 0;  // NOLINT
int g_stops = 0;   // NOLINT
void count_start() { ++g_starts; }
void count_stop() { ++g_stops; }
OFN_START(count_start)
OFN_STOP(count_stop)

std::string hello(const ofn::Request& request) {
  ofn::log_info("greets", {{"name", "x"}});
  return "hello " + request.query("name").value_or("world") + "\n";
}
OFN_ROUTE("GET /hello", hello)

ofn::Response put_user(const ofn::Request& request) {
  return ofn::Response(std::string(request.param("id").value_or("")) + "=" +
                       std::string(request.body()))
      .status(201);
}
OFN_ROUTE("PUT /users/{id}", put_user)

struct Order {
  std::string item;
  int count = 0;
};
OFN_FIELDS(Order, item, count)
Order doubled(const Order& order) { return {order.item, order.count * 2}; }
OFN_ROUTE("POST /double", doubled)

std::string teapot(const ofn::Request&) { throw ofn::HttpError(418, "short and stout"); }
OFN_ROUTE("/teapot", teapot)
std::string crash(const ofn::Request&) {
  const std::vector<int> none;
  return std::to_string(none.at(7));
}
OFN_ROUTE("/crash", crash)

struct Missing : std::runtime_error {
  using std::runtime_error::runtime_error;
};
ofn::Response on_missing(const Missing& missing, const ofn::Request&) {
  return ofn::Response(missing.what()).status(404);
}
OFN_ERROR_HANDLER(on_missing)
std::string missing(const ofn::Request&) { throw Missing("no such thing"); }
OFN_ROUTE("/missing", missing)

void pieces(const ofn::Request&, ofn::Writer& writer) {
  for (int i = 0; i < 4; ++i) {
    if (!writer.write(std::string(100'000, static_cast<char>('a' + i)))) return;
  }
}
OFN_ROUTE("/pieces", pieces)
std::string count_bytes(const ofn::Request&, ofn::Reader& reader) {
  std::size_t pieces = 0;
  std::size_t bytes = 0;
  while (const auto piece = reader.read()) {
    ++pieces;
    bytes += piece->size();
  }
  return std::to_string(pieces) + " pieces, " + std::to_string(bytes) + " bytes";
}
OFN_ROUTE("/count", count_bytes)
ofn::task<std::string> count_later(const ofn::Request&, ofn::Reader& reader) {
  std::size_t bytes = 0;
  while (const auto piece = co_await reader.async_read()) bytes += piece->size();
  co_return std::to_string(bytes) + " bytes";
}

ofn::task<std::string> sleeper(const ofn::Request&) {
  co_await ofn::sleep_for(5s);
  co_return "slept";
}
OFN_ROUTE("/sleep", sleeper)
ofn::task<std::string> worker(const ofn::Request&) {
  co_return co_await ofn::on_worker([] { return std::string("worked"); });
}
OFN_ROUTE("/work", worker)

std::optional<ofn::Response> no_admin(const ofn::Request& request) {
  if (request.header("x-forbidden")) return ofn::Response("no").status(403);
  return std::nullopt;
}
OFN_BEFORE(no_admin)

ofn::Out archive(ofn::Context& context, ofn::Bytes data) {
  const auto sent = context.send("files", data);
  if (!sent) return ofn::Out::error(sent.error());
  const auto before = context.get_state("cart", "count");
  if (!before.ok()) return ofn::Out::error(before.failure().message);
  const auto saved = context.save_states(
      {.store = "cart",
       .items = {{.key = "count", .value = before->data + "x", .etag = before->etag}}});
  if (!saved.ok()) return ofn::Out::error(std::string(ofn::code_name(saved.failure().code)));
  return ofn::Out::success("stored");
}
ofn::CloudEvent answer_event(const ofn::CloudEvent& event) {
  ofn::CloudEvent answer("1", "/test", "answer");
  answer.datacontenttype("text/plain").data(event.type() + ":" + event.data().value_or("none"));
  return answer;
}
void take_event(const ofn::CloudEvent& event) {
  if (event.data() == "bad") throw ofn::BadInput("bad data");
  if (event.data() == "crash") throw std::runtime_error("crashed");
}
std::string echo(const ofn::Request& request) { return std::string(request.body()); }

constexpr const char* kBoth = R"(
name: both
runtime: Knative
outputs:
  files: {componentName: local, componentType: bindings.localstorage, operation: create}
  events: {componentName: bus, componentType: pubsub.redis, uri: news}
states:
  cart: {componentName: store, componentType: state.redis}
)";
constexpr const char* kAsync = R"(
name: async
runtime: Async
inputs:
  orders: {componentName: bus, componentType: pubsub.redis, uri: orders}
  tick: {componentName: cron, componentType: bindings.cron}
)";

// --- Requests ------------------------------------------------------------------------------------

TEST(Kit, ServesRoutes) {
  Program program;
  EXPECT_THAT(program.get("/hello?name=Ann"), HasBody("hello Ann\n"));
  EXPECT_THAT(program.get("/hello"), Logged("info: greets name=x"));
  EXPECT_THAT(program.invoke_route("PUT", "/users/7", "Ann"), HasBody("7=Ann"));
  EXPECT_THAT(program.invoke_route("PUT", "/users/7", "Ann"), HasStatus(201));
  EXPECT_THAT(program.invoke_route("DELETE", "/users/7"), HasStatus(405));
  EXPECT_THAT(program.get("/nowhere"), HasStatus(404));
  EXPECT_THAT(program.call({.target = "/hello", .fields = {{"x-forbidden", "1"}}}), HasStatus(403));
  EXPECT_THAT(program.call({.method = "HEAD", .target = "/hello"}), HasBody(""));
  EXPECT_EQ(program.get("/hello").field("content-type"), "text/plain; charset=utf-8");
}

TEST(Kit, ReadsAndWritesJson) {
  Program program;
  EXPECT_THAT(program.post_json("/double", R"({"item":"tea","count":2})"),
              JsonBody(R"({"count":4,"item":"tea"})"));
  const Result refused = program.post_json("/double", R"({"item":"tea","count":"2"})");
  EXPECT_THAT(refused, HasStatus(400));
  EXPECT_THAT(refused, BodyContains("count"));
}

TEST(Kit, TellsWhatWasThrown) {
  Program program;
  EXPECT_THAT(program.get("/teapot"), HasStatus(418));
  EXPECT_THAT(program.get("/missing"), HasStatus(404));
  const Result crashed = program.get("/crash");
  EXPECT_THAT(crashed, HasStatus(500));
  EXPECT_THAT(crashed, Threw("std::out_of_range"));
  EXPECT_EQ(crashed.verdict, Verdict::kCrash);
  EXPECT_THAT(crashed, Logged("error: function crashed"));
}

TEST(Kit, RunsLifeFunctionsOnce) {
  g_starts = g_stops = 0;
  {
    Program program;
    (void)program.get("/hello");
    (void)program.get("/hello");
    EXPECT_EQ(g_starts, 1);
    EXPECT_EQ(g_stops, 0);
  }
  EXPECT_EQ(g_stops, 1);
  const Program without(Options{.runs_life_cycle = false});
  EXPECT_EQ(g_starts, 1);
}

// --- Pieces --------------------------------------------------------------------------------------

TEST(Kit, KeepsAnAnswerInPieces) {
  Program program;
  const Result whole = program.get("/pieces");
  EXPECT_EQ(whole.pieces.size(), 4U);
  EXPECT_EQ(whole.body.size(), 400'000U);
  EXPECT_FALSE(whole.is_broken_off);
  const Result slow = program.call({.target = "/pieces", .reads_at_once = 1000});
  EXPECT_EQ(slow.body, whole.body);
  const Result left = program.call({.target = "/pieces", .leaves_after = 150'000});
  EXPECT_TRUE(left.is_broken_off);
  EXPECT_LE(left.body.size(), 150'000U);
}

TEST(Kit, SendsABodyInPieces) {
  Program program;
  EXPECT_THAT(program.call({.method = "POST", .target = "/count", .pieces = {"abc", "de", "f"}}),
              HasBody("3 pieces, 6 bytes"));
  EXPECT_THAT(program.post("/count", "abc"), HasBody("1 pieces, 3 bytes"));
  EXPECT_THAT(program.post("/count", ""), HasBody("0 pieces, 0 bytes"));
  const Result broken =
      program.call({.method = "POST", .target = "/count", .pieces = {"abc"}, .breaks_off = true});
  EXPECT_TRUE(broken.has_ended);
  EXPECT_TRUE(broken.is_broken_off);
}

TEST(Kit, BringsABodyByHand) {
  Program program = Program::of<count_later>();
  Running call = program.start({.method = "POST", .pieces = {"abc"}});
  EXPECT_FALSE(call.has_ended());
  call.bring("de");
  call.end_body();
  EXPECT_THAT(call.result(), HasBody("5 bytes"));
  Running left = program.start({.method = "POST", .pieces = {"abc"}});
  left.leave();
  EXPECT_TRUE(left.result().has_ended);
  EXPECT_TRUE(left.result().is_broken_off);
}

// --- Time ----------------------------------------------------------------------------------------

TEST(Kit, MovesTheClockOfTasks) {
  Program program;
  Running call = program.start({.target = "/sleep"});
  program.advance(4999ms);
  EXPECT_FALSE(call.has_ended());
  EXPECT_THAT(call.result(), Not(IsOk()));
  program.advance(1ms);
  EXPECT_THAT(call.result(), HasBody("slept"));
  EXPECT_THAT(program.get("/sleep"), HasBody("slept"));
  EXPECT_GE(program.elapsed(), 10s);
  EXPECT_THAT(program.get("/work"), HasBody("worked"));
}

TEST(Kit, EndsATaskByItsTimeLimit) {
  Program program(Options{.timeout = 2s});
  EXPECT_THAT(program.get("/sleep"), HasStatus(504));
}

// --- Outputs, state ------------------------------------------------------------------------------

TEST(Kit, SendsResultsToOutputs) {
  Program program = Program::of<echo>({.context = kBoth});
  const Result result = program.invoke("data");
  EXPECT_THAT(result, IsOk());
  EXPECT_THAT(result, SentTo("files", "data"));
  EXPECT_THAT(result, SentTo("events", "data"));
  ASSERT_EQ(result.sent.size(), 2U);
  EXPECT_EQ(result.sent[0].operation, "create");
  EXPECT_EQ(result.sent[1].topic, "news");
  EXPECT_EQ(result.sent[1].tries, 1U);
}

struct FaultCase {
  const char* name;
  void (*script)(Sidecar&);
  int status;
  unsigned tries;
};
TEST(Kit, FailsLikeASidecar) {
  const FaultCase cases[] = {
      {"refused", [](Sidecar& sidecar) { sidecar.fail("files", Fault::kRefused); }, 502, 1},
      {"a code", [](Sidecar& sidecar) { sidecar.fail("files", ofn::Code::kPermissionDenied); }, 502,
       1},
      {"late", [](Sidecar& sidecar) { sidecar.fail("files", Fault::kLate); }, 504, 1},
      {"back after two tries",
       [](Sidecar& sidecar) { sidecar.fail("files", Fault::kUnreachable, {.times = 2}); }, 200, 3},
      {"the second call",
       [](Sidecar& sidecar) { sidecar.fail("files", Fault::kRefused, {.after = 1}); }, 200, 1},
  };
  for (const FaultCase& each : cases) {
    SCOPED_TRACE(each.name);
    Program program = Program::of<echo>({.context = kBoth});
    each.script(program.sidecar());
    const Result result = program.invoke("data");
    EXPECT_THAT(result, HasStatus(each.status));
    ASSERT_FALSE(result.sent.empty());
    EXPECT_EQ(result.sent[0].tries, each.tries);
    EXPECT_EQ(result.sent[0].failure.has_value(), each.status != 200);
  }
  Program program = Program::of<echo>({.context = kBoth});
  program.sidecar().fail("files", Fault::kUnreachable);
  const Result result = program.invoke("data");
  EXPECT_THAT(result, HasStatus(503));
  EXPECT_GT(result.sent[0].tries, 3U);
  program.sidecar().heal();
  EXPECT_THAT(program.invoke("data"), HasStatus(200));
}

TEST(Kit, KeepsState) {
  Program program = Program::of<archive>({.context = kBoth});
  program.sidecar().set_state("cart", "count", "x");
  const Result result = program.invoke("data");
  EXPECT_THAT(result, HasBody("stored"));
  EXPECT_EQ(result.state_before.at("cart").at("count"), "x");
  EXPECT_EQ(result.state_after.at("cart").at("count"), "xx");
  EXPECT_EQ(program.sidecar().state("cart", "count"), "xx");
  program.sidecar().conflict("cart", "count");
  EXPECT_THAT(program.invoke("data"), HasBody("ABORTED"));
  EXPECT_THAT(program.invoke("data"), IsOk());
  program.sidecar().fail("cart", Fault::kRefused);
  EXPECT_THAT(program.invoke("data"), BodyContains("from state store"));
}

TEST(Kit, NamesWhatItDoesNotKnow) {
  Program program = Program::of<echo>({.context = kBoth});
  const auto words = [](const auto& act) -> std::string {
    try {
      act();
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "nothing was thrown";
  };
  EXPECT_THAT(words([&] { program.sidecar().fail("fils", Fault::kLate); }),
              HasSubstr("did you mean \"files\"?"));
  EXPECT_THAT(words([&] { (void)program.deliver("orders", "x"); }),
              HasSubstr("the context has no trigger named \"orders\""));
  EXPECT_THAT(words([] { Program wrong(Options{.target = "helo"}); }),
              HasSubstr("did you mean hello?"));
  EXPECT_THAT(words([] { Program wrong(Options{.context = "runtime: 7"}); }),
              HasSubstr("the test's context"));
}

// --- Events and deliveries -----------------------------------------------------------------------

TEST(Kit, SendsEventsInEachMode) {
  Program program = Program::of<answer_event>();
  ofn::CloudEvent event("7", "/here", "made");
  event.datacontenttype("text/plain").data("tea");
  for (const EventMode mode : {EventMode::kBinary, EventMode::kStructured})
    EXPECT_THAT(program.send_event(event, mode), BodyContains("made:tea"));
  Program taker = Program::of<take_event>();
  ofn::CloudEvent bad = event;
  bad.data("bad");
  EXPECT_THAT(taker.send_events({event, event}), IsOk());
  EXPECT_THAT(taker.send_events({event, bad}), HasStatus(400));
}

TEST(Kit, AcknowledgesDeliveries) {
  Program program = Program::of<take_event>({.context = kAsync});
  EXPECT_THAT(program.deliver("orders", "tea"), IsAcknowledged());
  EXPECT_EQ(program.deliver("orders", "bad").acknowledgement, Acknowledgement::kDropped);
  const Result crashed = program.deliver("orders", "crash");
  EXPECT_EQ(crashed.acknowledgement, Acknowledgement::kRetry);
  EXPECT_THAT(crashed, Threw("std::runtime_error"));
  EXPECT_THAT(crashed, Not(IsOk()));
  EXPECT_THAT(program.deliver("tick", Message{}), IsAcknowledged());
  const BulkResult bulk =
      program.deliver_all("orders", {{.data = "a"}, {.data = "crash"}, {.data = "bad"}});
  EXPECT_EQ(bulk.messages, (std::vector{Acknowledgement::kAcknowledged, Acknowledgement::kRetry,
                                        Acknowledgement::kDropped}));
}

TEST(Kit, DoesNotShareARegistry) {
  Program one = Program::of<echo>();
  Program other;
  EXPECT_THAT(one.post("/hello", "x"), HasBody("x"));
  EXPECT_THAT(other.get("/hello"), HasBody("hello world\n"));
  EXPECT_THAT(invoke<hello>({.target = "/anywhere?name=Bob"}), HasBody("hello Bob\n"));
}

// --- Speed ---------------------------------------------------------------------------------------

TEST(Kit, ServesThousandsOfCalls) {
  Program program;
  for (int i = 0; i < 10'000; ++i) ASSERT_EQ(program.get("/users/7").status, 405);
  for (int i = 0; i < 10'000; ++i)
    ASSERT_EQ(program.invoke_route("PUT", "/users/7", "x").status, 201);
}

}  // namespace
