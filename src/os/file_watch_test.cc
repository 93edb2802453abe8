#include "os/file_watch.h"

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <poll.h>
#include <string>
#include <sys/resource.h>
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
    const auto watched = watch_->watch(files);
    ASSERT_TRUE(watched) << watched.error().message();
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
    EXPECT_THAT(watch_->changed(), ElementsAre(file)) << each.name;
    EXPECT_THAT(watch_->changed(), IsEmpty()) << each.name << ": told once";
  }
}

TEST_F(FileWatchTest, AFileThatIsBeingWrittenHasNotChangedYet) {
  const std::string file = path("new.cc");
  watch({file});
  const int fd = ::open(file.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  EXPECT_THAT(watch_->changed(), IsEmpty());
  EXPECT_EQ(::write(fd, "x", 1), 1);
  EXPECT_THAT(watch_->changed(), IsEmpty());
  ::close(fd);
  EXPECT_THAT(watch_->changed(), ElementsAre(file));
}

TEST_F(FileWatchTest, KeepsQuietAboutOtherFiles) {
  const std::string file = folder_.write("a.cc", "");
  const std::string other = folder_.write("other/b.cc", "");
  watch({file, other});
  folder_.write("a.cc.swp", "");
  EXPECT_THAT(watch_->changed(), IsEmpty());
  watch({other});
  folder_.write("a.cc", "1");
  EXPECT_THAT(watch_->changed(), IsEmpty()) << "it is watched no more";
  folder_.write("other/b.cc", "1");
  EXPECT_THAT(watch_->changed(), ElementsAre(other));
}

TEST_F(FileWatchTest, FollowsALink) {
  const std::string target = folder_.write("real/a.cc", "");
  const std::string link = path("a.cc");
  fs::create_symlink(target, link);
  watch({link});
  folder_.write("real/a.cc", "1");
  EXPECT_THAT(watch_->changed(), ElementsAre(link));
}

TEST_F(FileWatchTest, AFolderThatIsGoneChangesItsFiles) {
  const std::string file = folder_.write("sub/a.cc", "");
  watch({file, folder_.write("sub/b.cc", "")});
  fs::remove_all(folder_.path() / "sub");
  EXPECT_THAT(watch_->changed(), UnorderedElementsAre(file, path("sub/b.cc")));
  folder_.write("sub/a.cc", "");
  watch({file});
  folder_.write("sub/a.cc", "1");
  EXPECT_THAT(watch_->changed(), ElementsAre(file));
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
  EXPECT_THAT(watch_->changed(), ElementsAre(file));
}

TEST_F(FileWatchTest, SaysWhatCannotBeWatchedAndWatchesTheRest) {
  const std::string file = folder_.write("a.cc", "");
  const std::vector<std::string> files = {path("missing/b.cc"), file};
  const auto watched = watch_->watch(files);
  ASSERT_FALSE(watched);
  EXPECT_EQ(watched.error().code(), Code::kNotFound);
  EXPECT_THAT(watched.error().message(), HasSubstr("missing/b.cc: there is no folder"));
  folder_.write("a.cc", "1");
  EXPECT_THAT(watch_->changed(), ElementsAre(file));
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
