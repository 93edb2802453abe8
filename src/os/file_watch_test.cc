#include "os/file_watch.h"

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <poll.h>
#include <sched.h>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/temporary_directory.h"

namespace ofn::os {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class FileWatchTest : public testing::Test {
 protected:
  void watch(const std::vector<std::string>& files) {
    const auto unwatched = watch_->watch(files);
    ASSERT_FALSE(unwatched) << unwatched->why.message();
  }
  std::string path(const std::string& name) const { return (folder_.path() / name).native(); }

  TemporaryDirectory folder_;
  Result<FileWatch> watch_ = FileWatch::make();
};

TEST_F(FileWatchTest, TellsEveryWayInWhichAFileChanges) {
  const std::string file = folder_.write("a.cc", "1");
  struct Case {
    const char* name;
    std::function<void()> change;
  };
  const std::vector<Case> cases = {
      {"written in place", [&] { folder_.write("a.cc", "2"); }},
      {"replaced by a rename",
       [&] { fs::rename(folder_.write("b.tmp", "3"), folder_.path() / "a.cc"); }},
      {"moved away", [&] { fs::rename(file, path("moved")); }},
      {"moved back", [&] { fs::rename(path("moved"), file); }},
      {"deleted", [&] { fs::remove(file); }},
      {"written again", [&] { folder_.write("a.cc", "4"); }},
      {"touched", [&] { ::utimensat(AT_FDCWD, file.c_str(), nullptr, 0); }},
      {"deleted, and a link made",
       [&] {
         fs::remove(file);
         fs::create_symlink(folder_.write("target", ""), file);
       }},
  };
  watch({file});
  for (const Case& each : cases) {
    each.change();
    pollfd ready{.fd = watch_->fd(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&ready, 1, 0), 1) << each.name;
    EXPECT_THAT(watch_->changed().files, ElementsAre(file)) << each.name;
    EXPECT_THAT(watch_->changed().files, IsEmpty()) << each.name << ": told once";
  }
}

TEST_F(FileWatchTest, AFileThatIsBeingWrittenHasNotChangedYet) {
  const std::string file = path("new.cc");
  watch({file});
  const int fd = ::open(file.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  EXPECT_THAT(watch_->changed().files, IsEmpty());
  EXPECT_EQ(::write(fd, "x", 1), 1);
  EXPECT_THAT(watch_->changed().files, IsEmpty());
  ::close(fd);
  EXPECT_THAT(watch_->changed().files, ElementsAre(file));
}

TEST_F(FileWatchTest, KeepsQuietAboutOtherFiles) {
  const std::string file = folder_.write("a.cc", "");
  const std::string other = folder_.write("other/b.cc", "");
  watch({file, other});
  folder_.write("a.cc.swp", "");
  EXPECT_THAT(watch_->changed().files, IsEmpty());
  watch({other});
  folder_.write("a.cc", "1");
  EXPECT_THAT(watch_->changed().files, IsEmpty()) << "it is watched no more";
  folder_.write("other/b.cc", "1");
  EXPECT_THAT(watch_->changed().files, ElementsAre(other));
}

TEST_F(FileWatchTest, FollowsALink) {
  const std::string target = folder_.write("real/a.cc", "");
  const std::string link = path("a.cc");
  fs::create_symlink(target, link);
  watch({link});
  folder_.write("real/a.cc", "1");
  EXPECT_THAT(watch_->changed().files, ElementsAre(link));
}

TEST_F(FileWatchTest, AFolderThatIsGoneChangesItsFiles) {
  const std::string file = folder_.write("sub/a.cc", "");
  watch({file, folder_.write("sub/b.cc", "")});
  fs::remove_all(folder_.path() / "sub");
  EXPECT_THAT(watch_->changed().files, UnorderedElementsAre(file, path("sub/b.cc")));
  folder_.write("sub/a.cc", "");
  watch({file});
  folder_.write("sub/a.cc", "1");
  EXPECT_THAT(watch_->changed().files, ElementsAre(file));
}

TEST_F(FileWatchTest, AfterTooManyEventsEveryFileMayHaveChanged) {
  const std::string file = folder_.write("a.cc", "");
  watch({file});
  std::size_t most = 0;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> most;
  ASSERT_GT(most, 0U);
  if (most > 100'000) GTEST_SKIP() << "this system's queue is too long to fill";
  const std::string one = path("one");
  const std::string two = path("two");
  folder_.write("one", "");
  // Each rename makes two events that differ from the events before, because the kernel merges
  // equal neighbours.
  for (std::size_t i = 0; i <= most / 2 + 1; ++i) {
    fs::rename(one, two);
    fs::rename(two, one);
  }
  EXPECT_THAT(watch_->changed().files, ElementsAre(file));
}

TEST_F(FileWatchTest, WaitsForAFolderThatIsMadeLater) {
  const std::string file = path("not/yet/a.h");
  watch({file});
  const auto make = [&](const std::string& name, const auto& made) {
    made();
    const auto changed = watch_->changed();
    EXPECT_THAT(changed.files, ElementsAre(file)) << name;
    EXPECT_TRUE(changed.watch_again) << name;
    watch({file});
  };
  make("first folder", [&] { fs::create_directory(path("not")); });
  make("second folder", [&] { fs::create_directory(path("not/yet")); });
  folder_.write("not/yet/a.h", "1");
  const auto changed = watch_->changed();
  EXPECT_THAT(changed.files, ElementsAre(file));
  EXPECT_FALSE(changed.watch_again);
  make("first folder moved", [&] { fs::rename(path("not"), path("gone")); });
}

TEST_F(FileWatchTest, KeepsWhatHappenedInAFolderThatHasBeenReplaced) {
  const std::string file = folder_.write("sub/a.cc", "1");
  const std::string other = folder_.write("b.cc", "1");
  watch({file, other});
  fs::rename(path("sub"), path("old"));
  folder_.write("sub/a.cc", "2");
  watch({file});
  EXPECT_THAT(watch_->changed().files, ElementsAre(file));
  folder_.write("b.cc", "2");
  EXPECT_THAT(watch_->changed().files, IsEmpty());
}

// As Kubernetes and its like replace the files of a mounted configuration.
TEST_F(FileWatchTest, FollowsALinkOnTheWay) {
  folder_.write("data_1/app.yaml", "1");
  fs::create_symlink("data_1", path("..data"));
  fs::create_symlink("..data/app.yaml", path("app.yaml"));
  const std::string file = path("app.yaml");
  watch({file});
  for (const std::string next : {"data_2", "data_3"}) {
    folder_.write(next + "/app.yaml", next);
    EXPECT_THAT(watch_->changed().files, IsEmpty());
    fs::create_symlink(next, path("..data_new"));
    fs::rename(path("..data_new"), path("..data"));
    const auto changed = watch_->changed();
    EXPECT_THAT(changed.files, ElementsAre(file)) << next;
    EXPECT_TRUE(changed.watch_again);
    watch({file});
    folder_.write(next + "/app.yaml", "in place");
    EXPECT_THAT(watch_->changed().files, ElementsAre(file)) << next;
  }
}

TEST_F(FileWatchTest, TellsWhatHappensInAFolder) {
  const std::string src = path("src");
  const std::string file = folder_.write("src/a.cc", "");
  const auto entry = [&](const std::string& name) {
    return FileWatch::Entry{.folder = src, .name = name};
  };
  ASSERT_FALSE(watch_->watch(std::vector{file}, std::vector{src}));
  folder_.write("src/b.cc", "1");
  EXPECT_THAT(watch_->changed().entries, ElementsAre(entry("b.cc")));
  folder_.write("src/a.cc", "1");
  auto changed = watch_->changed();
  EXPECT_THAT(changed.entries, ElementsAre(entry("a.cc")));
  EXPECT_THAT(changed.files, ElementsAre(file));
  fs::remove(path("src/b.cc"));
  EXPECT_THAT(watch_->changed().entries, ElementsAre(entry("b.cc")));
  fs::create_directory(path("src/sub"));
  changed = watch_->changed();
  EXPECT_THAT(changed.folders, ElementsAre(src)) << "it must be listed again";
  EXPECT_THAT(changed.entries, IsEmpty());
  fs::rename(src, path("gone"));
  changed = watch_->changed();
  EXPECT_THAT(changed.folders, ElementsAre(src));
  EXPECT_THAT(changed.files, ElementsAre(file));
  EXPECT_TRUE(changed.watch_again);
  ASSERT_FALSE(watch_->watch(std::vector{file}, std::vector{src}));
  EXPECT_THAT(watch_->changed().folders, IsEmpty());
  folder_.write("src/c.cc", "1");
  changed = watch_->changed();
  EXPECT_THAT(changed.folders, ElementsAre(src)) << "it has come back";
  EXPECT_TRUE(changed.watch_again);
}

// Gives this process a user of its own, who may have `most` watches. Returns false if this system
// does not allow that.
bool limit_watches(int most) {
  const auto write = [](const std::string& file, const std::string& text) {
    std::ofstream stream(file);
    stream << text << std::flush;
    return stream.good();
  };
  const std::string user = std::to_string(::getuid());
  return ::unshare(CLONE_NEWUSER) == 0 && write("/proc/self/uid_map", "0 " + user + " 1") &&
         write("/proc/sys/user/max_inotify_watches", std::to_string(most));
}

TEST_F(FileWatchTest, GivesTheWatchesToTheFirstPathsAndSaysWhatToDo) {
  const std::string first = folder_.write("one/a.cc", "");
  const std::string second = folder_.write("two/b.cc", "");
  const std::string third = folder_.write("three/c.cc", "");
  const pid_t child = ::fork();
  if (child == 0) {
    if (!limit_watches(2)) ::_exit(2);
    auto watch = FileWatch::make();
    const std::vector<std::string> files = {first, second, third};
    const auto unwatched = watch->watch(files);
    if (!unwatched) ::_exit(3);
    EXPECT_EQ(unwatched->why.code(), Code::kResourceExhausted);
    EXPECT_EQ(unwatched->why.message(),
              "cannot watch " + third +
                  ": this user has too many watches; raise fs.inotify.max_user_watches (sysctl)");
    EXPECT_THAT(unwatched->paths, ElementsAre(third));
    // The watches that go make room.
    EXPECT_FALSE(watch->watch(std::vector{third}));
    folder_.write("two/b.cc", "1");
    folder_.write("three/c.cc", "1");
    EXPECT_THAT(watch->changed().files, ElementsAre(third));
    ::_exit(HasFailure() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 2) GTEST_SKIP() << "this system has no user namespaces";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(FileWatch, SaysWhatToDoIfThereIsNoDescriptor) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{.rlim_cur = 0, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto watch = FileWatch::make();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_FALSE(watch);
  EXPECT_EQ(watch.error().code(), Code::kResourceExhausted);
  EXPECT_THAT(watch.error().message(), HasSubstr("ulimit -n"));
}

}  // namespace
}  // namespace ofn::os
