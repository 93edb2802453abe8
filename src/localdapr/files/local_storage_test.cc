#include "localdapr/files/local_storage.h"

#include <filesystem>
#include <mutex>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/temporary_directory.h"

namespace {

// Records which folders were synced to the disk.
struct Synced {
  std::mutex mutex;
  std::vector<std::string> folders;

  static Synced& all() {
    static Synced synced;
    return synced;
  }
  std::vector<std::string> take() {
    const std::scoped_lock lock(mutex);
    return std::exchange(folders, {});
  }
};

}  // namespace

// Replaces libc's function, because there is no other way to see which data would survive a loss of
// power.
extern "C" int fsync(int fd) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  const fs::path path = fs::read_symlink("/proc/self/fd/" + std::to_string(fd), ignored);
  if (fs::is_directory(path, ignored)) {
    Synced& synced = Synced::all();
    const std::scoped_lock lock(synced.mutex);
    synced.folders.push_back(path.string());
  }
  return static_cast<int>(::syscall(SYS_fsync, fd));
}

namespace ofn::localdapr {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::MatchesRegex;

class LocalStorageTest : public ::testing::Test {
 protected:
  LocalStorageTest() {
    Component component;
    component.properties = {{"rootpath", root()}};  // compared without case
    storage_ = *LocalStorage::create(component);
  }
  std::string root() const { return (temporary_.path() / "root").string(); }

  // Returns the answer's data, or the error's message.
  std::string call(std::string_view operation, std::string_view name, std::string_view data = {}) {
    dapr::BindingRequest request{.component = "files",
                                 .operation = std::string(operation),
                                 .data = std::string(data),
                                 .metadata = {}};
    if (!name.empty()) request.metadata.push_back({"fileName", std::string(name)});
    auto reply = storage_->invoke(request, Deadline::never());
    if (!reply) {
      EXPECT_EQ(reply.error().code(), Code::kInternal);
      return reply.error().message();
    }
    return reply->data;
  }

