// look_at() runs no start-up code of a program, and still reads its registrations.
#include "loader/look.h"

#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "loader/digest.h"
#include "loader/elf_file.h"
#include "loader/loader_stage_for_test.h"
#include "loader/process.h"

namespace ofn {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kHead =
    "#include <cstdio>\n#include <cstdlib>\n#include <ofn/function.h>\n"
    "#include <ofn/plugin.h>\n";

class LookTest : public LoaderTest {
 protected:
  fs::path mark() const { return files_.path() / "mark"; }
  // A C++ expression that creates the mark file.
  std::string leave() const {
    return "std::fclose(std::fopen(\"" + mark().native() + "\", \"w\"))";
  }
};

TEST_F(LookTest, NothingOfTheProgramRuns) {
  const std::string source = files_.write(
      "hello.cc", std::string(kHead) + "struct Database { Database() { " + leave() +
                      "; throw 1; } };\nDatabase database;\n"
                      "static const int kRead = (" +
                      leave() +
                      ", std::abort(), 1);\n"
                      "__attribute__((constructor)) void begin() { " +
                      leave() +
                      "; }\n"
                      "__attribute__((destructor)) void end() { " +
                      leave() +
                      "; }\n"
                      "inline std::string name = [] { " +
                      leave() +
                      "; return std::string(); }();\n"
                      "std::string hello() { return \"hello\"; }\nOFN_FUNCTION(hello)\n");
  LoadRequest looked = request(source);
  looked.start_up = StartUp::kIsLeftOut;
  const auto program = load(looked, log_);
  ASSERT_TRUE(program) << program.error().text();
  EXPECT_THAT(names_of(*program), ElementsAre("hello"));
  const fs::path output = files_.path() / "hello.so";
  const auto built = build_shared(request(source), output, log_);
  ASSERT_TRUE(built) << built.error().text();
  EXPECT_FALSE(fs::exists(mark()));
  // The built file keeps its start-up code, which runs when the file is served.
  const auto bytes = loader::read_file(output);
  ASSERT_TRUE(bytes);
  EXPECT_NE(loader::ElfFile::parse(*bytes)->without_start_up(), *bytes);
}

TEST_F(LookTest, WhatIsServedStarts) {
  const std::string source = files_.write(
      "hello.cc", std::string(kHead) + "static const bool kRead = (" + leave() +
                      ", true);\nstd::string hello() { return kRead ? \"read\" : \"\"; }\n");
  const auto program = load(request(source, "hello"), log_);
  ASSERT_TRUE(program) << program.error().text();
  EXPECT_TRUE(fs::exists(mark()));
  EXPECT_EQ(call(program->functions.front()), "read");
}

TEST_F(LookTest, PluginsAreLookedAt) {
  const std::string source = files_.write(
      "hook.cc", std::string(kHead) + "static const int kRead = (" + leave() +
                     ", 1);\nstruct Hook : ofn::Plugin {};\nOFN_PLUGIN(Hook, \"hook\", \"1\")\n");
  const fs::path output = files_.path() / "hook.so";
  ASSERT_TRUE(build_shared(request(source), output, log_));
  std::vector<PluginType> known;
  const auto loaded = load_plugins(output, StartUp::kIsLeftOut, known);
  ASSERT_TRUE(loaded) << loaded.error().text();
  EXPECT_EQ(known.at(0).name, "hook");
  EXPECT_FALSE(fs::exists(mark()));
}

TEST_F(LookTest, TheAuthorsOwnLibrariesDoNotStartEither) {
  const fs::path library = files_.path() / "lib" / "libdatabase.so";
  const std::string text =
      files_.write("lib/database.cc", "#include <cstdio>\nstatic bool opened = (" + leave() +
                                          ", true);\nbool is_open() { return opened; }\n");
  const auto made = loader::run(
      {{"g++", "-shared", "-fPIC", "-Wl,-soname,libdatabase.so", text, "-o", library.native()}},
      {});
  ASSERT_TRUE(made && made->ok());
  for (const std::string folder :
       {"$ORIGIN/../lib", "${ORIGIN}/../lib", "/nowhere:$ORIGIN/../lib"}) {
    SCOPED_TRACE(folder);
    const std::string source = files_.write(
        "src/hello.cc", "extern bool is_open();\nbool asked() { return is_open(); }\n");
    const fs::path program = files_.path() / "src" / "hello.so";
    const auto linked =
        loader::run({{"g++", "-shared", "-fPIC", source, "-L" + library.parent_path().native(),
                      "-ldatabase", "-Wl,-rpath," + folder, "-o", program.native()}},
                    {});
    ASSERT_TRUE(linked && linked->ok()) << linked->output;
    const auto needs = loader::ElfFile::open(program)->needs();
    EXPECT_THAT(needs.libraries, testing::Contains("libdatabase.so"));
    const auto handle = loader::look_at(program);
    EXPECT_TRUE(handle) << handle.error().text();
    EXPECT_FALSE(fs::exists(mark()));
  }
}

TEST_F(LookTest, SaysWhatIsMissing) {
  const std::string source = files_.write("hello.cc", "void absent();\nvoid f() { absent(); }\n");
  const fs::path program = files_.path() / "hello.so";
  ASSERT_TRUE(loader::run({{"g++", "-shared", "-fPIC", source, "-o", program.native()}}, {})->ok());
  const auto handle = loader::look_at(program);
  ASSERT_FALSE(handle);
  EXPECT_THAT(handle.error().message(),
              HasSubstr(program.native() + ": undefined symbol: _Z6absentv"));
  EXPECT_FALSE(loader::look_at(files_.path() / "none.so"));
}

// ElfFile never reads or writes outside the file, even if the tables are damaged.
TEST_F(LookTest, AFileOfAnyBytesIsReadWithinItsBounds) {
  const std::string source = files_.write("hello.cc", "int x = 1;\n");
  const fs::path program = files_.path() / "hello.so";
  ASSERT_TRUE(
      loader::run({{"g++", "-shared", "-fPIC", "-Wl,-rpath,/a:/b", source, "-o", program.native()}},
                  {})
          ->ok());
  const std::string bytes = loader::read_file(program).value();
  for (std::size_t at = 0; at < bytes.size(); at += at < 1024 ? 1 : 97) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0xFF);
    const auto elf = loader::ElfFile::parse(std::move(damaged));
    if (!elf) continue;
    (void)elf->needs();
    (void)elf->interpreter();
    (void)elf->needed_versions();
    (void)elf->defined_versions();
    EXPECT_EQ(elf->without_start_up().size(), bytes.size());
    EXPECT_LE(elf->without_sections().size(), bytes.size());
  }
}

