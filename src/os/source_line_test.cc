#include "os/source_line.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

namespace ofn::os {
namespace {

std::string line_of(const std::string& path, int line, std::int64_t unchanged_since = kAnyTime) {
  std::array<char, 1024> room;
  FixedText text(room);
  add_source_line(path.c_str(), line, unchanged_since, text);
  return std::string(text.text());
}

class SourceLine : public testing::Test {
 protected:
  SourceLine() { std::filesystem::create_directory(folder_); }
  ~SourceLine() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& content) const {
    const std::string path = folder_ / "source.cc";
    std::ofstream(path) << content;
    return path;
  }

  const std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) / ("source_line_" + std::to_string(getpid()));
};

TEST_F(SourceLine, IsOneLineWithoutTheWhiteSpaceAtItsEnds) {
  struct Case {
    std::string content;
    int line;
    std::string expected;
  };
  const std::string many(100'000, '\n');
  const std::vector<Case> cases = {
      {"first\n  second\t\r\nthird", 1, "first"},
      {"first\n  second\t\r\nthird", 2, "second"},
      {"first\n  second\t\r\nthird", 3, "third"},
      {"first\n  second\t\r\nthird", 4, ""},
      {"first\n", 2, ""},
      {"first\n", 0, ""},
      {"first\n", -1, ""},
      {"", 1, ""},
      {many + "far\n", 100'001, "far"},
      {std::string(4095, 'x') + "\nbehind", 2, "behind"},
      {std::string(4096, 'x') + "\nbehind", 2, "behind"},
      {std::string(4090, ' ') + "code  in two pieces\n", 1, "code  in two pieces"},
      {"a\tb", 1, "a b"},
      {"a\x1b[31mb", 1, "a\\x1b[31mb"},
      {std::string("a\0b\x7f", 4), 1, "a\\x00b\\x7f"},
      {"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80", 1,
       "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80"},
      {"no UTF-8: \xff\xc3", 1, "no UTF-8: \\xff\\xc3"},
      {"C1: \xc2\x9b", 1, "C1: \\xc2\\x9b"},
      {"turned: \xe2\x80\xae \xe2\x81\xa6 \xd8\x9c", 1,
       "turned: \\xe2\\x80\\xae \\xe2\\x81\\xa6 \\xd8\\x9c"},
      {"dash: \xe2\x80\x94", 1, "dash: \xe2\x80\x94"},
      {std::string(200, 'x'), 1, std::string(200, 'x')},
      {std::string(201, 'x'), 1, std::string(200, 'x') + "…"},
      {std::string(100'000, 'x'), 1, std::string(200, 'x') + "…"},
      {std::string(199, 'x') + "\xc3\xbc", 1, std::string(199, 'x') + "…"},
      {std::string(399, 'x') + "\xc3\xbc", 1, std::string(200, 'x') + "…"},
      {"   " + std::string(198, 'x') + "\x1b", 1, std::string(198, 'x') + "…"},
  };
  for (const auto& [content, line, expected] : cases)
    EXPECT_EQ(line_of(file(content), line), expected) << content.substr(0, 80) << ", " << line;
}

TEST_F(SourceLine, IsEmptyIfTheFileIsNoSource) {
  const std::string large = file(std::string(1024 * 1024 + 1, '\n'));
  EXPECT_EQ(line_of(large, 1), "");
  EXPECT_EQ(line_of(folder_ / "missing.cc", 1), "");
  EXPECT_EQ(line_of(folder_, 1), "");
  EXPECT_EQ(line_of("/dev/zero", 1), "");
  EXPECT_EQ(line_of("", 1), "");
  const std::string fifo = folder_ / "fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(line_of(fifo, 1), "") << "it would wait for a writer";
}

TEST_F(SourceLine, IsEmptyIfTheFileWasChangedSince) {
  const std::string path = file("the line\n");
  struct stat status{};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  const std::int64_t changed =
      std::int64_t{status.st_mtim.tv_sec} * 1'000'000 + status.st_mtim.tv_nsec / 1'000;
  EXPECT_EQ(line_of(path, 1, changed), "the line");
  EXPECT_EQ(line_of(path, 1, changed - 1), "");
}

}  // namespace
}  // namespace ofn::os
