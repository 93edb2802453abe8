#include "life/life_cycle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "life/life_for_test.h"
#include "testing/recording_log.h"

namespace ofn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> places(ProgramForTest& made) {
  std::vector<std::string> places;
  for (const LifeStep& step : made.steps()) places.push_back(step.place);
  return places;
}

abi::LifeRegistration at(const char* unit, unsigned number, const char* file, unsigned line,
                         ProgramForTest::Code code) {
  return {.name = "f", .start = code, .file = file, .line = line, .unit = unit, .number = number};
}

TEST(LifeSteps, FilesAsLinkedAndEachInItsOwnOrder) {
  ProgramForTest made;
  made.add(at("z.cc", 9, "z.cc", 20, &runs<'a'>))
      .add(at("z.cc", 3, "z.cc", 10, &runs<'b'>))
      .add(at("a.cc", 7, "a.cc", 5, &runs<'c'>))
      .add(at("a.cc", 2, "pool.h", 90, &runs<'d'>));
  EXPECT_THAT(places(made), ElementsAre("z.cc:10", "z.cc:20", "pool.h:90", "a.cc:5"));
}

TEST(LifeSteps, AHeadersRegistrationIsThereOnce) {
  ProgramForTest made;
  made.add(at("a.cc", 1, "pool.h", 7, &runs<'a'>)).add(at("b.cc", 5, "pool.h", 7, &runs<'a'>));
  EXPECT_THAT(places(made), ElementsAre("pool.h:7"));
}

TEST(LifeSteps, AFunctionThatIsRegisteredTwiceIsAMistake) {
  ProgramForTest made;
  made.start("open", &runs<'a'>).stop("open", &runs<'a'>).start(" open ", &runs<'a'>);
  const abi::Program program = made.program();
  const auto steps = life_steps({&program, 1});
  ASSERT_FALSE(steps);
  EXPECT_EQ(
      steps.error().message(),
      "pool.cc:3: open is registered a second time; the first is at pool.cc:1; remove one of them");
}

TEST(LifeSteps, EntriesOfAnotherSizeAndEmptyOnesAreLeftOut) {
  ProgramForTest made;
  made.start("f", &runs<'a'>);
  made.registrations.front().size = 8;
  EXPECT_THAT(made.steps(), ::testing::IsEmpty());
  const abi::Program none;
  EXPECT_THAT(*life_steps({&none, 1}), ::testing::IsEmpty());
}

// In `did` a start is a small letter, and its stop the same in capitals.
TEST(LifeCycle, StopsRunInReverseOrder) {
  ProgramForTest made;
  made.start("a", &runs<'a'>).stop("A", &runs<'A'>).start("b", &runs<'b'>).stop("B", &runs<'B'>);
  made.object("c", &runs<'c'>, &runs<'C'>);
  LifeCycle life(made.steps());
  testing::RecordingLog log;
  EXPECT_TRUE(life.start({}, log));
  EXPECT_EQ(did, "abc");
  life.stop({}, log);
  EXPECT_EQ(did, "abcCBA");
  life.stop({}, log);
  EXPECT_EQ(did, "abcCBA");
}

TEST(LifeCycle, AStartThatThrowsRunsTheStopsInFrontOfIt) {
  ProgramForTest made;
  made.start("a", &runs<'a'>).stop("A", &runs<'A'>).object("b", &runs<'b'>, &runs<'B'>);
  made.start("connect", &throws).stop("C", &runs<'C'>).start("d", &runs<'d'>);
  LifeCycle life(made.steps());
  testing::RecordingLog log;
  const auto started = life.start({}, log);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code(), Code::kInternal);
  EXPECT_EQ(started.error().message(),
            "the start function connect (pool.cc:4) threw std::runtime_error: no database");
  EXPECT_EQ(did, "ab!BA");
  life.stop({}, log);
  EXPECT_EQ(did, "ab!BA");
}

TEST(LifeCycle, AConstructorIsCalledSo) {
  ProgramForTest made;
  made.object("Counter", &throws_a_number, &runs<'C'>);
  LifeCycle life(made.steps());
  testing::RecordingLog log;
  EXPECT_EQ(life.start({}, log).error().message(),
            "the constructor of Counter (pool.cc:1) threw int");
  EXPECT_EQ(did, "");
}

TEST(LifeCycle, AStopThatThrowsIsLoggedAndTheOthersRun) {
  ProgramForTest made;
  made.stop("A", &runs<'A'>).stop("close", &throws).stop("B", &throws_a_number);
  LifeCycle life(made.steps());
  testing::RecordingLog log;
  EXPECT_TRUE(life.start({}, log));
  life.stop({}, log);
  EXPECT_EQ(did, "!A");
  EXPECT_THAT(log.text(),
              HasSubstr("error: stop function failed function=B location=pool.cc:3 exception=int"));
  EXPECT_THAT(log.text(), HasSubstr("error: stop function failed function=close location=pool.cc:2 "
                                    "exception=std::runtime_error error=no database"));
}

TEST(LifeCycle, ARequestEndsTheStartsBeforeTheNextOne) {
  ProgramForTest made;
  LifeCycle* begun = nullptr;
  std::stop_source source;
  in_last_start = [&](const std::stop_token& stop) {
    begun->cancel();
    source.request_stop();
    did += stop.stop_requested() ? 's' : '-';
  };
  made.start("a", &runs_last).stop("A", [](const std::stop_token& stop) {
    did += stop.stop_requested() ? '-' : 'A';
  });
  made.start("b", &runs<'b'>).stop("B", &runs<'B'>);
  LifeCycle life(made.steps());
  testing::RecordingLog log;
  begun = &life;
  const auto started = life.start(source.get_token(), log);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code(), Code::kCancelled);
  EXPECT_EQ(did, "sA");
}

TEST(LifeCycle, ItSaysWhatRuns) {
  ProgramForTest made;
  made.start("open", &runs_last);
  LifeCycle life(made.steps());
  std::string text;
  in_last_start = [&](const std::stop_token&) { text = life.running_text(); };
  testing::RecordingLog log;
  EXPECT_TRUE(life.start({}, log));
  EXPECT_EQ(text, "the start function open (pool.cc:1)");
  EXPECT_EQ(life.running_text(), "");
}

TEST(LifeCycle, TenThousandStarts) {
  ProgramForTest made;
  for (unsigned i = 0; i < 10'000; ++i) made.add(at("a.cc", i, "a.cc", i, &runs<'a'>));
  for (auto& each : made.registrations) each.name = "f";
  for (unsigned i = 0; i < 10'000; ++i) made.registrations[i].file = "a.cc";
  const abi::Program program = made.program();
  EXPECT_FALSE(life_steps({&program, 1}));  // one function, at 10,000 places
}

}  // namespace
}  // namespace ofn
