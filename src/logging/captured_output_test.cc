#include "logging/captured_output.h"

#include <array>
#include <cstdio>
#include <fcntl.h>
#include <iostream>
#include <memory>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "os/calls_in_flight.h"
#include "testing/recording_log.h"

namespace ofn {
namespace {

using ::testing::HasSubstr;

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

struct stat file_of(int fd) {
  struct stat file{};
  fstat(fd, &file);
  return file;
}

void write_to(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = ::write(fd, text.data(), text.size());
    ASSERT_GT(wrote, 0);
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

TEST(CapturedOutput, EachLineIsALineAndTheDescriptorsComeBack) {
  const struct stat before = file_of(1);
  testing::RecordingLog log;
  {
    auto captured = CapturedOutput::start(log);
    ASSERT_TRUE(captured);
    EXPECT_FALSE(same_file(before, file_of(1)));
    write_to(1, "first\nsec");
    write_to(1, "ond\r\n\n");
    write_to(1, "the rest");
    (*captured)->stop();
    EXPECT_TRUE(same_file(before, file_of(1)));
  }
  EXPECT_EQ(log.text(),
            "info: first stream=stdout\ninfo: second stream=stdout\ninfo:  stream=stdout\n"
            "info: the rest stream=stdout partial=true\n");
}

TEST(CapturedOutput, ALongLineIsCutBetweenTwoCharacters) {
  testing::RecordingLog log;
  auto captured = CapturedOutput::start(log);
  ASSERT_TRUE(captured);
  write_to(2, std::string(16383, 'x') + "\xc3\xbc" + std::string(16384, 'y') + "\n");
  (*captured)->stop();
  EXPECT_EQ(log.text(), "info: " + std::string(16383, 'x') + " stream=stderr partial=true\n" +
                            "info: \xc3\xbc" + std::string(16382, 'y') +
                            " stream=stderr partial=true\n" + "info: yy stream=stderr\n");
}

TEST(CapturedOutput, AStreamKnowsTheCallAndKeepsTheLinesOfThreadsApart) {
  const std::string pay = "pay";
  os::CallMark first(nullptr);
  os::CallMark second(nullptr);
  first.began(pay, {.request = "r1"});
  second.began(pay, {.request = "r2"});
  testing::RecordingLog log;
  auto captured = CapturedOutput::start(log);
  ASSERT_TRUE(captured);
  {
    const os::CallMark::RunsHere here(first);
    std::cout << "one " << 1 << "\n" << "begun by r1";
  }
  {
    const os::CallMark::RunsHere here(second);
    std::cout << "two";
  }
  std::thread([] { std::cout << "by a thread" << std::endl; }).join();
  {
    const os::CallMark::RunsHere here(second);
    std::cout << " more\n";
  }
  std::clog << "without an end";
  (*captured)->stop();
  std::cout << std::flush;
  EXPECT_EQ(log.text(),
            "info: one 1 request_id=r1 function=pay stream=stdout\n"
            "info: begun by r1 request_id=r1 function=pay stream=stdout partial=true\n"
            "info: by a thread stream=stdout\n"
            "info: two more request_id=r2 function=pay stream=stdout\n"
            "info: without an end stream=stderr partial=true\n");
}

TEST(CapturedOutput, AHurryWritesWhatHasNoEnd) {
  testing::RecordingLog log;
  auto captured = CapturedOutput::start(log);
  ASSERT_TRUE(captured);
  EXPECT_FALSE((*captured)->is_behind());
  write_to(2, "last words");
  (*captured)->hurry();
  while ((*captured)->is_behind()) std::this_thread::yield();
  EXPECT_EQ(log.text(), "info: last words stream=stderr partial=true\n");
}

TEST(CapturedOutput, ALotIsNotLost) {
  testing::RecordingLog log;
  auto captured = CapturedOutput::start(log);
  ASSERT_TRUE(captured);
  const std::string line(999, 'x');
  for (int i = 0; i < 1000; ++i) write_to(1, line + "\n");
  (*captured)->stop();
  EXPECT_EQ(log.text().size(),
            1000U * (line.size() + std::string("info:  stream=stdout\n").size()));
}

TEST(CapturedOutput, AFunctionMayCloseItsOutput) {
  testing::RecordingLog log;
  auto captured = CapturedOutput::start(log);
  ASSERT_TRUE(captured);
  write_to(1, "before\n");
  close(1);
  write_to(2, "behind\n");
  (*captured)->stop();
  EXPECT_EQ(fcntl(1, F_GETFD), 0) << "it is open again";
  EXPECT_THAT(log.text(), HasSubstr("info: before stream=stdout\n"));
  EXPECT_THAT(log.text(), HasSubstr("info: behind stream=stderr\n"));
}

}  // namespace
}  // namespace ofn
