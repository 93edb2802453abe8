#include "image/oci_layout.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>

#include "base/sha256.h"
#include "document/json.h"
#include "loader/digest.h"
#include "testing/temporary_directory.h"

namespace ofn::image {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class OciLayoutTest : public ::testing::Test {
 protected:
  const TemporaryDirectory temporary_;
  const fs::path folder_ = temporary_.path();
};

std::string text_of(const fs::path& file) { return loader::read_file(file).value_or("(none)"); }

TEST(Tag, IsANameThatOtherProgramsRead) {
  for (const char* tag : {"latest", "1", "v1.0", "functions/hello:1", "a--b", "a@b+c_d"}) {
    EXPECT_TRUE(is_tag(tag)) << tag;
  }
  for (const char* text : {"", "a b", ":x", "x:", "a..b", "a---b", "a//b", "/a", "ä", "a\n"}) {
    EXPECT_FALSE(is_tag(text)) << text;
  }
}

TEST_F(OciLayoutTest, MakesALayoutInANewAndInAnEmptyFolder) {
  for (const fs::path& folder : {folder_, folder_ / "a" / "b"}) {
    if (folder != folder_) fs::remove_all(folder_);
    ASSERT_TRUE(OciLayout::open(folder));
    EXPECT_EQ(text_of(folder / "oci-layout"), R"({"imageLayoutVersion":"1.0.0"})");
    EXPECT_TRUE(OciLayout::open(folder)) << "a second time";
  }
}

TEST_F(OciLayoutTest, LeavesAFolderWithSomethingElse) {
  std::ofstream(folder_ / "notes.txt") << "mine";
  EXPECT_THAT(OciLayout::open(folder_).error().message(), HasSubstr("is not an OCI image layout"));
  std::ofstream(folder_ / "oci-layout") << R"({"imageLayoutVersion":"2.0.0"})";
  EXPECT_THAT(OciLayout::open(folder_).error().message(), HasSubstr("is not an OCI image layout"));
  EXPECT_THAT(OciLayout::open(folder_ / "notes.txt").error().message(), HasSubstr("notes.txt"));
  EXPECT_EQ(text_of(folder_ / "notes.txt"), "mine");
}

TEST_F(OciLayoutTest, StoresBytesUnderTheirDigest) {
  auto layout = OciLayout::open(folder_);
  const auto blob = layout->add(kLayerType, "abc");
  ASSERT_TRUE(blob);
  EXPECT_EQ(blob->digest, "sha256:" + sha256_hex("abc"));
  EXPECT_EQ(blob->size, 3U);
  const fs::path file = folder_ / "blobs/sha256" / sha256_hex("abc");
  EXPECT_EQ(text_of(file), "abc");
  // What a crash has truncated is written again.
  std::ofstream(file) << "a";
  ASSERT_TRUE(layout->add(kLayerType, "abc"));
  EXPECT_EQ(text_of(file), "abc");
}

TEST_F(OciLayoutTest, ReplacesATagAndKeepsOthers) {
  auto layout = OciLayout::open(folder_);
  const Descriptor one{.media_type = std::string(kManifestType), .digest = "sha256:1", .size = 1};
  const Descriptor two{.media_type = std::string(kManifestType), .digest = "sha256:2", .size = 2};
  ASSERT_TRUE(layout->tag("a", one));
  ASSERT_TRUE(layout->tag("b", one));
  ASSERT_TRUE(layout->tag("a", two));
  const auto index = document::json_value(text_of(folder_ / "index.json"));
  ASSERT_TRUE(index);
  const auto manifests = index->find("manifests")->items();
  ASSERT_EQ(manifests.size(), 2U);
  EXPECT_EQ(manifests[0].find_text("digest"), "sha256:1");
  EXPECT_EQ(manifests[0].find("annotations")->find_text(kReferenceName), "b");
  EXPECT_EQ(manifests[1].find_text("digest"), "sha256:2");
  EXPECT_EQ(manifests[1].find("annotations")->find_text(kReferenceName), "a");
}

TEST_F(OciLayoutTest, DoesNotOverwriteADamagedIndex) {
  auto layout = OciLayout::open(folder_);
  std::ofstream(folder_ / "index.json") << "[";
  const auto tagged = layout->tag("a", {});
  ASSERT_FALSE(tagged);
  EXPECT_THAT(tagged.error().message(), HasSubstr("index.json is not an index"));
  EXPECT_EQ(text_of(folder_ / "index.json"), "[");
}

}  // namespace
}  // namespace ofn::image
