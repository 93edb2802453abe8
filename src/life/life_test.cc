// The author's side in a linked program: what the macros register, in two files.
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ofn/function.h>
#include <ofn/life.h>
#include <ofn/object.h>
#include <ofn/route.h>

#include "function/registry.h"
#include "function/routes.h"
#include "life/life_cycle.h"
#include "testing/recording_log.h"

namespace app {
namespace {

std::string told;  // NOLINT: what has run

void open_pool() { told += "open "; }
void close_pool() noexcept { told += "close "; }
void connect(std::stop_token stop) { told += stop.stop_requested() ? "too late " : "connect "; }
[[maybe_unused]] void overloaded(int) {}
void overloaded() { told += "overloaded "; }
template <int kFirst, int kSecond>
void numbered() {
  told += std::to_string(kFirst + kSecond) + " ";
}
bool is_up() { return told.empty(); }
std::optional<std::string> why() { return told.empty() ? std::nullopt : std::optional(told); }

}  // namespace
}  // namespace app

OFN_STOP(app::close_pool)
OFN_START(app::open_pool)
OFN_START(app::connect)
OFN_START(app::overloaded)
OFN_START(app::numbered<1, 2>)
OFN_START(+[] { app::told += "lambda "; })
OFN_READY(app::is_up)
OFN_READY(app::why)

namespace app {
namespace {
struct Counter {
  Counter() { told += "made "; }
  ~Counter() { told += "destroyed "; }
  std::string operator()(const ofn::Request& request) const {
    return "counted " + std::string(request.body());
  }
};
template <class A, class B>
struct Pair {
  std::string operator()() noexcept { return "pair"; }
};
ofn::Response plain(const ofn::Request&) { return ""; }
[[maybe_unused]] ofn::Response plain(int) { return ""; }
template <int, int>
std::string pair() {
  return "";
}
}  // namespace
}  // namespace app
OFN_ROUTE("POST /count", ofn::object<app::Counter>)
OFN_ROUTE("GET /count", ofn::object<app::Counter>, ofn::concurrency(3, 5))
OFN_FUNCTION(ofn::object<app::Pair<int, long>>, ofn::max_body(0))
OFN_ROUTE("GET /plain", app::plain, ofn::timeout(std::chrono::seconds(2)), ofn::concurrency(7))
OFN_ROUTE("GET /pair", app::pair<1, 2>)
OFN_ROUTE("GET /pair/limited", app::pair<1, 2>, ofn::max_body(1 << 20))

// Another file's; its place in the link is behind this one.
namespace other {
extern std::string told;
}

namespace ofn {
namespace {

abi::Program this_program() {
  abi::Program program;
  ofn_program(&program);
  return program;
}

TEST(Life, ThisProgramsRegistrationsInTheOrderOfTheFile) {
  const abi::Program program = this_program();
  const auto steps = life_steps({&program, 1});
  ASSERT_TRUE(steps);
  std::vector<std::string> names;
  for (const LifeStep& step : *steps) names.push_back(step.name);
  EXPECT_THAT(names, ::testing::ElementsAre("app::close_pool", "app::open_pool", "app::connect",
                                            "app::overloaded", "app::numbered<1,2>",
                                            R"(+[]{app::told+="lambda";})", "app::is_up",
                                            "app::why", "other::begin", "other::end"));
  EXPECT_THAT(steps->front().place, ::testing::MatchesRegex(".*life_test.cc:[0-9]+"));
}

// Of this program, with the options that the macros registered.
Routes this_programs_routes() {
  const abi::Program program = this_program();
  const auto registry = Registry::of(program);
  auto routes = Routes::of({registry->functions().begin(), registry->functions().end()});
  routes->take_options({&program, 1});
  return *std::move(routes);
}

std::string told_of(const Routes::Route& route, const Function& function) {
  const auto number = [](std::uint64_t value) {
    return value == abi::RouteOptions::kNone ? "-" : std::to_string(value);
  };
  std::string text = route.pattern.text() + " " + function.name;
  if (route.options == nullptr) return text;
  const abi::RouteOptions& options = *route.options;
  return text + " " + number(options.concurrency) + " " + number(options.queue) + " " +
         number(options.timeout_nanoseconds) + " " + number(options.max_body) +
         (options.object == nullptr ? "" : " object");
}

TEST(Route, TheOptionsOfThisProgram) {
  const Routes routes = this_programs_routes();
  std::vector<std::string> told;
  for (const Routes::Route& route : routes.routes())
    told.push_back(told_of(route, routes.functions()[route.function]));
  EXPECT_THAT(
      told, ::testing::UnorderedElementsAre(
                "POST /count app::Counter - - - - object", "GET /count app::Counter 3 5 - - object",
                "/app/Pair<int,long> app::Pair<int,long> - - - 0 object",
                "GET /plain app::plain 7 - 2000000000 -", "GET /pair app::pair<1,2>",
                "GET /pair/limited app::pair<1,2> - - - 1048576"));
}

TEST(Object, OneOfAClassLivesFromStartToStop) {
  const Routes routes = this_programs_routes();
  std::vector<LifeStep> steps = object_steps(routes);
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[0].name, "app::Counter");
  EXPECT_THAT(steps[0].place, ::testing::MatchesRegex(".*life_test.cc:[0-9]+"));
  testing::RecordingLog log;
  LifeCycle life(std::move(steps));
  app::told.clear();
  ASSERT_TRUE(life.start({}, log));
  RouteParams params;
  const Routes::Match match = routes.find("POST", "/count", params);
  Request::Parts parts{};
  parts.body = "tea";
  const Request request(parts);
  abi::Outcome outcome;
  match.function->invoke({.request = &request}, outcome);
  EXPECT_EQ(outcome.response.body(), "counted tea");
  life.stop({}, log);
  EXPECT_EQ(app::told, "made destroyed ");
}

TEST(Life, TheFunctionsRun) {
  const abi::Program program = this_program();
  testing::RecordingLog log;
  LifeCycle life(*life_steps({&program, 1}));
  ASSERT_TRUE(life.has_starts());
  ASSERT_TRUE(life.has_stops());
  app::told.clear();
  ASSERT_TRUE(life.start({}, log));
  EXPECT_EQ(app::told, "open connect overloaded 3 lambda ");
  EXPECT_EQ(other::told, "begin ");
  life.stop({}, log);
  life.stop({}, log);
  EXPECT_EQ(other::told, "begin end ");
  EXPECT_EQ(app::told, "open connect overloaded 3 lambda close ");
  EXPECT_EQ(log.text(), "");
}

}  // namespace
}  // namespace ofn
