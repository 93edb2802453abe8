#include "dev/ring.h"

#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ofn::dev {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

static_assert(std::forward_iterator<Ring::Iterator>);

CallEnded call(std::string id, int status = 200, std::string refusal = {}) {
  CallEnded call{.build = 1, .id = std::move(id)};
  call.status = status;
  call.verdict = "success";
  call.refusal = std::move(refusal);
  return call;
}

std::vector<std::string> ids(const Ring& ring) {
  std::vector<std::string> ids;
  for (const CallEnded& call : ring) ids.push_back(call.id);
  return ids;
}

TEST(Ring, KeepsTheLastCallsAndForgetsOlderOnes) {
  Ring ring({.calls = 3});
  EXPECT_THAT(ids(ring), IsEmpty());
  EXPECT_EQ(ring.latest(), nullptr);
  for (const char* id : {"a", "b", "c", "d", "e"}) ring.add(call(id));
  EXPECT_THAT(ids(ring), ElementsAre("e", "d", "c"));
  EXPECT_EQ(ring.latest()->id, "e");
  EXPECT_EQ(ring.find("d")->id, "d");
  EXPECT_EQ(ring.find("b"), nullptr);
  EXPECT_EQ(ring.find(""), nullptr);
}

TEST(Ring, IsToldOfCalls) {
  Ring ring;
  Listener& listener = ring;
  CallEnded event = call("a");
  event.build = 7;
  listener.on(event);
  EXPECT_EQ(ring.find("a")->build, 7U);
}

TEST(Ring, DropsProbesFirstAndFailuresLast) {
  Ring ring({.calls = 4});
  CallEnded crashed = call("crash", 0);
  crashed.verdict = "crash";
  CallEnded threw = call("error", 400);
  threw.verdict = "error";
  ring.add(call("500", 500));
  ring.add(crashed);
  ring.add(threw);
  ring.add(call("a"));
  ring.add(call("b"));
  EXPECT_THAT(ids(ring), ElementsAre("b", "error", "crash", "500"));
  // The newest call is kept, whatever it is.
  ring.add(call("probe", 200, "probe"));
  EXPECT_THAT(ids(ring), ElementsAre("probe", "error", "crash", "500"));
  EXPECT_EQ(ring.latest()->id, "error");
  ring.add(call("c"));
  EXPECT_THAT(ids(ring), ElementsAre("c", "error", "crash", "500"));
  EXPECT_EQ(ring.latest()->id, "c");
  // A new failure takes the place of a success, and then of the oldest failure.
  ring.add(call("502", 502));
  EXPECT_THAT(ids(ring), ElementsAre("502", "error", "crash", "500"));
  ring.add(call("503", 503));
  EXPECT_THAT(ids(ring), ElementsAre("503", "502", "error", "crash"));
  // A success with only failures before it.
  ring.add(call("d"));
  EXPECT_THAT(ids(ring), ElementsAre("d", "503", "502", "error"));
}

TEST(Ring, ProbesThatFailAreFailures) {
  Ring ring({.calls = 2});
  ring.add(call("probe", 503, "probe"));
  ring.add(call("a"));
  ring.add(call("b"));
  EXPECT_THAT(ids(ring), ElementsAre("b", "probe"));
}

TEST(Ring, BoundsTheMemory) {
  const auto large = [](std::string id) {
    CallEnded made = call(std::move(id));
    made.request.body.assign(100'000, 'x');
    made.request.size = 1'000'000;
    made.answer.body.assign(50'000, 'y');
    made.answer.size = 50'000;
    return made;
  };
  Ring ring({.bytes = 500'000, .body_bytes = 60'000});
  ring.add(large("a"));
  EXPECT_EQ(ring.find("a")->request.body.size(), 60'000U);
  EXPECT_EQ(ring.find("a")->request.size, 1'000'000U);
  EXPECT_EQ(ring.find("a")->answer.body.size(), 50'000U);
  EXPECT_GT(ring.bytes(), 110'000U);
  EXPECT_LT(ring.bytes(), 115'000U);
  for (const char* id : {"b", "c", "d", "e", "f"}) {
    ring.add(large(id));
    EXPECT_LE(ring.bytes(), 500'000U);
  }
  EXPECT_THAT(ids(ring), ElementsAre("f", "e", "d", "c"));
  // All that a call holds is counted.
  const std::size_t before = ring.bytes();
  CallEnded many = call("many");
  many.path.assign(10'000, 'p');
  many.request.fields.assign(10, {"name", std::string(1000, 'v')});
  many.outputs.assign(10, {.name = std::string(1000, 'n')});
  many.thrown = Thrown{.what = std::string(10'000, 'w')};
  many.thrown->frames.assign(10, {.source = std::string(1000, 's')});
  ring.add(many);
  EXPECT_THAT(ids(ring), ElementsAre("many", "f", "e", "d", "c"));
  EXPECT_GT(ring.bytes() - before, 50'000U);
  EXPECT_LT(ring.bytes() - before, 55'000U);
  // One that is too large for all.
  Ring tiny({.bytes = 1});
  tiny.add(call("a"));
  tiny.add(call("b"));
  EXPECT_THAT(ids(tiny), ElementsAre("b"));
}

TEST(Ring, FindsTheNewestOfCallsWithOneId) {
  Ring ring({.calls = 3});
  const auto same = [](unsigned build, int status) {
    CallEnded made = call("an id that is too long for the string itself", status);
    made.build = build;
    return made;
  };
  const std::string id = same(1, 200).id;
  ring.add(same(1, 500));
  ring.add(same(2, 200));
  ring.add(same(3, 200));
  EXPECT_EQ(ring.find(id)->build, 3U);
  // The newest two go before the failure, the middle one first.
  ring.add(call("a"));
  EXPECT_EQ(ring.find(id)->build, 3U);
  ring.add(call("b"));
  EXPECT_EQ(ring.find(id)->build, 1U);
  ring.add(same(4, 200));
  EXPECT_EQ(ring.find(id)->build, 4U);
  ring.add(call("c", 500));
  ring.add(call("d", 500));
  EXPECT_THAT(ids(ring), ElementsAre("d", "c", id));
  ring.add(call("e", 500));
  EXPECT_EQ(ring.find(id), nullptr);
  // The older one goes first.
  Ring two({.calls = 2});
  two.add(same(1, 200));
  two.add(same(2, 200));
  two.add(call("a"));
  EXPECT_EQ(two.find(id)->build, 2U);
}

}  // namespace
}  // namespace ofn::dev
