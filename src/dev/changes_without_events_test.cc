// Changes, if the kernel tells too little.
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sched.h>
#include <string>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dev/changes.h"
#include "dev/changes_for_test.h"

namespace ofn::dev {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Files = std::vector<std::string>;

TEST(ChangesWithoutEvents, AfterTooManyEventsAreFoundByTheirContent) {
  ChangesStage stage;
  const std::string file = stage.write("a.cc", "1");
  const std::string same = stage.write("b.cc", "1");
  stage.changes->watch({.files = {file, same}, .folders = {{.path = stage.root, .wants = is_cc}}});
  std::size_t most = 0;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> most;
  ASSERT_GT(most, 0U);
  if (most > 100'000) GTEST_SKIP() << "this system's queue is too long to fill";
  stage.write("one", "");
  for (std::size_t i = 0; i <= most / 2 + 1; ++i) {
    fs::rename(stage.path("one"), stage.path("two"));
    fs::rename(stage.path("two"), stage.path("one"));
  }
  stage.write("a.cc", "2");
  stage.write("new.cc", "2");
  stage.pass(400ms);
  EXPECT_THAT(stage.taken(), ElementsAre(Files{"a.cc", "new.cc"}));
}

// Calls `act` while this process may open nothing more.
void without_descriptors(const std::function<void()>& act) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  // The next free number, so that files which are open for a moment still fit.
  const int next = ::dup(0);
  ::close(next);
  const rlimit few{.rlim_cur = static_cast<rlim_t>(next), .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  act();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST(ChangesWithoutEvents, AreLookedForAndSaidSo) {
  ChangesStage stage;
  const Changes::Watched set{
      .files = {stage.write("a.cc", "1"), stage.write("b.cc", "1"), "/usr/include/stdio.h"},
      .missing = {stage.path("later/missing.h")},
      .folders = {{.path = stage.path("tree"),
                   .wants = is_cc,
                   .depth = WatchedFolder::Depth::kWithSubfolders}}};
  without_descriptors([&] { stage.changes->watch(set); });
  ASSERT_THAT(stage.told, SizeIs(1));
  EXPECT_EQ(stage.told[0].weight, Told::Weight::kWarning);
  EXPECT_EQ(
      stage.told[0].text,
      "cannot watch files: Too many open files; raise the limit of open files (ulimit -n), or "
      "fs.inotify.max_user_instances (sysctl); until then 4 files and folders are looked at every "
      "500 ms, and "
      "changes of the system's headers and libraries are not noticed");
}

// The kernel has no watches for this user. Returns false if this system does not allow that.
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

// Runs `act` in a child whose user may have `most` watches.
void with_watches(int most, const std::function<void(ChangesStage&)>& act) {
  constexpr int kNotAllowed = 2;
  bool is_allowed = true;
  const auto passes = [&](int status) {
    is_allowed = !WIFEXITED(status) || WEXITSTATUS(status) != kNotAllowed;
    return !is_allowed || ::testing::ExitedWithCode(0)(status);
  };
  const auto run = [&] {
    if (!limit_watches(most)) ::_exit(kNotAllowed);
    ChangesStage stage;
    act(stage);
    ::_exit(::testing::Test::HasFailure() ? 1 : 0);
  };
  EXPECT_EXIT(run(), passes, "");
  if (!is_allowed) GTEST_SKIP() << "this system has no user namespaces";
}

TEST(ChangesWithoutEvents, AreFoundWithinHalfASecond) {
  with_watches(0, [](ChangesStage& stage) {
    const auto set = [&] {
      return Changes::Watched{.files = {stage.path("a.cc")},
                              .missing = {stage.path("later/missing.h")},
                              .folders = {{.path = stage.path("tree"),
                                           .wants = is_cc,
                                           .depth = WatchedFolder::Depth::kWithSubfolders}}};
    };
    stage.write("a.cc", "1");
    stage.write("tree/t.cc", "1");
    stage.changes->watch(set());
    stage.changes->watch(set());
    ASSERT_THAT(stage.told, SizeIs(1)) << "once";
    EXPECT_THAT(stage.told[0].text,
                HasSubstr("max_user_watches (sysctl); until then 4 files and folders"));
    struct Case {
      const char* name;
      std::function<void()> act;
      std::string saved;
    };
    for (const Case& each : std::vector<Case>{
             {"touched", [&] { ::utimensat(AT_FDCWD, stage.path("a.cc").c_str(), nullptr, 0); },
              ""},
             {"changed", [&] { stage.write("a.cc", "2"); }, "a.cc"},
             {"changed within the same tick, with the same size", [&] { stage.write("a.cc", "3"); },
              "a.cc"},
             {"missing made", [&] { stage.write("later/missing.h", "2"); }, "later/missing.h"},
             {"new source", [&] { stage.write("tree/sub/new.cc", "2"); }, "tree/sub/new.cc"},
             {"source of a folder", [&] { stage.write("tree/t.cc", "2"); }, "tree/t.cc"},
             {"source removed", [&] { fs::remove(stage.path("tree/t.cc")); }, "tree/t.cc"},
             {"beside them", [&] { stage.write("tree/sub/data", "2"); }, ""}}) {
      each.act();
      stage.pass(Changes::kPollEvery + Changes::kQuietMissing);
      if (each.saved.empty()) {
        EXPECT_THAT(stage.taken(), IsEmpty()) << each.name;
      } else {
        EXPECT_THAT(stage.taken(), ElementsAre(Files{each.saved})) << each.name;
      }
      stage.changes->begin_build();
      stage.changes->watch(set());
    }
    stage.write("a.cc", "saved before the build");
    stage.changes->begin_build();
    stage.pass(1s);
    EXPECT_THAT(stage.taken(), IsEmpty());
    EXPECT_THAT(stage.told, SizeIs(1));
  });
}

TEST(ChangesWithoutEvents, OfTheSystemsFilesAreTheFirstToGo) {
  with_watches(12, [](ChangesStage& stage) {
    Changes::Watched set{.files = {stage.write("a.cc", "1")}};
    for (const auto& entry : fs::recursive_directory_iterator("/usr/include")) {
      std::error_code ignored;
      if (entry.is_regular_file(ignored)) set.files.push_back(entry.path().native());
      if (set.files.size() > 5000) break;
    }
    std::ranges::reverse(set.files);
    stage.changes->watch(set);
    ASSERT_THAT(stage.told, SizeIs(1));
    EXPECT_THAT(
        stage.told[0].text,
        HasSubstr("; until then changes of the system's headers and libraries are not noticed"));
    // A developer's folder takes the watches of the system's.
    set.files.push_back(stage.write("one/b.cc", "1"));
    set.files.push_back(stage.write("two/c.cc", "1"));
    stage.changes->watch(set);
    EXPECT_THAT(stage.told, SizeIs(1));
    for (const char* name : {"a.cc", "one/b.cc", "two/c.cc"}) {
      stage.write(name, "2");
      stage.pass(Changes::kQuietAlone);
      EXPECT_THAT(stage.taken(), ElementsAre(Files{name}));
    }
    stage.clock.advance(1h);
    EXPECT_FALSE(stage.loop.poll()) << "nothing is polled";
  });
}

TEST(ChangesWithoutEvents, OfASilentFileSystemAreLookedFor) {
  ChangesStage stage;
  const std::string share = stage.path("share");
  stage.make([&](const std::string& folder) -> std::optional<std::string> {
    if (folder.starts_with(share)) return "NFS";
    return std::nullopt;
  });
  stage.write("share/a.cc", "1");
  const Changes::Watched set{
      .files = {stage.write("b.cc", "1"), stage.path("share/a.cc"), "/usr/include/stdio.h"}};
  stage.changes->watch(set);
  stage.changes->watch(set);
  ASSERT_THAT(stage.told, SizeIs(1));
  EXPECT_EQ(stage.told[0].weight, Told::Weight::kInfo);
  EXPECT_EQ(stage.told[0].text,
            share +
                " is on NFS, which does not tell of every change, so the files there are "
                "looked at every 500 ms");
  // A program that writes through a mapping makes no event, like another machine.
  const int fd = ::open(stage.path("share/a.cc").c_str(), O_RDWR | O_CLOEXEC);
  void* const mapped = ::mmap(nullptr, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ASSERT_NE(mapped, MAP_FAILED);
  ::close(fd);
  stage.pass(1s);
  EXPECT_THAT(stage.taken(), IsEmpty());
  *static_cast<char*>(mapped) = '2';
  stage.pass(Changes::kPollEvery + Changes::kQuietAlone);
  EXPECT_THAT(stage.taken(), ElementsAre(Files{"share/a.cc"}));
  // Now it leaves the time stamp as it is, like a second change within a tick of the clock.
  const FileStamp stamp = file_stamp_of(stage.path("share/a.cc"));
  *static_cast<char*>(mapped) = '3';
  EXPECT_EQ(file_stamp_of(stage.path("share/a.cc")), stamp);
  stage.pass(Changes::kPollEvery + Changes::kQuietAlone);
  EXPECT_THAT(stage.taken(), ElementsAre(Files{"share/a.cc"}));
  ::munmap(mapped, 1);
  // An event is faster.
  stage.pass(1s);
  stage.taken();
  stage.write("share/a.cc", "4");
  stage.pass(Changes::kQuietAlone);
  EXPECT_THAT(stage.taken(), ElementsAre(Files{"share/a.cc"}));
  stage.changes->watch({.files = {stage.path("b.cc")}});
  stage.clock.advance(1h);
  EXPECT_FALSE(stage.loop.poll()) << "nothing is polled any more";
}

}  // namespace
}  // namespace ofn::dev
