#include "otlp/exporter.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/manual_clock.h"
#include "testing/recording_log.h"

namespace ofn::otlp {
namespace {

using namespace std::chrono_literals;
using ofn::testing::settle;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Keeps what is delivered until the test answers.
class FakeDestination final : public Destination {
 public:
  struct Delivery {
    std::string message;
    Deadline deadline;
    std::move_only_function<void(const Answer&)> done;
  };

  std::size_t concurrency() const override { return most; }
  void deliver(std::string_view message, Deadline deadline,
               std::move_only_function<void(const Answer&)> done) override {
    ++attempts;
    deliveries.push_back({std::string(message), deadline, std::move(done)});
  }
  void close(std::function<void()> closed) override {
    deliveries.clear();
    on_closed = std::move(closed);
  }
  std::string_view name() const override { return "http://collector/"; }

  void answer(const Answer& answer) {
    Delivery delivery = std::move(deliveries.front());
    deliveries.erase(deliveries.begin());
    delivery.done(answer);
  }
  std::vector<std::string> messages() const {
    std::vector<std::string> texts;
    for (const Delivery& delivery : deliveries) texts.push_back(delivery.message);
    return texts;
  }

  std::size_t most = 1;
  int attempts = 0;
  std::vector<Delivery> deliveries;
  std::function<void()> on_closed;
};

class ExporterTest : public ::testing::Test {
 protected:
  ExporterTest() { make({}); }
  void make(ExporterOptions options) {
    auto destination = std::make_unique<FakeDestination>();
    destination_ = destination.get();
    exporter_.emplace(loop_, std::move(destination), std::move(options), log_);
  }
  void send(std::string message, std::size_t items = 1) {
    exporter_->send(std::move(message), items);
    settle(loop_);
  }
  void answer(const Answer& answer) {
    destination_->answer(answer);
    settle(loop_);
  }
  void advance(Duration by) {
    clock_.advance(by);
    settle(loop_);
  }
  std::string counts() const {
    const ExportCounts counts = exporter_->counts();
    return "exported " + std::to_string(counts.exported) + " rejected " +
           std::to_string(counts.rejected) + " failed " + std::to_string(counts.failed) +
           " dropped " + std::to_string(counts.dropped);
  }
  std::size_t warnings() const {
    std::size_t count = 0;
    const std::string text = log_.text();
    for (std::size_t at = 0; (at = text.find("warning: ", at)) != std::string::npos; ++at) ++count;
    return count;
  }

