#include "otlp/text_destination.h"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>

#include <gtest/gtest.h>

#include "otlp/protobuf_writer.h"
#include "testing/manual_clock.h"

namespace ofn::otlp {
namespace {

using namespace std::chrono_literals;

class TextDestinationTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(pipe2(pipe_.data(), O_CLOEXEC), 0); }
  void deliver(std::string_view message) {
    answer_.reset();
    destination_.emplace(loop_, Signal::kTraces, pipe_[1]);
    again(message);
  }
  void again(std::string_view message) {
    answer_.reset();
    destination_->deliver(message, Deadline::in(10s, clock_),
                          [this](const Answer& answer) { answer_ = answer; });
    EXPECT_FALSE(answer_) << "never from inside deliver()";
  }
  void wait() {
    loop_.run_until([this] { return answer_.has_value(); });
  }
  std::string read_some() const {
    std::array<char, 65536> buffer{};
    const ssize_t count = read(pipe_[0], buffer.data(), buffer.size());
    return {buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
  }

  ofn::testing::ManualClock clock_;
  Loop loop_{clock_};
  std::array<int, 2> pipe_{};
  std::optional<TextDestination> destination_;
  std::optional<Answer> answer_;
};

TEST_F(TextDestinationTest, WritesALineForEachMessage) {
  deliver(std::string_view("\x0a\x00", 2));
  wait();
  EXPECT_EQ(answer_->verdict, Verdict::kAccepted);
  again("");
  wait();
  EXPECT_EQ(read_some(), "{\"resourceSpans\":[{}]}\n{}\n");
  bool closed = false;
  destination_->close([&] { closed = true; });
  EXPECT_FALSE(closed);
  ofn::testing::settle(loop_);
  EXPECT_TRUE(closed);
}

TEST_F(TextDestinationTest, AReaderThatIsGoneIsToldOf) {
  const auto before = std::signal(SIGPIPE, SIG_IGN);  // the program has a handler
  close(pipe_[0]);
  deliver("");
  wait();
  EXPECT_EQ(answer_->verdict, Verdict::kRefused);
  EXPECT_EQ(answer_->text, "Broken pipe");
  std::signal(SIGPIPE, before);
}

TEST_F(TextDestinationTest, AReaderThatDoesNotReadLosesLinesAndBlocksNobody) {
  // More than a pipe holds (64 KiB).
  std::string request;
  ProtobufWriter out(request);
  out.message(1, [&] { out.bytes(3, std::string(200'000, 'x')); });
  deliver(request);
  ofn::testing::settle(loop_);
  EXPECT_FALSE(answer_);
  clock_.advance(10s);
  ofn::testing::settle(loop_);
  ASSERT_TRUE(answer_);
  EXPECT_EQ(answer_->text, "nobody reads it");
  again("");
  ofn::testing::settle(loop_);
  ASSERT_TRUE(answer_) << "no line begins in the middle of another one";
  EXPECT_EQ(answer_->text, "nobody reads it");

  std::string text;
  while (!text.ends_with('\n')) text += read_some();
  EXPECT_EQ(text.size(),
            200'000 + std::string_view("{\"resourceSpans\":[{\"schemaUrl\":\"\"}]}\n").size());
}

}  // namespace
}  // namespace ofn::otlp
