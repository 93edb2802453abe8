#include "logging/logger.h"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <sstream>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

namespace ofn {
namespace {

constexpr LogShape kReadable{.format = LogFormat::kReadable};

TEST(LogLine, AnExceptionIsAPartOfGooglesMessage) {
  const std::vector<LogField> fields = {{"exception", "std::logic_error"},
                                        {"error", "no such key"}};
  const LogShape gcp{.format = LogFormat::kGcp};
  EXPECT_NE(format_log_line(gcp, 0, Level::kError, "function crashed", fields)
                .find(R"("message":"function crashed: std::logic_error: no such key")"),
            std::string::npos);
  EXPECT_NE(format_log_line({}, 0, Level::kError, "function crashed", fields)
                .find(R"("message":"function crashed")"),
            std::string::npos);
}

class LoggerTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(pipe(pipe_.data()), 0); }
  // Reads everything until no process has the write end open any more.
  std::string rest() const {
    std::string text;
    std::array<char, 65536> buffer{};
    for (ssize_t n = 0; (n = read(pipe_[0], buffer.data(), buffer.size())) > 0;) {
      text.append(buffer.data(), static_cast<std::size_t>(n));
    }
    return text;
  }
  std::string read_all() {
    close(pipe_[1]);
    const std::string text = rest();
    close(pipe_[0]);
    return text;
  }
  std::array<int, 2> pipe_{};
};

TEST_F(LoggerTest, WritesInOrderAndDropsWhatIsBelowTheLevel) {
  {
    Logger logger(kReadable, Level::kInfo, pipe_[1]);
    EXPECT_FALSE(logger.enabled(Level::kDebug));
    logger.write(Level::kDebug, "never");
    logger.write(Level::kInfo, "first");
    logger.write(Level::kError, "second", {{"a", "1"}});
  }
  const std::string text = read_all();
  EXPECT_EQ(text.find("never"), std::string::npos);
  EXPECT_LT(text.find("info first\n"), text.find("error second a=1\n"));
}

