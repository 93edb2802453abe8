#include "loader/probe.h"

#include <filesystem>
#include <fstream>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/temporary_directory.h"

namespace ofn::loader {
namespace {

using testing::HasSubstr;

std::filesystem::path program(const std::filesystem::path& folder, std::string_view script) {
  const auto path = folder / "compiler";
  std::ofstream(path) << "#!/bin/sh\n" << script;
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path;
}

TEST(Probe, TheCompilerOfThisMachineMakesFunctions) {
  const TemporaryDirectory folder;
  const auto probed = probe_compiler(
      {.source = {}, .target = {}, .cxxflags = {}, .include_dir = OFN_TEST_INCLUDE_DIR},
      folder.path());
  ASSERT_TRUE(probed) << probed.error().message();
  EXPECT_TRUE(probed->makes_functions) << probed->failure;
  EXPECT_TRUE(probed->knows_cxx23);
  EXPECT_TRUE(probed->has_gtest);
  EXPECT_THAT(probed->name, HasSubstr("."));
}

TEST(Probe, SaysWhatIsMissing) {
  const TemporaryDirectory folder;
  const auto probed = probe_compiler(
      {.source = {}, .target = {}, .cxxflags = {}, .include_dir = folder.path()}, folder.path());
  ASSERT_TRUE(probed);
  EXPECT_FALSE(probed->makes_functions);
  EXPECT_THAT(probed->failure, HasSubstr("ofn/function.h"));
  const auto missing = probe_compiler({.source = {},
                                       .target = {},
                                       .cxxflags = {},
                                       .compiler = "no-such-compiler",
                                       .include_dir = folder.path()},
                                      folder.path());
  EXPECT_EQ(missing.error().code(), Code::kNotFound);
}

TEST(Probe, IsBounded) {
  const TemporaryDirectory folder;
  const SystemClock clock;
  LoadRequest request{.source = {},
                      .target = {},
                      .cxxflags = {},
                      .compiler = program(folder.path(), "exec sleep 1000").native(),
                      .include_dir = OFN_TEST_INCLUDE_DIR};
  request.deadline = Deadline::in(std::chrono::milliseconds(50), clock);
  const auto probed = probe_compiler(request, folder.path());
  EXPECT_EQ(probed.error().code(), Code::kDeadlineExceeded);
}

}  // namespace
}  // namespace ofn::loader
