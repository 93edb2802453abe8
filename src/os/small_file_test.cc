#include "os/small_file.h"

#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "testing/temporary_directory.h"

namespace ofn::os {
namespace {

namespace fs = std::filesystem;

class SmallFile : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  std::string write(const std::string& name, const std::string& text) const {
    return folder_.write(name, text);
  }
  static std::string problem(const std::string& path) {
    const auto text = read_small_file(path);
    return text ? "" : text.error().message();
  }

  TemporaryDirectory folder_;
};

TEST_F(SmallFile, IsReadWhole) {
  const std::string bytes("a\0\r\n\xFF", 5);
  EXPECT_EQ(*read_small_file(write("a", bytes)), bytes);
  EXPECT_EQ(*read_small_file(write("empty", "")), "");
  fs::create_symlink(path("a"), path("link"));
  EXPECT_EQ(*read_small_file(path("link")), bytes);
}

TEST_F(SmallFile, IsBounded) {
  EXPECT_EQ(read_small_file(write("a", std::string(kMaxSmallFileBytes, 'x')))->size(),
            kMaxSmallFileBytes);
  EXPECT_EQ(problem(write("a", std::string(kMaxSmallFileBytes + 1, 'x'))),
            "the file is larger than 1 MiB");
}

TEST_F(SmallFile, OnlyARegularFileIsRead) {
  EXPECT_EQ(problem(path("missing")), "there is no such file");
  EXPECT_EQ(problem(path("")), "it is a directory, not a file");
  EXPECT_EQ(problem(write("a", "x") + "/b"), "there is no such file");
  EXPECT_EQ(problem(""), "there is no such file");
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(problem(path("pipe")), "it is a pipe or a device, not a regular file");
  EXPECT_EQ(problem("/dev/zero"), "it is a pipe or a device, not a regular file");
  fs::create_symlink("loop", path("loop"));
  EXPECT_NE(problem(path("loop")).find("the file cannot be read: "), std::string::npos);
}

TEST_F(SmallFile, AFileOfAnotherUserIsNotRead) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read every file";
  const std::string file = write("a", "x");
  ASSERT_EQ(::chmod(file.c_str(), 0), 0);
  EXPECT_EQ(problem(file), "this user may not read the file");
}

}  // namespace
}  // namespace ofn::os
