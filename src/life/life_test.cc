// The author's side in a linked program: what the macros register, in two files.
#include <stdexcept>
#include <stop_token>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ofn/function.h>
#include <ofn/life.h>

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

}  // namespace
}  // namespace app

OFN_STOP(app::close_pool)
OFN_START(app::open_pool)
OFN_START(app::connect)
OFN_START(app::overloaded)
OFN_START(app::numbered<1, 2>)
OFN_START(+[] { app::told += "lambda "; })

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
  EXPECT_THAT(names,
              ::testing::ElementsAre("app::close_pool", "app::open_pool", "app::connect",
                                     "app::overloaded", "app::numbered<1,2>",
                                     R"(+[]{app::told+="lambda";})", "other::begin", "other::end"));
  EXPECT_THAT(steps->front().place, ::testing::MatchesRegex(".*life_test.cc:[0-9]+"));
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
