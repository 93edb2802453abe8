#include "os/path_walker.h"

#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/temporary_directory.h"

namespace ofn::os {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

class PathWalkerTest : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return root_ + "/" + name; }
  // The way's places, with the temporary folder left out.
  std::vector<std::string> places_of(const std::string& name) const {
    std::vector<std::string> shown;
    for (const PathPlace& place : PathWalker().way_of(path(name)).places) {
      shown.push_back((place.folder + ":" + place.name).substr(root_.size()));
    }
    return shown;
  }

  TemporaryDirectory folder_;
  std::string root_ = fs::canonical(folder_.path()).native();
};

TEST_F(PathWalkerTest, FindsEveryPlaceThatDecides) {
  folder_.write("a/real.cc", "");
  folder_.write("data_1/app.yaml", "");
  fs::create_symlink("data_1", path("..data"));
  fs::create_symlink("..data/app.yaml", path("app.yaml"));
  fs::create_symlink(path("a"), path("absolute"));
  fs::create_symlink("nowhere/x", path("dangling"));
  fs::create_symlink("two", path("one"));
  fs::create_symlink("one", path("two"));
  struct Case {
    std::string name;
    std::vector<std::string> places;
  };
  const std::vector<Case> cases = {
      {"a/real.cc", {"/a:real.cc"}},
      {"a//./real.cc", {"/a:real.cc"}},
      {"a/../a/real.cc", {"/a:real.cc"}},
      {"app.yaml", {":app.yaml", ":..data", "/data_1:app.yaml"}},
      {"absolute/real.cc", {":absolute", "/a:real.cc"}},
      {"absolute/../a/real.cc", {":absolute", "/a:real.cc"}},
      {"a/missing.h", {"/a:missing.h"}},
      {"b/c/missing.h", {":b"}},
      {"a/real.cc/below", {"/a:real.cc"}},
      {"dangling", {":dangling", ":nowhere"}},
  };
  for (const Case& each : cases) EXPECT_EQ(places_of(each.name), each.places) << each.name;
  EXPECT_EQ(places_of("one").size(), 41U) << "a loop of links ends";
}

TEST_F(PathWalkerTest, TellsTheFoldersOnTheWayAndWhetherTheEndExists) {
  folder_.write("a/b/f.cc", "");
  PathWalker walker;
  const PathWay way = walker.way_of(path("a/b/f.cc"));
  EXPECT_TRUE(way.exists);
  EXPECT_THAT(way.folders, Contains(path("a/b")));
  EXPECT_EQ(walker.way_of(path("a/b/f.cc")).places, way.places) << "with what it remembers";
  EXPECT_FALSE(walker.way_of(path("a/b/g.cc")).exists);
  EXPECT_FALSE(walker.way_of(path("a/b/f.cc/g")).exists);
  EXPECT_TRUE(walker.way_of(path("a/b")).exists);
  const PathWay root = walker.way_of("/");
  EXPECT_TRUE(root.exists);
  EXPECT_THAT(root.folders, IsEmpty());
  EXPECT_THAT(root.places, ElementsAre(PathPlace{.folder = "/", .name = ""}));
}

}  // namespace
}  // namespace ofn::os
