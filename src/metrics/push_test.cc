#include "metrics/push.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "otlp/json_text.h"
#include "testing/manual_clock.h"
#include "testing/recording_log.h"

namespace ofn::metrics {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// Keeps what it gets, and answers when the test says so.
struct Kept {
  std::vector<std::string> messages;
  std::vector<std::move_only_function<void(const otlp::Answer&)>> waiting;
};

class KeepingDestination final : public otlp::Destination {
 public:
  KeepingDestination(Loop& loop, Kept& kept) : loop_(loop), kept_(kept) {}
  std::size_t concurrency() const override { return 1; }
  void deliver(std::string_view message, Deadline /*deadline*/,
               std::move_only_function<void(const otlp::Answer&)> done) override {
    kept_.messages.push_back(otlp::to_otlp_json(otlp::Signal::kMetrics, message));
    kept_.waiting.push_back(std::move(done));
  }
  void close(std::function<void()> closed) override { loop_.post(std::move(closed)); }
  std::string_view name() const override { return "kept"; }

 private:
  Loop& loop_;
  Kept& kept_;
};

struct Stage {
  // A timer that is due fires first; then the writer's thread posts.
  void wait_for(std::size_t messages) {
    testing::settle(loop);
    loop.run_until([&] { return kept.messages.size() >= messages; });
  }
  void answer() {
    loop.post([this] { kept.waiting.back()({}); });
    testing::settle(loop);
  }

  testing::ManualClock clock;
  Loop loop{clock};
  testing::RecordingLog log;
  FunctionContext context;
  Collector collector{context};
  Kept kept;
  bool is_busy = true;
  Push push{loop,
            collector,
            std::make_unique<otlp::Exporter>(loop, std::make_unique<KeepingDestination>(loop, kept),
                                             otlp::ExporterOptions{.signal = "metrics"}, log),
            {.version = "1.2", .interval = 60s, .is_busy = [this] { return is_busy; }},
            clock.system_now()};
};

TEST(Push, SendsEveryIntervalUnlessTheLastMessageIsOnItsWay) {
  Stage stage;
  stage.collector.add([](Snapshot& snapshot) { snapshot.add(Metric::kConnections, {}, 7); });
  stage.push.start();
  testing::settle(stage.loop);
  EXPECT_EQ(stage.kept.messages.size(), 0U);
  stage.clock.advance(60s);
  stage.wait_for(1);
  EXPECT_THAT(stage.kept.messages[0], HasSubstr(R"("name":"ofn.connections")"));
  EXPECT_THAT(stage.kept.messages[0], HasSubstr(R"("version":"1.2")"));
  stage.clock.advance(60s);
  testing::settle(stage.loop);
  EXPECT_EQ(stage.kept.messages.size(), 1U) << "the first one has no answer yet";
  stage.answer();
  stage.clock.advance(60s);
  stage.wait_for(2);
}

TEST(Push, RestsAfterTheLastValuesUntilItIsWoken) {
  Stage stage;
  stage.push.start();
  stage.push.wake();
  stage.clock.advance(60s);
  stage.wait_for(1);
  stage.is_busy = false;
  stage.clock.advance(60s);
  testing::settle(stage.loop);
  EXPECT_EQ(stage.kept.messages.size(), 1U) << "the first one has no answer yet";
  stage.answer();
  stage.clock.advance(60s);
  stage.wait_for(2);
  stage.answer();
  for (int i = 0; i < 10; ++i) {
    stage.clock.advance(60s);
    testing::settle(stage.loop);
  }
  EXPECT_EQ(stage.kept.messages.size(), 2U) << "nothing can have changed";
  stage.push.wake();
  stage.push.wake();
  testing::settle(stage.loop);
  stage.clock.advance(59s);
  testing::settle(stage.loop);
  EXPECT_EQ(stage.kept.messages.size(), 2U);
  stage.clock.advance(1s);
  stage.wait_for(3);
  stage.answer();
  stage.push.finish(Deadline::in(1s, stage.clock), [] {});
  stage.push.wake();
  stage.wait_for(4);
  stage.answer();
  stage.clock.advance(120s);
  testing::settle(stage.loop);
  EXPECT_EQ(stage.kept.messages.size(), 4U) << "it was the last";
}

TEST(Push, TheLastMessageIsAwaitedUntilTheDeadline) {
  for (const bool arrives : {true, false}) {
    Stage stage;
    stage.push.start();
    bool done = false;
    stage.push.finish(Deadline::in(1s, stage.clock), [&] { done = true; });
    stage.wait_for(1);
    EXPECT_FALSE(done);
    if (arrives) {
      stage.answer();
    } else {
      stage.clock.advance(1s);
      testing::settle(stage.loop);
    }
    EXPECT_TRUE(done);
    stage.clock.advance(120s);
    testing::settle(stage.loop);
    EXPECT_EQ(stage.kept.messages.size(), 1U) << "it was the last";
  }
}

}  // namespace
}  // namespace ofn::metrics
