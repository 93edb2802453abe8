#include "image/layer.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

namespace ofn::image {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> paths(const Layer& layer) {
  std::vector<std::string> found;
  for (const auto& [path, entry] : layer.entries()) {
    found.push_back(path + (entry.is_folder ? "/" : ""));
  }
  return found;
}

// The octal number in the header at `block`.
std::uint64_t number(std::string_view tar, std::size_t block, std::size_t at, std::size_t digits) {
  return std::stoull(std::string(tar.substr(512 * block + at, digits)), nullptr, 8);
}

TEST(Layer, AddsFoldersAboveAFile) {
  Layer layer;
  layer.add_file("/lib/x86/libm.so", 0644, "m");
  layer.add_file("/lib64/ld.so", 0755, "l");
  EXPECT_THAT(paths(layer),
              ElementsAre("/lib/", "/lib/x86/", "/lib/x86/libm.so", "/lib64/", "/lib64/ld.so"));
  EXPECT_EQ(layer.bytes(), 2U);
}

TEST(Layer, DoesNotRepeatFoldersOfTheLayersBelow) {
  Layer below;
  below.add_file("/lib/a.so", 0644, "a");
  Layer layer([&](const std::string& path) { return below.has_folder(path); });
  layer.add_file("/lib/b.so", 0644, "b");
  layer.add_folder("/lib", 0700);
  EXPECT_THAT(paths(layer), ElementsAre("/lib/b.so"));
  EXPECT_TRUE(layer.has_folder("/lib"));
  EXPECT_FALSE(layer.has_folder("/lib/b.so"));
}

TEST(Layer, IsTheSameInAnyOrder) {
  Layer one;
  one.add_file("/a/1", 0644, "one");
  one.add_file("/b", 0644, "two");
  Layer other;
  other.add_file("/b", 0644, "two");
  other.add_file("/a/1", 0644, "one");
  EXPECT_EQ(one.tar(), other.tar());
}

// Other programs read it in tests/image. These are the parts that a reader may take for granted.
TEST(Layer, WritesHeadersOfRootAndTimeZero) {
  Layer layer;
  layer.add_folder("/tmp", 01777);
  layer.add_file("/tmp/x", 0644, std::string(513, 'x'));
  const std::string tar = layer.tar();
  // Two headers, two blocks of bytes, two blocks of zeros.
  ASSERT_EQ(tar.size(), 6U * 512);
  EXPECT_TRUE(tar.starts_with(std::string_view("tmp/\0", 5)));
  EXPECT_EQ(tar[156], '5');
  EXPECT_EQ(tar[512 + 156], '0');
  EXPECT_EQ(number(tar, 0, 100, 7), 01777U);
  EXPECT_EQ(number(tar, 1, 124, 11), 513U);
  for (const std::size_t block : {0U, 1U}) {
    for (const auto& [at, digits] : {std::pair(108U, 7U), {116U, 7U}, {136U, 11U}}) {
      EXPECT_EQ(number(tar, block, at, digits), 0U) << block << " " << at;
    }
  }
}

TEST(Layer, WritesLongNamesInAnExtendedHeader) {
  struct Case {
    std::size_t size;  // of the name
    std::size_t blocks;
    std::string_view record;
  };
  // A record counts its own length; "99 path=…" would have 100 bytes.
  for (const Case& c : {Case{.size = 100, .blocks = 3, .record = ""},
                        Case{.size = 101, .blocks = 5, .record = "111 path="},
                        Case{.size = 989, .blocks = 6, .record = "999 path="},
                        Case{.size = 990, .blocks = 6, .record = "1001 path="}}) {
    const std::string name(c.size, 'n');
    Layer layer;
    layer.add_file("/" + name, 0644, "");
    const std::string tar = layer.tar();
    EXPECT_EQ(tar.size(), c.blocks * 512) << c.size;
    if (c.record.empty()) continue;
    EXPECT_EQ(tar[156], 'x') << c.size;
    EXPECT_EQ(tar.substr(512, c.record.size()), c.record) << c.size;
    EXPECT_EQ(number(tar, 0, 124, 11), tar.find('\n', 512) - 512 + 1) << c.size;
  }
}

}  // namespace
}  // namespace ofn::image
