#include "dev/file_content.h"

#include <filesystem>
#include <string>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include "testing/temporary_directory.h"

namespace ofn::dev {
namespace {

TEST(FileContent, HasANameThatTellsOtherContentApart) {
  const TemporaryDirectory folder;
  const std::string file = folder.write("a", "1");
  const FileContent one = file_content_of(file);
  EXPECT_TRUE(one.exists());
  EXPECT_TRUE(one.is_fresh);
  EXPECT_EQ(one.stamp, file_stamp_of(file));
  EXPECT_EQ(file_content_of(folder.write("b", "1")).name, one.name);
  EXPECT_NE(file_content_of(folder.write("b", "2")).name, one.name);
  EXPECT_NE(file_content_of(folder.write("b", "")).name, "");
  ::chmod(file.c_str(), 0600);
  EXPECT_EQ(file_content_of(file).name, one.name);
}

TEST(FileContent, IsMissingUnlessItIsAFile) {
  const TemporaryDirectory folder;
  const std::filesystem::path path = folder.path();
  EXPECT_FALSE(file_content_of((path / "none").native()).exists());
  EXPECT_FALSE(file_content_of(path.native()).exists());
  std::filesystem::create_symlink("none", path / "link");
  EXPECT_FALSE(file_content_of((path / "link").native()).exists());
  ASSERT_EQ(::mkfifo((path / "pipe").c_str(), 0600), 0);
  EXPECT_FALSE(file_content_of((path / "pipe").native()).exists()) << "it would wait for a writer";
  folder.write("none", "");
  EXPECT_TRUE(file_content_of((path / "link").native()).exists());
}

TEST(FileContent, OfTheSystemIsNotRead) {
  for (const char* path :
       {"/usr/include/stdio.h", "/usr/lib/gcc/x/12/cc1plus", "/lib64/libc.so", "/usr/lib64/x"}) {
    EXPECT_TRUE(is_of_system(path)) << path;
  }
  for (const char* path :
       {"/usr/src/app/f.cc", "/usr/local/include/x.h", "/home/me/usr/lib/f.cc", "/srv/f.cc"}) {
    EXPECT_FALSE(is_of_system(path)) << path;
  }
  const FileContent content = file_content_of("/usr/include/stdio.h");
  EXPECT_EQ(content.name, std::to_string(content.stamp.bytes) + " bytes of " +
                              std::to_string(content.stamp.modified));
}

}  // namespace
}  // namespace ofn::dev
