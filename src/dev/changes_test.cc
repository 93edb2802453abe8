#include "dev/changes.h"

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dev/changes_for_test.h"

namespace ofn::dev {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Files = std::vector<std::string>;

TEST(Changes, CostNothingAtRest) {
  Project project;
  project.pass(1ms);
  project.clock.advance(24h);
  EXPECT_FALSE(project.loop.poll());
}

TEST(Changes, AreToldAfterAShortQuiet) {
  Project project;
  project.pass(5ms);
  const SteadyTime noticed = project.clock.now();
  project.write("src/a.cc", "2");
  project.pass(Changes::kQuietAlone - 1ms);
  EXPECT_THAT(project.all_saved, IsEmpty());
  project.pass(1ms);
  ASSERT_THAT(project.all_saved, SizeIs(1));
  EXPECT_EQ(project.all_saved[0].noticed_at, noticed);
  EXPECT_EQ(project.all_saved[0].saved_at,
            system_time_of(file_stamp_of(project.path("src/a.cc")).changed));
  project.taken();

  // Several files are told together, a while after the last.
  project.write("src/a.cc", "3");
  project.pass(5ms);
  project.write("src/b.cc", "3");
  project.pass(20ms);
  project.write("src/b.cc", "4");
  project.pass(Changes::kQuietTogether - 1ms);
  EXPECT_THAT(project.all_saved, IsEmpty());
  project.pass(1ms);
  EXPECT_THAT(project.taken(), ElementsAre(Files{"src/a.cc", "src/b.cc"}));

  // A file that is not back yet.
  project.rename("src/a.cc", "src/a.cc~");
  project.pass(Changes::kQuietMissing - 1ms);
  project.write("src/a.cc", "5");
  project.pass(Changes::kQuietAlone - 1ms);
  EXPECT_THAT(project.all_saved, IsEmpty());
  project.pass(1ms);
  EXPECT_THAT(project.taken(), ElementsAre(Files{"src/a.cc"}));
  const SystemTime removed = project.clock.system_now();
  fs::remove(project.path("src/a.cc"));
  project.pass(Changes::kQuietMissing);
  ASSERT_THAT(project.all_saved, SizeIs(1));
  EXPECT_EQ(project.all_saved[0].saved_at, removed);
}

TEST(Changes, WaitForNoEndOfSaves) {
  Project project;
  project.write("src/b.cc", "2");
  for (int i = 0; i < 29; ++i) {
    project.write("src/a.cc", std::to_string(i));
    project.pass(10ms);
  }
  EXPECT_THAT(project.all_saved, IsEmpty());
  project.write("src/a.cc", "last");
  project.pass(10ms);
  EXPECT_THAT(project.taken(), ElementsAre(Files{"src/a.cc", "src/b.cc"})) << "after 300 ms";
}

TEST(Changes, OfManyFilesAreOneBuild) {
  for (const std::size_t count : {20U, 500U}) {
    ChangesStage stage;
    Changes::Watched set{.files = {}};
    for (std::size_t i = 0; i < count; ++i)
      set.files.push_back(stage.write("src/" + std::to_string(i) + ".cc", "1"));
    stage.changes->watch(set);
    // As git writes them, some while the loop already works.
    for (std::size_t i = 0; i < count; ++i) {
      fs::remove(set.files[i]);
      stage.write("src/" + std::to_string(i) + ".cc", "2");
      if (i % 50 == 0) stage.pass(1ms);
    }
    stage.pass(400ms);
    ASSERT_THAT(stage.all_saved, SizeIs(1));
    EXPECT_THAT(stage.all_saved[0].files, SizeIs(count));
  }
}

TEST(Changes, FollowLinksAndFoldersToWhereTheyLead) {
  Project project;
  fs::create_symlink("data_2", project.path("..data_tmp"));
  project.rename("..data_tmp", "..data");
  project.pass(400ms);
  EXPECT_THAT(project.taken(), ElementsAre(Files{"app.yaml"}));
  project.write("data_2/app.yaml", "in place");
  project.pass(400ms);
  EXPECT_THAT(project.taken(), ElementsAre(Files{"app.yaml"}));

  for (const char* folder : {"later", "later/on"}) {
    fs::create_directory(project.path(folder));
    project.pass(400ms);
    EXPECT_THAT(project.taken(), IsEmpty());
  }
  project.write("later/on/missing.h", "2");
  project.pass(400ms);
  EXPECT_THAT(project.taken(), ElementsAre(Files{"later/on/missing.h"}));
}

TEST(Changes, AFolderThatAppearsWhileTheFoldersAreListedIsWatched) {
  ChangesStage stage;
  stage.write("tree/t.cc", "t");
  bool is_listed = false;
  const auto wants = [&](std::string_view name) {
    if (!std::exchange(is_listed, true)) stage.write("tree/late/new.cc", "n");
    return is_cc(name);
  };
  stage.changes->watch({.files = {},
                        .folders = {{.path = stage.path("tree"),
                                     .wants = wants,
                                     .depth = WatchedFolder::Depth::kWithSubfolders}}});
  stage.write("tree/late/more.cc", "m");
  stage.pass(400ms);
  EXPECT_THAT(stage.taken(), ElementsAre(Files{"tree/late/more.cc"}));
}

// ---- while a build runs ----

TEST(Changes, OfTwentySavesInTwoSecondsNoneIsLost) {
  Project project;
  std::string built;
  std::optional<std::chrono::milliseconds> left;  // of the build that runs
  int ended = 0;
  project.on_saved = [&] {
    project.changes->begin_build();
    std::ifstream(project.path("src/a.cc")) >> built;
    left = 350ms;
  };
  for (int i = 0; i < 2400; ++i) {
    if (i < 2000 && i % 100 == 0) project.write("src/a.cc", "save-" + std::to_string(i));
    project.pass(1ms);
    if (left && --*left == 0ms) {
      left.reset();
      ++ended;
      project.changes->watch(project.set());
    }
  }
  EXPECT_THAT(project.all_saved, SizeIs(20));
  EXPECT_EQ(built, "save-1900");
  EXPECT_EQ(ended, 1) << "each save but the last has ended a build";
}

TEST(Changes, ASaveDuringABuildIsToldAlthoughTheSetComesLater) {
  Project project;
  project.write("src/a.cc", "2");
  project.changes->begin_build();  // it reads what is saved but not told yet
  project.write("src/b.cc", "2");
  project.changes->watch(project.set());
  project.pass(400ms);
  EXPECT_THAT(project.taken(), ElementsAre(Files{"src/b.cc"}));
}

TEST(Changes, AContentThatWasThereForAMomentDuringABuildIsTold) {
  Project project;
  project.changes->begin_build();
  project.write("src/a.cc", "other");
  project.pass(1ms);
  project.write("src/a.cc", "a");
  project.changes->watch(project.set());
  project.pass(400ms);
  EXPECT_THAT(project.taken(), ElementsAre(Files{"src/a.cc"}));
}

TEST(Changes, AFileThatTheBuildHasFoundIsComparedByItsAge) {
  Project project;
  project.write("include/before.h", "");
  project.write("src/gone.cc", "");
  project.let_files_age();
  project.changes->begin_build();
  project.write("include/during.h", "");
  project.write("tree/during.cc", "");
  auto set = project.set();
  for (const char* name : {"include/before.h", "include/during.h", "src/gone.cc"})
    set.files.push_back(project.path(name));
  fs::remove(project.path("src/gone.cc"));
  project.changes->watch(set);
  project.pass(400ms);
  EXPECT_THAT(project.taken(),
              ElementsAre(Files{"include/during.h", "src/gone.cc", "tree/during.cc"}));
  project.changes->watch(set);
  project.pass(400ms);
  EXPECT_THAT(project.taken(), IsEmpty());
}

// An author writes a file and starts the program at once, in the same tick of the clock that stamps files.
TEST(Changes, AFileThatWasSavedJustBeforeTheFirstBuildIsPartOfIt) {
  for (int i = 0; i < 20; ++i) {
    ChangesStage project;
    project.write("a.cc", std::to_string(i));
    project.changes->begin_build();
    project.changes->watch({.files = project.paths({"a.cc"})});
    project.pass(50ms);
    EXPECT_THAT(project.taken(), IsEmpty()) << i;
  }
}

TEST(Changes, AMissingFileThatHasComeMeanwhileIsToldOnce) {
  Project project;
  project.write("include/came.h", "");
  project.let_files_age();
  project.changes->begin_build();
  auto set = project.set();
  set.missing.push_back(project.path("include/came.h"));
  project.changes->watch(set);
  project.pass(400ms);
  EXPECT_THAT(project.taken(), ElementsAre(Files{"include/came.h"}));
  // The next build does not find it either, for a reason of its own.
  project.changes->begin_build();
  project.changes->watch(set);
  project.pass(400ms);
  EXPECT_THAT(project.taken(), IsEmpty());
}

TEST(Changes, OfFilesThatNoLongerCountAreForgotten) {
  Project project;
  project.write("include/a.h", "2");
  project.pass(1ms);
  auto set = project.set();
  std::erase(set.files, project.path("include/a.h"));
  project.changes->watch(set);
  project.pass(400ms);
  project.write("include/a.h", "3");
  project.pass(400ms);
  EXPECT_THAT(project.taken(), IsEmpty());
}

}  // namespace
}  // namespace ofn::dev