  ofn::testing::ManualClock clock_;
  Loop loop_{clock_};
  ofn::testing::RecordingLog log_;
  FakeDestination* destination_ = nullptr;
  std::optional<Exporter> exporter_;
};

TEST_F(ExporterTest, SendsLaterInOrderAndOneAtATime) {
  exporter_->send("a", 2);
  exporter_->send("b", 3);
  EXPECT_EQ(destination_->attempts, 0) << "never from inside send()";
  settle(loop_);
  EXPECT_THAT(destination_->messages(), ElementsAre("a"));
  EXPECT_EQ(exporter_->pending(), 2U);
  answer({});
  EXPECT_THAT(destination_->messages(), ElementsAre("b"));
  answer({});
  EXPECT_EQ(counts(), "exported 5 rejected 0 failed 0 dropped 0");
  EXPECT_EQ(exporter_->pending(), 0U);
  EXPECT_EQ(log_.text(), "");
}

TEST_F(ExporterTest, SendsAsManyAtOnceAsTheDestinationTakes) {
  destination_->most = 2;
  for (const char* message : {"a", "b", "c"}) send(message);
  EXPECT_THAT(destination_->messages(), ElementsAre("a", "b"));
  answer({});
  EXPECT_THAT(destination_->messages(), ElementsAre("b", "c"));
}

TEST_F(ExporterTest, ARefusedMessageIsNotRepeated) {
  send("a", 7);
  answer({.verdict = Verdict::kRefused, .text = "HTTP status 400: what is this"});
  advance(1h);
  EXPECT_EQ(destination_->attempts, 1);
  EXPECT_EQ(counts(), "exported 0 rejected 0 failed 7 dropped 0");
  EXPECT_EQ(log_.text(),
            "warning: telemetry cannot be exported signal=traces url=http://collector/ error=HTTP "
            "status 400: what is this lost=7\n");
}

TEST_F(ExporterTest, RepeatsWithGrowingPausesUntilItsTimeIsOver) {
  send("a");
  const Deadline deadline = destination_->deliveries[0].deadline;
  EXPECT_EQ(deadline.left(clock_.now()), 10s);
  // Pauses of 1, 1.5, 2.25 and 3.375 s, each with a fifth of jitter; the next one has no time left.
  for (const auto& [least, most] :
       {std::pair{800ms, 1200ms}, {1200ms, 1800ms}, {1800ms, 2700ms}, {2700ms, 4050ms}}) {
    ASSERT_EQ(destination_->deliveries.size(), 1U);
    EXPECT_EQ(destination_->deliveries[0].deadline, deadline) << "one time for all attempts";
    answer({.verdict = Verdict::kRetry, .text = "no"});
    advance(least - 1ms);
    ASSERT_THAT(destination_->messages(), IsEmpty());
    advance(most - least + 1ms);
  }
  EXPECT_EQ(destination_->attempts, 5);
  EXPECT_EQ(log_.text(), "") << "nothing is lost yet";
  answer({.verdict = Verdict::kRetry, .text = "still no"});
  EXPECT_EQ(counts(), "exported 0 rejected 0 failed 1 dropped 0");
  EXPECT_THAT(log_.text(), HasSubstr("error=still no"));
  EXPECT_EQ(exporter_->pending(), 0U);
}

TEST_F(ExporterTest, AnAnswerAfterARepetitionCounts) {
  send("a");
  answer({.verdict = Verdict::kRetry});
  advance(2s);
  answer({});
  EXPECT_EQ(counts(), "exported 1 rejected 0 failed 0 dropped 0");
}

TEST_F(ExporterTest, WaitsAsLongAsTheCollectorAsks) {
  send("a");
  answer({.verdict = Verdict::kRetry, .retry_after = 7s});
  advance(6999ms);
  EXPECT_THAT(destination_->messages(), IsEmpty());
  advance(1ms);
  EXPECT_THAT(destination_->messages(), ElementsAre("a"));
  answer({.verdict = Verdict::kRetry, .retry_after = 1h});
  EXPECT_EQ(counts(), "exported 0 rejected 0 failed 1 dropped 0") << "there is no time for that";
}

TEST_F(ExporterTest, APartialSuccessIsCountedAndNotRepeated) {
  send("a", 10);
  answer({.rejected_items = 3, .text = "too old"});
  send("b", 2);
  answer({.rejected_items = 1000});
  advance(1h);
  EXPECT_EQ(destination_->attempts, 2);
  EXPECT_EQ(counts(), "exported 7 rejected 5 failed 0 dropped 0");
  EXPECT_EQ(log_.text(),
            "warning: the collector rejected a part of the telemetry signal=traces "
            "url=http://collector/ error=too old lost=3\n");
}

TEST_F(ExporterTest, AWarningOfTheCollectorIsTold) {
  send("a");
  answer({.text = "this field is deprecated"});
  EXPECT_EQ(log_.text(),
            "warning: the collector warns signal=traces url=http://collector/ error=this field is "
            "deprecated lost=0\n");
  EXPECT_EQ(counts(), "exported 1 rejected 0 failed 0 dropped 0");
}

TEST_F(ExporterTest, DropsWhatHasNoRoomAndStaysFlat) {
  make({.max_bytes = 100});
  send(std::string(1000, 'x'), 5);
  EXPECT_EQ(exporter_->pending(), 1U) << "one message always has room";
  for (int i = 0; i < 1000; ++i) send("y", 2);
  EXPECT_EQ(counts(), "exported 0 rejected 0 failed 0 dropped 2000");
  EXPECT_EQ(exporter_->pending(), 1U);
  answer({});
  for (int i = 0; i < 10; ++i) send(std::string(30, 'z'), 1);
  EXPECT_EQ(exporter_->pending(), 3U);
  EXPECT_EQ(counts(), "exported 5 rejected 0 failed 0 dropped 2007");
}

TEST_F(ExporterTest, WarnsOnceAMinuteAndSaysHowMuchWasLost) {
  for (int i = 0; i < 100; ++i) {
    send("a");
    answer({.verdict = Verdict::kRefused, .text = "no"});
    advance(1s);
  }
  EXPECT_EQ(warnings(), 2U);
  EXPECT_THAT(log_.text(), HasSubstr("error=no lost=1\n"));
  EXPECT_THAT(log_.text(), HasSubstr("error=no lost=60\n"));
}

TEST_F(ExporterTest, AFlushEndsWhenEverythingBeforeItHasEnded) {
  std::vector<std::string> ended;
  const auto flush = [&](std::string name, Duration time) {
    exporter_->flush(Deadline::in(time, clock_), [&ended, name](bool all_sent) {
      ended.push_back(name + (all_sent ? " sent" : " late"));
    });
  };
  flush("empty", 1s);
  EXPECT_THAT(ended, IsEmpty()) << "never from inside flush()";
  settle(loop_);
  EXPECT_THAT(ended, ElementsAre("empty sent"));
  ended.clear();

  send("a");
  send("b");
  flush("first", 1s);
  send("c");
  flush("second", 2s);
  answer({});
  EXPECT_THAT(ended, IsEmpty());
  answer({.verdict = Verdict::kRefused});
  EXPECT_THAT(ended, ElementsAre("first sent")) << "what was lost needs no more time";
  advance(2s);
  EXPECT_THAT(ended, ElementsAre("first sent", "second late"));
  answer({});
  EXPECT_EQ(ended.size(), 2U) << "each once";
}

TEST_F(ExporterTest, CloseGivesUpAndTells) {
  send("a", 3);
  send("b", 4);
  send("c", 5);
  answer({.verdict = Verdict::kRetry});
  std::optional<bool> flushed;
  exporter_->flush(Deadline::never(), [&](bool all_sent) { flushed = all_sent; });
  settle(loop_);
  EXPECT_EQ(flushed, std::nullopt);
  bool closed = false;
  exporter_->close([&] { closed = true; });
  settle(loop_);
  EXPECT_EQ(flushed, false);
  EXPECT_FALSE(closed) << "the destination is not closed yet";
  EXPECT_EQ(counts(), "exported 0 rejected 0 failed 12 dropped 0");
  advance(1h);
  EXPECT_EQ(destination_->attempts, 1) << "no attempt after close()";
  destination_->on_closed();
  EXPECT_TRUE(closed);
}

}  // namespace
}  // namespace ofn::otlp