  TemporaryDirectory temporary_;
  std::unique_ptr<BlockingBinding> storage_;
};

TEST_F(LocalStorageTest, KeepsBytes) {
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  for (const std::string& data :
       {std::string(), all, std::string(1 << 20, '!'), std::string(1, '\0')}) {
    EXPECT_EQ(call("create", "x", data), R"({"fileName":"x"})");
    EXPECT_EQ(temporary_.read("root/x"), data);
    EXPECT_EQ(call("get", "x"), data);
  }
}

// daprd's special behaviour: data that looks like a Go literal is unquoted.
TEST_F(LocalStorageTest, UnquotesAndThenDecodesAsDaprd) {
  struct Case {
    std::string_view data;
    std::string_view content;
  };
  for (const Case& c : {
           Case{"test", "\xb5\xeb\x2d"},
           Case{"dGVzdA==", "test"},
           Case{R"("abc!")", "abc!"},
           Case{R"("dGVzdA==")", "test"},
           Case{R"("dGVz\ndA==")", "test"},
           Case{R"({"a":1})", R"({"a":1})"},
           Case{"plain text", "plain text"},
           Case{"\n", ""},
       }) {
    call("create", "x", c.data);
    EXPECT_EQ(temporary_.read("root/x"), c.content) << c.data;
  }
}

TEST_F(LocalStorageTest, NamesAFileItself) {
  const std::string answer = call("create", "", "x!");
  EXPECT_THAT(
      answer,
      MatchesRegex(
          R"(\{"fileName":"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"\})"));
  EXPECT_NE(call("create", "", "x!"), answer);
}

TEST_F(LocalStorageTest, StaysBelowItsRoot) {
  fs::create_directories(temporary_.path() / "outside");
  fs::create_symlink(temporary_.path() / "outside", fs::path(root()) / "link");
  const std::string inside = temporary_.path().string().substr(1) + "/outside/x";
  struct Case {
    std::string_view name;
    std::string lands;
  };
  for (const Case& c : {
           Case{"a/b/c", "a/b/c"},
           Case{"../up", "up"},
           Case{"../../../../abs", "abs"},
           Case{"/rooted", "rooted"},
           Case{"link/x", inside},
           Case{"missing/../y", "y"},
       }) {
    EXPECT_EQ(call("create", c.name, "x!"), "{\"fileName\":\"" + c.lands + "\"}");
    EXPECT_EQ(temporary_.read("root/" + c.lands), "x!") << c.name;
    EXPECT_EQ(call("get", c.name), "x!");
  }
  EXPECT_TRUE(fs::is_empty(temporary_.path() / "outside"));
}

TEST_F(LocalStorageTest, SpeaksOfErrorsAsDaprd) {
  fs::create_directories(fs::path(root()) / "d/e");
  temporary_.write("root/f", "x");
  fs::create_symlink("loop", fs::path(root()) / "loop");
  ASSERT_EQ(::mkfifo((root() + "/pipe").c_str(), 0600), 0);
  const std::string r = root();
  struct Case {
    std::string_view operation;
    std::string_view name;
    std::string message;
  };
  for (const Case& c : {
           Case{"create", "d", "error creating file " + r + "/d: open " + r + "/d: is a directory"},
           Case{"create", "d/",
                "error creating file " + r + "/d: open " + r + "/d: is a directory"},
           Case{"create", "..", "error creating file " + r + ": open " + r + ": is a directory"},
           Case{"create", "f/x",
                "error creating directory " + r + "/f: mkdir " + r + "/f: not a directory"},
           Case{"create", "f/x/y",
                "error creating directory " + r + "/f/x: mkdir " + r + "/f: not a directory"},
           Case{"create", "loop",
                "error getting absolute path for file loop: SecureJoin " + r +
                    "/loop/: too many levels of symbolic links"},
           Case{"get", "nofile", "file not found: " + r + "/nofile"},
           Case{"get", "no/file", "file not found: " + r + "/no/file"},
           Case{"get", "d", "error reading file " + r + "/d: read " + r + "/d: is a directory"},
           Case{"get", "", "error reading file " + r + ": read " + r + ": is a directory"},
           Case{"get", "f/x",
                "error opening path " + r + "/f/x: open " + r + "/f/x: not a directory"},
           Case{"get", "pipe", "error opening path " + r + "/pipe: not a regular file"},
           Case{"list", "f",
                "unable to list files as the file specified is not a directory: " + r + "/f"},
           Case{"list", "no",
                "error getting stats for path " + r + "/no: stat " + r +
                    "/no: no such file or directory"},
           Case{"delete", "no",
                "error deleting file " + r + "/no: remove " + r + "/no: no such file or directory"},
           Case{"delete", "d",
                "error deleting file " + r + "/d: remove " + r + "/d: directory not empty"},
           Case{"delete", "",
                "error deleting file " + r + ": remove " + r + ": directory not empty"},
           Case{"delete", "f/x",
                "error deleting file " + r + "/f/x: remove " + r + "/f/x: not a directory"},
       }) {
    EXPECT_EQ(call(c.operation, c.name, "x!"), c.message);
  }
}

TEST_F(LocalStorageTest, ListsInOrderWithoutFollowingLinks) {
  EXPECT_EQ(call("list", ""), "null");
  for (std::string_view name : {"b", "a/z", "a/b/c", "a.x", "<"}) call("create", name, "x!");
  fs::create_symlink("a", fs::path(root()) / "link");
  const std::string r = root();
  EXPECT_EQ(call("list", ""), "[\"" + r + "/\\u003c\",\"" + r + "/a/b/c\",\"" + r + "/a/z\",\"" +
                                  r + "/a.x\",\"" + r + "/b\",\"" + r + "/link\"]");
  EXPECT_EQ(call("list", "a/b"), "[\"" + r + "/a/b/c\"]");
  EXPECT_EQ(call("list", "link/b"), "[\"" + r + "/a/b/c\"]");
}

TEST_F(LocalStorageTest, Deletes) {
  call("create", "a/b", "x!");
  EXPECT_EQ(call("delete", "a/b"), "");
  EXPECT_FALSE(fs::exists(fs::path(root()) / "a/b"));
  EXPECT_EQ(call("delete", "a"), "") << "an empty folder, as daprd does";
}

TEST_F(LocalStorageTest, WhatIsAcknowledgedIsFoundOnTheDisk) {
  fs::remove_all(root());
  Synced::all().take();
  EXPECT_EQ(call("create", "a/b/c", "!"), R"({"fileName":"a/b/c"})");
  EXPECT_THAT(Synced::all().take(),
              ElementsAre(temporary_.path().string(), root(), root() + "/a", root() + "/a/b"));
  call("create", "a/b/d", "!");
  EXPECT_THAT(Synced::all().take(), ElementsAre(root() + "/a/b"));
  call("create", "a/e/f", "!");
  EXPECT_THAT(Synced::all().take(), ElementsAre(root() + "/a", root() + "/a/e"));

  Component component;
  component.properties = {{"rootPath", root() + "/x/y"}};
  ASSERT_TRUE(LocalStorage::create(component));
  EXPECT_THAT(Synced::all().take(), ElementsAre(root(), root() + "/x"));
}

TEST_F(LocalStorageTest, ReplacesAFileWholeAndKeepsItsMode) {
  call("create", "x", "old content!");
  fs::permissions(fs::path(root()) / "x", fs::perms::owner_read | fs::perms::owner_write);
  const fs::path kept = temporary_.path() / "kept";
  fs::create_hard_link(fs::path(root()) / "x", kept);
  call("create", "x", "new!");
  EXPECT_EQ(temporary_.read("root/x"), "new!");
  EXPECT_EQ(temporary_.read("kept"), "old content!") << "a reader of the old file keeps it";
  EXPECT_EQ(fs::status(fs::path(root()) / "x").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(LocalStorageTest, WritersAtTheSameTimeLeaveOneWholeFile) {
  const std::vector<std::string> contents = {std::string(200'000, '!'), std::string(200'000, '?'),
                                             std::string(200'000, '-')};
  std::vector<std::thread> writers;
  writers.reserve(contents.size());
  for (const std::string& content : contents) {
    writers.emplace_back([this, &content] {
      for (int i = 0; i < 20; ++i) call("create", "deep/x", content);
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_THAT(contents, ::testing::Contains(temporary_.read("root/deep/x")));
  EXPECT_EQ(call("list", "deep"), "[\"" + root() + "/deep/x\"]");
  EXPECT_EQ(std::distance(fs::directory_iterator(fs::path(root()) / "deep"), {}), 1);
}

}  // namespace
}  // namespace ofn::localdapr
