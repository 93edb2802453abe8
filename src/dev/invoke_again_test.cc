#include "dev/invoke_again.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "testing/manual_clock.h"

namespace ofn::dev {
namespace {

using namespace std::chrono_literals;

// The loop as far as the key knows it.
struct InvokeAgainTest : ::testing::Test, Listener {
  using Listener::on;
  void on(const Told& event) override { told.push_back(event.text); }
  void has_come(std::string path, std::string kind = "request") {
    CallEnded call{.kind = std::move(kind), .method = "GET"};
    call.path = std::move(path);
    ring.add(call);
  }
  std::vector<std::string> take_sent() {
    testing::settle(loop);
    return std::exchange(sent, {});
  }
  std::vector<std::string> take_told() { return std::exchange(told, {}); }

  using Texts = std::vector<std::string>;
  testing::ManualClock clock;
  Loop loop{clock};
  Ring ring;
  unsigned coming = 0;
  Texts sent;
  Texts told;
  Result<Texts> left_out;
  Replays::Done done;
  InvokeAgain again{loop,
                    ring,
                    {.coming = [this] { return coming; },
                     .send =
                         [this](const CallEnded& call, Replays::Done on_done) {
                           sent.push_back(call.path);
                           done = std::move(on_done);
                           return left_out;
                         }},
                    *this};
};

TEST_F(InvokeAgainTest, SendsAtOnceIfNothingIsBuilt) {
  again.invoke();
  EXPECT_EQ(take_told(), Texts{"no request has come yet that could be sent again"});
  has_come("/a");
  has_come("orders", "topic");
  again.invoke();
  EXPECT_EQ(take_sent(), Texts{"/a"});
  EXPECT_EQ(take_told(), Texts{});
  again.on(ServingBuild{.build = 2});
  EXPECT_EQ(take_sent(), Texts{}) << "it was sent already";
}

TEST_F(InvokeAgainTest, WaitsForTheNewestBuild) {
  has_come("/a");
  coming = 2;
  again.invoke();
  EXPECT_EQ(take_told(), Texts{"waits for build 2 before the last request is sent again"});
  has_come("/b");
  coming = 3;  // saved once more
  again.on(ServingBuild{.build = 2});
  EXPECT_EQ(take_sent(), Texts{});
  coming = 0;
  again.on(ServingBuild{.build = 3});
  EXPECT_EQ(take_sent(), Texts{"/a"}) << "the last one when the key was pressed";
  EXPECT_EQ(take_told(), Texts{});
  clock.advance(11s);
  EXPECT_EQ(take_sent(), Texts{});
}

TEST_F(InvokeAgainTest, SendsWhenTheBuildHasFailed) {
  has_come("/a");
  coming = 2;
  again.invoke();
  again.invoke();
  coming = 0;
  again.on(BuildFailed{.build = 2, .serving = 1});
  EXPECT_EQ(take_sent(), Texts{"/a"}) << "once, however often the key was pressed";
}

TEST_F(InvokeAgainTest, WaitsNoLongerThanTenSeconds) {
  has_come("/a");
  coming = 2;
  again.invoke();
  clock.advance(9s);
  EXPECT_EQ(take_sent(), Texts{});
  again.invoke();
  take_told();
  clock.advance(1s);
  EXPECT_EQ(take_sent(), Texts{"/a"});
  EXPECT_EQ(take_told(),
            Texts{"build 2 does not serve after 10 s, so the last request goes to what "
                  "serves now"});
}

TEST_F(InvokeAgainTest, SaysWhatIsLeftOutAndWhatFails) {
  has_come("/a");
  left_out = Texts{"token", "Cookie"};
  again.invoke();
  EXPECT_EQ(take_told(),
            Texts{"sent again without token, Cookie: the values of secrets are not recorded"});
  done(fail(Code::kUnavailable, "nobody is there"));
  EXPECT_EQ(take_told(), Texts{"the request that was sent again failed: nobody is there"});
  again.invoke();
  take_told();
  done(Replayed{.status = 503});
  EXPECT_EQ(
      take_told(),
      Texts{"the request that was sent again got status 503, because no build can be served"});
  again.invoke();
  take_told();
  done(Replayed{.status = 200, .id = "1f"});
  EXPECT_EQ(take_told(), Texts{});
  left_out = fail(Code::kFailedPrecondition, "its body was not recorded whole");
  again.invoke();
  EXPECT_EQ(take_told(),
            Texts{"the last request cannot be sent again: its body was not recorded whole"});
}

}  // namespace
}  // namespace ofn::dev
