#include "localdapr/files/rooted_folder.h"

#include <sys/stat.h>

#include <gtest/gtest.h>

#include "testing/temporary_directory.h"

namespace ofn::localdapr {
namespace {

namespace fs = std::filesystem;

class RootedFolderTest : public ::testing::Test {
 protected:
  RootedFolderTest() {
    fs::create_directories(root() / "d/e");
    fs::create_directories(temporary_.path() / "outside");
    temporary_.write("root/file", "x");
    fs::create_symlink("/etc", root() / "absolute");
    fs::create_symlink("../../..", root() / "up");
    fs::create_symlink("d/e", root() / "inner");
    fs::create_symlink("loop", root() / "loop");
    fs::create_symlink("b", root() / "a");
    fs::create_symlink("a", root() / "b");
  }
  fs::path root() const { return temporary_.path() / "root"; }
  RootedFolder folder() const { return *RootedFolder::open(root().string()); }

  TemporaryDirectory temporary_;
};

TEST_F(RootedFolderTest, NoNameLeavesTheFolder) {
  struct Case {
    std::string_view name;
    std::string_view path;
  };
  for (const Case& c : {
           Case{"file", "file"},
           Case{"new", "new"},
           Case{"", ""},
           Case{".", ""},
           Case{"..", ""},
           Case{"/", ""},
           Case{"../x", "x"},
           Case{"../../../../etc/passwd", "etc/passwd"},
           Case{"/etc/passwd", "etc/passwd"},
           Case{"//d//./e/", "d/e"},
           Case{"missing/../x", "x"},
           Case{"d/../../x", "x"},
           Case{"absolute/x", "etc/x"},
           Case{"absolute", "etc"},
           Case{"up/x", "x"},
           Case{"inner/x", "d/e/x"},
           Case{"inner/../x", "d/x"},
           Case{"file/x", "file/x"},
       }) {
    auto path = folder().resolve(c.name);
    ASSERT_TRUE(path) << c.name;
    EXPECT_EQ(*path, c.path) << c.name;
  }
}

TEST_F(RootedFolderTest, NamesThatLeadNowhereAreErrorsInGosWords) {
  struct Case {
    std::string name;
    std::string message;
  };
  const std::string root_path = root().string();
  for (const Case& c : {
           Case{"loop", "SecureJoin " + root_path + "/loop/: too many levels of symbolic links"},
           Case{std::string("a\0b", 3),
                "lstat " + root_path + std::string("/a\0b", 4) + ": invalid argument"},
           Case{std::string(300, 'x'),
                "lstat " + root_path + "/" + std::string(300, 'x') + ": file name too long"},
       }) {
    auto path = folder().resolve(c.name);
    ASSERT_FALSE(path) << c.name;
    EXPECT_EQ(path.error().message(), c.message);
  }
  EXPECT_FALSE(folder().resolve("a"));
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "y/";
  EXPECT_FALSE(folder().resolve(deep));
  std::string winding;
  for (int i = 0; i < 1'000'000; ++i) winding += "d/../";
  EXPECT_FALSE(folder().resolve(winding));
}

TEST_F(RootedFolderTest, ALinkPutInTheWayIsNotFollowed) {
  const RootedFolder folder = this->folder();
  // Simulates that "d" was replaced by a link after "d/x" was resolved.
  fs::create_symlink(temporary_.path() / "outside", root() / "swapped");
  for (Missing missing : {Missing::kFail, Missing::kCreate}) {
    EXPECT_FALSE(folder.open_parent("swapped/x", missing));
    EXPECT_FALSE(folder.open_parent("swapped/deeper/x", missing));
  }
  EXPECT_FALSE(folder.open_folder("swapped"));
  EXPECT_TRUE(fs::is_empty(temporary_.path() / "outside"));
}

TEST_F(RootedFolderTest, MakesFoldersOnlyWhenAsked) {
  EXPECT_FALSE(folder().open_parent("p/q/file", Missing::kFail));
  EXPECT_FALSE(fs::exists(root() / "p"));
  EXPECT_TRUE(folder().open_parent("p/q/file", Missing::kCreate));
  EXPECT_TRUE(fs::is_directory(root() / "p/q"));
  const auto blocked = folder().open_parent("file/q/x", Missing::kCreate);
  ASSERT_FALSE(blocked);
  EXPECT_EQ(blocked.error().message(), "mkdir " + (root() / "file").string() + ": not a directory");
}

TEST_F(RootedFolderTest, ComesBackWhenItWasRemoved) {
  const RootedFolder folder = this->folder();
  fs::remove_all(root());
  EXPECT_FALSE(folder.open_parent("x", Missing::kFail));
  EXPECT_TRUE(folder.open_parent("x", Missing::kCreate));
}

TEST_F(RootedFolderTest, OpensWhatComponentsMayUse) {
  struct Case {
    std::string path;
    std::string problem;  // empty if there is none
  };
  fs::create_symlink("/proc", temporary_.path() / "to-proc");
  const std::string base = temporary_.path().string();
  for (const Case& c : {
           Case{base + "/fresh/deep/", ""},
           Case{base + "/root/inner", ""},
           Case{"", "property rootPath must not be empty"},
           Case{base + "/root/file", "property rootPath represents a file and not a directory"},
           Case{base + "/root/file/x", "property rootPath represents a file and not a directory"},
           Case{"/proc/self", "property rootPath points to a disallowed location"},
           Case{"/sys", "property rootPath points to a disallowed location"},
           Case{"/tmp/../boot/x", "property rootPath points to a disallowed location"},
           Case{"/var/run/secrets/x", "property rootPath points to a disallowed location"},
           Case{base + "/to-proc/x", "property rootPath points to a disallowed location"},
       }) {
    auto folder = RootedFolder::open(c.path);
    EXPECT_EQ(folder ? "" : folder.error().message(), c.problem) << c.path;
    if (folder) {
      EXPECT_TRUE(fs::is_directory(folder->path()));
      EXPECT_FALSE(folder->path().ends_with('/'));
    }
  }
  EXPECT_EQ(RootedFolder::open(base + "/root/inner")->path(), base + "/root/d/e");
}

TEST(Descriptor, ClosesOnce) {
  Descriptor descriptor(::dup(0));
  ASSERT_TRUE(descriptor.is_open());
  Descriptor other = std::move(descriptor);
  EXPECT_TRUE(other.is_open());
  EXPECT_TRUE(other.close());
  EXPECT_FALSE(other.is_open());
  EXPECT_TRUE(other.close());
}

}  // namespace
}  // namespace ofn::localdapr
