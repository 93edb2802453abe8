#include "logging/author_log.h"

#include <array>
#include <string>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ofn/log.h>

#include "os/calls_in_flight.h"

namespace ofn {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Writes with this program's own <ofn/log.h>, as a function does.
class AuthorLogTest : public testing::Test {
 protected:
  AuthorLogTest() {
    EXPECT_EQ(pipe(pipe_.data()), 0);
    logger_.emplace(LogShape{}, Level::kInfo, pipe_[1]);
    log_.emplace(*logger_, Level::kInfo);
    host_.log = log_->host();
    internal::host_slot = &host_;
  }
  ~AuthorLogTest() override { internal::host_slot = nullptr; }
  // Ends the log.
  std::string text() {
    logger_->finish();
    close(pipe_[1]);
    std::string text;
    std::array<char, 65536> buffer{};
    for (ssize_t n = 0; (n = read(pipe_[0], buffer.data(), buffer.size())) > 0;)
      text.append(buffer.data(), static_cast<std::size_t>(n));
    close(pipe_[0]);
    return text;
  }

  std::array<int, 2> pipe_{};
  std::optional<Logger> logger_;
  std::optional<AuthorLog> log_;
  abi::Host host_;
  const std::string pay_ = "pay";
  os::CallsInFlight calls_;
  os::CallMark mark_{&calls_};
};

TEST_F(AuthorLogTest, NamesTheCallThatRunsHere) {
  mark_.began(pay_, {.request = "r1"});
  {
    const os::CallMark::RunsHere here(mark_);
    log_info("charged", {{"order", "o-17"}, {"cents", 1299}, {"message", "mine"}});
  }
  log_warning("nowhere");
  const std::string text = this->text();
  EXPECT_THAT(
      text, HasSubstr(R"("level":"info","message":"charged","request_id":"r1","execution_id":"r1",)"
                      R"("function":"pay","location":")"));
  EXPECT_THAT(text, HasSubstr(R"(author_log_test.cc:)"));
  EXPECT_THAT(text, HasSubstr(R"(","order":"o-17","cents":1299,"message_":"mine"})"));
  EXPECT_THAT(text, HasSubstr(R"("message":"nowhere","location":")"));
}

TEST_F(AuthorLogTest, HasALevelOfItsOwn) {
  EXPECT_FALSE(log_enabled(Level::kDebug));
  log_debug("first");
  log_->set_least(Level::kDebug);
  EXPECT_TRUE(log_enabled(Level::kDebug));
  log_debug("second");
  log_->set_least(Level::kError);
  log_warning("third");
  log_error("fourth");
  const std::string text = this->text();
  EXPECT_THAT(text, Not(HasSubstr("first")));
  EXPECT_THAT(text, HasSubstr("second"));
  EXPECT_THAT(text, Not(HasSubstr("third")));
  EXPECT_THAT(text, HasSubstr("fourth"));
}

TEST_F(AuthorLogTest, LongTextsAreCutBetweenTwoCharacters) {
  std::string long_text(16 * 1024 - 10, 'x');
  for (int i = 0; i < 100; ++i) long_text += "\xc3\xbc";
  log_info(long_text, {{"same", long_text}});
  const std::string text = this->text();
  EXPECT_LT(text.size(), 33U * 1024);
  EXPECT_NE(text.find("xx… (cut)\","), std::string::npos) << "the message";
  EXPECT_TRUE(text.ends_with("xx… (cut)\"}\n")) << "the field";
}

TEST_F(AuthorLogTest, AfterTheEndALineIsWrittenAtOnce) {
  logger_->finish();
  log_info("by a destructor");
  EXPECT_THAT(text(), HasSubstr("by a destructor"));
}

}  // namespace
}  // namespace ofn