TEST_F(LoggerTest, AFullQueueDropsAndCountsInsteadOfBlocking) {
  std::string text;
  std::thread reader;
  {
    // Nothing reads while the lines are written. So first the pipe fills (64 KiB), then the queue,
    // and then lines are dropped.
    Logger logger(kReadable, Level::kInfo, pipe_[1]);
    const std::string long_line(1000, 'x');
    for (int i = 0; i < 20'000; ++i) logger.write(Level::kInfo, long_line);
    reader = std::thread([&] { text = rest(); });
  }
  close(pipe_[1]);
  reader.join();
  close(pipe_[0]);
  EXPECT_NE(text.find("log lines were dropped count="), std::string::npos);
}

TEST_F(LoggerTest, AQueueOfLongLinesIsBounded) {
  std::string text;
  std::thread reader;
  constexpr int kLines = 64;
  const std::string long_line(std::size_t{1} << 20, 'x');
  {
    Logger logger(kReadable, Level::kInfo, pipe_[1]);
    for (int i = 0; i < kLines; ++i) logger.write(Level::kInfo, long_line);
    EXPECT_GE(logger.dropped(), kLines / 2) << "64 MiB are not kept";
    reader = std::thread([&] { text = rest(); });
  }
  close(pipe_[1]);
  reader.join();
  close(pipe_[0]);
  EXPECT_NE(text.find("log lines were dropped count="), std::string::npos);
}

TEST_F(LoggerTest, TheLevelChangesAtAnyTime) {
  {
    Logger logger(kReadable, Level::kInfo, pipe_[1]);
    logger.write(Level::kDebug, "first");
    logger.set_least(Level::kDebug);
    logger.write(Level::kDebug, "second");
    logger.set_least(Level::kError);
    logger.write(Level::kWarning, "third");
  }
  const std::string text = read_all();
  EXPECT_TRUE(text.ends_with(" debug second\n") && text.size() < 40) << text;
}

TEST_F(LoggerTest, IsBehindUntilEveryLineIsWrittenOrLost) {
  Logger logger(kReadable, Level::kInfo, pipe_[1]);
  EXPECT_FALSE(logger.is_behind());
  // More lines than the pipe and the queue hold, so some are dropped.
  const std::string long_line(1000, 'x');
  for (int i = 0; i < 5000; ++i) logger.write(Level::kInfo, long_line);
  EXPECT_TRUE(logger.is_behind());
  std::thread reader([&] { (void)rest(); });
  while (logger.is_behind()) std::this_thread::yield();
  logger.finish();
  EXPECT_FALSE(logger.is_behind());
  logger.write(Level::kInfo, "after the end");
  EXPECT_FALSE(logger.is_behind()) << "the log takes no more lines";
  close(pipe_[1]);
  reader.join();
  close(pipe_[0]);
}

TEST_F(LoggerTest, WithoutAReaderLinesAreLostAndNothingWaits) {
  const auto before = std::signal(SIGPIPE, SIG_IGN);  // the program has a handler
  close(pipe_[0]);
  Logger logger(kReadable, Level::kInfo, pipe_[1]);
  for (int i = 0; i < 10; ++i) logger.write(Level::kInfo, "lost");
  while (logger.is_behind()) std::this_thread::yield();
  logger.finish();
  close(pipe_[1]);
  std::signal(SIGPIPE, before);
}

TEST_F(LoggerTest, LinesOfTwoLogsInOnePipeStayWhole) {
  std::string text;
  std::thread reader;
  constexpr int kLines = 500;
  {
    Logger first(kReadable, Level::kInfo, pipe_[1]);
    Logger second(kReadable, Level::kInfo, pipe_[1]);
    reader = std::thread([&] { text = rest(); });
    for (int i = 0; i < kLines; ++i) {
      first.write(Level::kInfo, std::string(300, 'a'));
      second.write(Level::kInfo, std::string(500, 'b'));
    }
  }
  close(pipe_[1]);
  reader.join();
  close(pipe_[0]);
  std::istringstream lines(text);
  int whole = 0;
  for (std::string line; std::getline(lines, line);) {
    EXPECT_TRUE(line.ends_with(" info " + std::string(300, 'a')) ||
                line.ends_with(" info " + std::string(500, 'b')))
        << line;
    EXPECT_EQ(line.find("info"), line.rfind("info")) << line;
    ++whole;
  }
  EXPECT_EQ(whole, 2 * kLines);
}

TEST_F(LoggerTest, AReaderThatTakesNothingDoesNotKeepTheEnd) {
  {
    Logger logger(kReadable, Level::kInfo, pipe_[1]);
    const std::string long_line(1000, 'x');
    for (int i = 0; i < 1000; ++i) logger.write(Level::kInfo, long_line);
  }
  EXPECT_NE(read_all().find("xxx"), std::string::npos) << "the lines that had room";
}

TEST_F(LoggerTest, ADescriptorThatDoesNotBlockLosesNothing) {
  ASSERT_EQ(fcntl(pipe_[1], F_SETFL, O_NONBLOCK), 0);
  std::string text;
  std::thread reader;
  constexpr int kLines = 100;
  const std::string long_line(10'000, 'x');
  {
    Logger logger(kReadable, Level::kInfo, pipe_[1]);
    for (int i = 0; i < kLines; ++i) logger.write(Level::kInfo, long_line);
    reader = std::thread([&] { text = rest(); });
  }
  close(pipe_[1]);
  reader.join();
  close(pipe_[0]);
  std::size_t whole = 0;
  for (std::size_t at = 0; (at = text.find(long_line + "\n", at)) != std::string::npos; ++at)
    ++whole;
  EXPECT_EQ(whole, kLines);
}

}  // namespace
}  // namespace ofn
