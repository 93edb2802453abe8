#include "dev/watched_folder.h"

#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/temporary_directory.h"

namespace ofn::dev {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

TEST(WatchedFolder, HasTheFilesThatCount) {
  const WatchedFolder folder{.path = "/", .wants = [](std::string_view) { return true; }};
  for (const char* name : {"a.cc", "4913.cc", "#a", "a#", "~a", "tmp"})
    EXPECT_TRUE(folder.has(name)) << name;
  for (const char* name :
       {".a.cc.swp", "a.swx", "4913", "5036", "a.cc~", ".#a.cc", "#a.cc#", "a.cc.tmp",
        ".goutputstream-X1", ".a.cc", "a.cc.bak", "a.cc___jb_tmp___"}) {
    EXPECT_FALSE(folder.has(name)) << name;
  }
}

TEST(WatchedFolder, ListsWhatTheLoaderReads) {
  const TemporaryDirectory root;
  const auto path = [&](const std::string& name) { return (root.path() / name).native(); };
  for (const char* name : {"a.cc", "a.h", ".b.cc", "sub/c.cc", "sub/deep/d.cc", ".hidden/e.cc",
                           "out/CMakeCache.txt", "out/f.cc", "folder.cc/x"}) {
    root.write(name, "");
  }
  std::filesystem::create_directory_symlink("sub", path("link"));
  std::filesystem::create_symlink("a.cc", path("g.cc"));
  WatchedFolder folder{.path = root.path().native(),
                       .wants = [](std::string_view name) { return name.ends_with(".cc"); }};
  Listing listing = list(folder);
  EXPECT_THAT(listing.files, UnorderedElementsAre(path("a.cc"), path("g.cc")));
  EXPECT_THAT(listing.folders, ElementsAre(folder.path));
  folder.depth = WatchedFolder::Depth::kWithSubfolders;
  listing = list(folder);
  EXPECT_THAT(listing.files, UnorderedElementsAre(path("a.cc"), path("g.cc"), path("sub/c.cc"),
                                                  path("sub/deep/d.cc")));
  EXPECT_THAT(listing.folders,
              UnorderedElementsAre(folder.path, path("sub"), path("sub/deep"), path("folder.cc")));
  folder.path = path("none");
  EXPECT_THAT(list(folder).files, IsEmpty());
  EXPECT_THAT(list(folder).folders, ElementsAre(folder.path));
}

}  // namespace
}  // namespace ofn::dev
