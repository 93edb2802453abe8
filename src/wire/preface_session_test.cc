#include "wire/preface_session.h"

#include <chrono>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "testing/fake_time_limits.h"
#include "testing/manual_clock.h"
#include "wire/limits.h"

namespace ofn::wire {
namespace {

using namespace std::chrono_literals;

class PrefaceTest : public ::testing::Test {
 protected:
  // Notes what the session hands over.
  class Fake final : public Transport {
   public:
    explicit Fake(Loop& loop) : loop_(loop) {}
    void wake() override {}
    void replace(std::unique_ptr<Session>, std::string_view bytes) override { rest = bytes; }
    Loop& loop() override { return loop_; }
    std::string_view peer() const override { return "fake"; }
    std::string rest;

   private:
    Loop& loop_;
  };

  PrefaceSession::Make note(char version) {
    return [this, version] {
      made_ = version;
      return nullptr;
    };
  }
  void wait(Duration time) {
    clock_.advance(time);
    ofn::testing::settle(loop_);
  }

  ofn::testing::ManualClock clock_;
  Loop loop_{clock_};
  Limits limits_;
  Fake transport_{loop_};
  char made_ = '?';  // '1', '2', or '?' while undecided
};

TEST_F(PrefaceTest, DecidesAtTheFirstByteThatCanTell) {
  struct Case {
    std::string_view bytes;
    char expected;
  };
  const Case cases[] = {{"G", '1'},
                        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", '2'},
                        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r", '?'},
                        {"PR", '?'},
                        {"PUT", '1'},
                        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nmore", '2'},
                        {"\x16\x03", '1'}};
  for (const auto& [bytes, expected] : cases) {
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
      made_ = '?';
      transport_.rest.clear();
      PrefaceSession session(limits_, note('1'), note('2'));
      session.start(transport_);
      if (cut > 0) session.receive(bytes.substr(0, cut));
      if (session.wants_input() && cut < bytes.size()) session.receive(bytes.substr(cut));
      EXPECT_EQ(made_, expected) << bytes << " cut at " << cut;
      EXPECT_TRUE(expected == '?' ||
                  (bytes.starts_with(transport_.rest) && !transport_.rest.empty()));
    }
  }
}

// The client's first request may be on its way when the server begins to drain.
TEST_F(PrefaceTest, ADrainLeavesANewConnectionTimeForItsFirstRequest) {
  PrefaceSession served(limits_, note('1'), note('2'));
  served.start(transport_);
  PrefaceSession silent(limits_, note('1'), note('2'));
  silent.start(transport_);
  wait(10s);
  served.drain();
  silent.drain();
  wait(400ms);
  silent.drain();  // does not begin anew
  EXPECT_EQ(served.ending(), Ending::kOpen);
  EXPECT_TRUE(served.wants_input());
  served.receive("GET");
  EXPECT_EQ(made_, '1');
  wait(100ms);
  EXPECT_EQ(served.ending(), Ending::kOpen);
  EXPECT_EQ(silent.ending(), Ending::kClose) << "without waiting for the client to close";
}

// In a debugger no limit passes, but a drain ends connections that are not used.
TEST_F(PrefaceTest, ADrainEndsASilentConnectionAlsoWhileTimeLimitsAreOff) {
  const ofn::testing::FakeTimeLimits limits;
  loop_.set_time_limits(&limits);
  PrefaceSession silent(limits_, note('1'), note('2'));
  silent.start(transport_);
  PrefaceSession slow(limits_, note('1'), note('2'));
  slow.start(transport_);
  slow.receive("P");
  wait(1h);
  EXPECT_EQ(silent.ending(), Ending::kOpen);
  EXPECT_EQ(made_, '?');
  silent.drain();
  wait(1s);
  EXPECT_EQ(silent.ending(), Ending::kClose);
}

TEST_F(PrefaceTest, ADrainDoesNotProlongTheIdleTime) {
  limits_.idle_timeout = 100ms;
  PrefaceSession session(limits_, note('1'), note('2'));
  session.start(transport_);
  session.drain();
  wait(100ms);
  EXPECT_EQ(session.ending(), Ending::kClose);
}

}  // namespace
}  // namespace ofn::wire
