// The files from which a program is made, as in Build::inputs. Each case compiles a tiny source
// with the compiler of this machine.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "loader/loader_stage_for_test.h"

namespace ofn {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::Not;

const std::string kHead = "#include <ofn/function.h>\n";

class InputsTest : public LoaderTest {
 protected:
  Build build_of(const std::string& source, const std::string& flags = "-O0") {
    const auto program = load(request(source, {}, flags), log_);
    EXPECT_TRUE(program) << program.error().message();
    if (!program) return {};
    EXPECT_TRUE(std::ranges::is_sorted(program->build.inputs));
    EXPECT_EQ(std::ranges::adjacent_find(program->build.inputs), program->build.inputs.end());
    for (const std::string& input : program->build.inputs) {
      EXPECT_TRUE(fs::path(input).is_absolute() && fs::exists(input)) << input;
      EXPECT_FALSE(input.starts_with(shared_cache->path().native())) << input;
    }
    return program->build;
  }
  std::string path(const std::string& name) const { return (files_.path() / name).native(); }
};

TEST_F(InputsTest, NameTheSourceAndEveryHeaderWhetherCompiledOrKept) {
  const std::string word = files_.write("word.h", "#include \"letter.h\"\n");
  const std::string letter = files_.write("letter.h", "constexpr auto kLetter = \"a\";\n");
  const std::string source = files_.write(
      "f.cc",
      kHead + "#include \"word.h\"\nstatic std::string f() { return kLetter; }\nOFN_FUNCTION(f)\n");
  const Build compiled = build_of(source);
  EXPECT_GT(compiled.commands, 0U);
  EXPECT_THAT(compiled.inputs, AllOf(Contains(source), Contains(word), Contains(letter),
                                     Contains(OFN_TEST_INCLUDE_DIR "/ofn/function.h"),
                                     Contains(EndsWith("/string"))));
  const Build kept = build_of(source);
  EXPECT_EQ(kept.commands, 0U);
  EXPECT_EQ(kept.inputs, compiled.inputs);

  files_.write("word.h", "constexpr auto kLetter = \"b\";\n");
  const Build changed = build_of(source);
  EXPECT_GT(changed.commands, 0U);
  EXPECT_THAT(changed.inputs, AllOf(Contains(word), Not(Contains(letter))));
}

TEST_F(InputsTest, NameEverySourceOfAFolderAndTheFilesOfTheFlags) {
  const std::string first =
      files_.write("d/f.cc", kHead +
                                 "std::string g();\nstatic std::string f() { return g() + KEY; }\n"
                                 "OFN_FUNCTION(f)\n");
  const std::string second =
      files_.write("d/g.cc", "#include <string>\nstd::string g() { return \"g\"; }\n");
  const std::string forced = files_.write("forced.h", "#define KEY \"1\"\n");
  const std::string inner = files_.write("inner.flags", "-include " + forced);
  const std::string outer = files_.write("outer.flags", "@" + inner + " -lz");
  files_.write("d/notes.txt", "");
  const std::string flags = "-O0 @" + outer;
  const Build build = build_of(path("d"), flags);
  EXPECT_THAT(build.inputs,
              AllOf(Contains(first), Contains(second), Contains(forced), Contains(inner),
                    Contains(outer), Not(Contains(path("d/notes.txt")))));
  EXPECT_THAT(build.inputs, Contains(::testing::HasSubstr("/libz.")));

  files_.write("inner.flags", "-DKEY='\"2\"'");
  const Build changed = build_of(path("d"), flags);
  EXPECT_GT(changed.commands, 0U);
  EXPECT_THAT(changed.inputs, AllOf(Contains(inner), Not(Contains(forced))));
}

TEST_F(InputsTest, OfABuiltProgramAreItself) {
  const std::string source =
      files_.write("f.cc", kHead + "static std::string f() { return \"f\"; }\nOFN_FUNCTION(f)\n");
  ASSERT_TRUE(build_shared(request(source), path("f.so"), log_));
  EXPECT_THAT(build_of(path("f.so")).inputs, ElementsAre(path("f.so")));
}

TEST_F(InputsTest, OfACMakeProjectAreItsFilesAndTheHeadersOutside) {
  const std::string list = files_.write("p/CMakeLists.txt",
                                        "cmake_minimum_required(VERSION 3.16)\nproject(p CXX)\n"
                                        "find_package(ofn REQUIRED)\nadd_library(p MODULE f.cc)\n"
                                        "target_link_libraries(p PRIVATE ofn::function)\n");
  const std::string header = files_.write("outside.h", "constexpr auto kWord = \"w\";\n");
  const std::string source = files_.write(
      "p/f.cc", kHead +
                    "#include \"../outside.h\"\nstatic std::string f() { return kWord; }\n"
                    "OFN_FUNCTION(f)\n");
  files_.write("p/.hidden/x", "");
  files_.write("p/out/CMakeCache.txt", "");
  files_.write("p/out/made", "");
  const Build build = build_of(path("p"));
  EXPECT_THAT(build.inputs,
              AllOf(Contains(list), Contains(source), Contains(header),
                    Not(Contains(path("p/.hidden/x"))), Not(Contains(path("p/out/made")))));
}

}  // namespace
}  // namespace ofn