TEST_F(LookTest, SymbolVersionsAreThoseOfAVersionScript) {
  const std::string script =
      files_.write("versions", "OLD_1.0 { global: old; };\nNEW_2.0 { } OLD_1.0;\n");
  const fs::path library = files_.path() / "libversions.so";
  const std::string source = files_.write("versions.c", "void old(void) {}\n");
  ASSERT_TRUE(loader::run({{"gcc", "-shared", "-fPIC", "-Wl,--version-script=" + script,
                            "-Wl,-soname,libversions.so", source, "-o", library.native()}},
                          {})
                  ->ok());
  EXPECT_THAT(loader::ElfFile::open(library)->defined_versions(),
              testing::ElementsAre("OLD_1.0", "NEW_2.0"));
  const fs::path user = files_.path() / "user.so";
  const std::string uses = files_.write("user.c", "void old(void);\nvoid f(void) { old(); }\n");
  ASSERT_TRUE(
      loader::run({{"gcc", "-shared", "-fPIC", uses, library.native(), "-o", user.native()}}, {})
          ->ok());
  std::vector<std::string> needed;
  for (const auto& each : loader::ElfFile::open(user)->needed_versions())
    needed.push_back(each.library + " " + each.version);
  EXPECT_THAT(needed, testing::Contains("libversions.so OLD_1.0"));
}

TEST_F(LookTest, AProgramWithoutItsSectionsStillRuns) {
  const std::string source = files_.write("main.cc", "int main() { return 7; }\n");
  const fs::path program = files_.path() / "program";
  ASSERT_TRUE(loader::run({{"g++", "-g", source, "-o", program.native()}}, {})->ok());
  const auto elf = loader::ElfFile::open(program);
  ASSERT_TRUE(elf);
  EXPECT_TRUE(fs::exists(elf->interpreter())) << elf->interpreter();
  const std::string smaller = elf->without_sections();
  EXPECT_LT(smaller.size(), fs::file_size(program));
  EXPECT_TRUE(loader::ElfFile::parse(smaller));
  fs::permissions(files_.write("smaller", smaller), fs::perms::owner_all);
  EXPECT_EQ(loader::run({{(files_.path() / "smaller").native()}}, {})->exit_code, 7);
}

}  // namespace
}  // namespace ofn
