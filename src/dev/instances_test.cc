#include "dev/instances.h"

#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>

namespace ofn::dev {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> sources(const std::vector<Instance>& instances) {
  std::vector<std::string> names;
  for (const Instance& each : instances) names.push_back(each.source);
  return names;
}

TEST(Instances, TheNearestAreThoseOfTheFolder) {
  const std::vector<Instance> all = {{.source = "top", .folder = "/w"},
                                     {.source = "a", .folder = "/w/a"},
                                     {.source = "a2", .folder = "/w/a"},
                                     {.source = "b", .folder = "/w/b"},
                                     {.source = "ab", .folder = "/w/ab"}};
  EXPECT_THAT(sources(nearest_instances(all, "/w/a")), ElementsAre("a", "a2"));
  EXPECT_THAT(sources(nearest_instances(all, "/w/a/deep/er")), ElementsAre("a", "a2"));
  EXPECT_THAT(sources(nearest_instances(all, "/w/c")), ElementsAre("top"));
  EXPECT_THAT(sources(nearest_instances(all, "/")), ElementsAre("top", "a", "a2", "b", "ab"));
  EXPECT_THAT(sources(nearest_instances(all, "/elsewhere")), IsEmpty());
}

TEST(Instances, AFileAnnouncesUntilTheEnd) {
  std::string folder = ::testing::TempDir() + "instances-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  {
    InstanceEntry entry(folder, {.pid = ::getpid(), .source = "hello.cc"});
    ASSERT_TRUE(entry.announce());
    EXPECT_TRUE(std::filesystem::exists(folder + "/" + entry.instance().name + ".json"));
    // No process listens on this socket, so the search takes its process for dead.
    EXPECT_THAT(running_instances(folder), IsEmpty());
    EXPECT_TRUE(std::filesystem::is_empty(folder));
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace ofn::dev
