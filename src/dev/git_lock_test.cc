#include "dev/git_lock.h"

#include <chrono>
#include <filesystem>
#include <string>
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

using Files = std::vector<std::string>;

TEST(GitLock, ItIsFoundAboveTheFolder) {
  const ChangesStage stage;
  stage.write("tree/deep/a.cc", "");
  stage.write("tree/.git/HEAD", "");
  EXPECT_FALSE(is_git_writing(stage.path("tree/deep")));
  stage.write("tree/.git/index.lock", "");
  EXPECT_TRUE(is_git_writing(stage.path("tree")));
  EXPECT_TRUE(is_git_writing(stage.path("tree/deep")));
  EXPECT_TRUE(is_git_writing(stage.path("tree/none/below")));
  EXPECT_FALSE(is_git_writing(stage.root));
  EXPECT_FALSE(is_git_writing("/"));
}

TEST(GitLock, ALinkedWorkingTreeHasItElsewhere) {
  const ChangesStage stage;
  stage.write("main/.git/worktrees/two/index.lock", "");
  stage.write("two/.git", "gitdir: " + stage.path("main/.git/worktrees/two") + "\n");
  stage.write("module/.git", "gitdir: ../main/.git/worktrees/two\n");
  stage.write("broken/.git", "nothing");
  EXPECT_TRUE(is_git_writing(stage.path("two")));
  EXPECT_TRUE(is_git_writing(stage.path("module")));
  EXPECT_FALSE(is_git_writing(stage.path("main")));
  EXPECT_FALSE(is_git_writing(stage.path("broken")));
}

TEST(GitLock, AnOldOneWasLeftBehind) {
  const ChangesStage stage;
  const std::string lock = stage.write(".git/index.lock", "");
  fs::last_write_time(lock, fs::file_time_type::clock::now() - 11s);
  EXPECT_FALSE(is_git_writing(stage.root));
}

TEST(GitLock, ACheckoutIsOneChangeHoweverLongItTakes) {
  ChangesStage stage;
  stage.write("a.cc", "1");
  stage.write("b.cc", "1");
  stage.changes->watch({.files = stage.paths({"a.cc", "b.cc"})});
  const std::string lock = stage.write(".git/index.lock", "");
  stage.write("a.cc", "2");
  stage.pass(1000ms);
  EXPECT_THAT(stage.taken(), IsEmpty());
  stage.write("b.cc", "2");
  fs::remove(lock);
  stage.pass(100ms);
  EXPECT_THAT(stage.taken(), ElementsAre(Files{"a.cc", "b.cc"}));
}

}  // namespace
}  // namespace ofn::dev
