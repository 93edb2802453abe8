#include "image/root_tree.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace ofn::image {
namespace {

// "d /etc", "f /etc/motd", "l /lib usr/lib", "h /m /etc/motd"
TarEntry entry(std::string_view text) {
  TarEntry made{.path = std::string(text.substr(2))};
  const std::size_t blank = made.path.find(' ');
  if (blank != std::string::npos) {
    made.link = made.path.substr(blank + 1);
    made.path.resize(blank);
  }
  made.type = text[0] == 'd'   ? TarType::kFolder
              : text[0] == 'l' ? TarType::kSymbolicLink
              : text[0] == 'h' ? TarType::kHardLink
                               : TarType::kFile;
  return made;
}

RootTree tree_of(const std::vector<std::vector<std::string_view>>& layers) {
  RootTree tree;
  for (const auto& layer : layers) {
    tree.begin_layer();
    for (const std::string_view text : layer) EXPECT_TRUE(tree.on_entry(entry(text))) << text;
  }
  return tree;
}

TEST(RootTree, FollowsLinks) {
  const RootTree tree = tree_of(
      {{"d /usr/lib/x86", "l /lib usr/lib", "l /usr/lib/libc.so.6 x86/../x86/libc-2.31.so",
        "f /usr/lib/x86/libc-2.31.so", "l /up ../../lib/x86", "l /round /round", "f /file"}});
  for (const auto& [path, place] : {std::pair("/lib/libc.so.6", "/usr/lib/x86/libc-2.31.so"),
                                    {"/lib/new", "/usr/lib/new"},
                                    {"/up/new/deep", "/usr/lib/x86/new/deep"},
                                    {"/", "/"},
                                    {"/file", "/file"}}) {
    EXPECT_EQ(tree.place_of(path), place) << path;
  }
  EXPECT_FALSE(tree.place_of("/round"));
  EXPECT_FALSE(tree.place_of("/file/x"));
}

TEST(RootTree, HasTheLastLayersState) {
  const RootTree tree = tree_of(
      {{"f /a/one", "f /a/two", "f /b/one", "f /c", "f /d/x", "l /e a"},
       {"f /a/.wh.one", "f /b/.wh..wh..opq", "f /b/three", "d /c", "f /c/x", "f /d", "f /e/new"}});
  for (const char* there : {"/a/two", "/b/three", "/c/x", "/d", "/a/new"})
    EXPECT_NE(tree.find(there), nullptr) << there;
  for (const char* gone : {"/a/one", "/b/one", "/d/x", "/e/new", "/a/.wh.one"})
    EXPECT_EQ(tree.find(gone), nullptr) << gone;
  EXPECT_TRUE(tree.has_folder("/c"));
  EXPECT_TRUE(tree.has_folder("/"));
  EXPECT_FALSE(tree.has_folder("/d"));
}

// An opaque folder hides what is below, and not what its own layer has written before the mark.
TEST(RootTree, KeepsWhatTheOpaqueLayerHasItself) {
  const RootTree tree = tree_of({{"f /a/old"}, {"f /a/new", "f /a/.wh..wh..opq"}});
  EXPECT_NE(tree.find("/a/new"), nullptr);
  EXPECT_EQ(tree.find("/a/old"), nullptr);
}

TEST(RootTree, KnowsWhatLibrariesAreGoodFor) {
  RootTree tree;
  tree.begin_layer();
  ASSERT_TRUE(tree.on_entry(entry("f /libx.so.1")));
  tree.on_content("no ");
  tree.on_content("library");
  tree.on_content_end();
  ASSERT_TRUE(tree.on_entry(entry("h /libx.so /libx.so.1")));
  ASSERT_TRUE(tree.find("/libx.so")->library);
  EXPECT_EQ(tree.find("/libx.so")->library->problem, "is not an ELF file");
}

TEST(RootTree, RefusesWhatCannotBe) {
  RootTree tree = tree_of({{"f /file"}});
  EXPECT_FALSE(tree.on_entry(entry("f /file/x")));
  EXPECT_FALSE(tree.on_entry(entry("h /x /gone")));
}

}  // namespace
}  // namespace ofn::image
