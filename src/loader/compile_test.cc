// compile(): programs that are made and not loaded, and what a failed build says of the files that
// can mend it. Each case compiles a tiny source with the compilers of this machine.
#include <algorithm>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "loader/authors_functions.h"
#include "loader/digest.h"
#include "loader/loader_stage_for_test.h"
#include "loader/looked_for.h"

namespace ofn {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

const std::string kHead = "#include <ofn/function.h>\n";

class CompileTest : public LoaderTest {
 protected:
  CompileTest() { fs::create_directory(folder_); }
  std::string path(const std::string& name) const { return (files_.path() / name).native(); }
  Compilation compile(const LoadRequest& request) { return ofn::compile(request, folder_, log_); }
  Compilation compile(const std::string& source, const std::string& flags = "-O0") {
    return compile(request(source, {}, flags));
  }
  // Loads the program as another process would, without compiler and cache.
  Result<LoadedProgram> load_made(const Compilation& made, const std::string& shown,
                                  std::optional<std::string> target = {}) {
    if (!made.program) return std::unexpected(made.program.error());
    LoadRequest other = request(made.program->native(), std::move(target));
    other.shown = shown;
    other.compiler = "none is needed";
    other.cache_dirs.clear();
    return load(other, log_);
  }

  fs::path folder_ = files_.path() / "made";
};

TEST_F(CompileTest, TheProgramIsAFileOfItsOwnAndIsNotLoaded) {
  const std::string source = files_.write("f.cc", kHead + "std::string f() { return \"f\"; }\n");
  LoadRequest wanted = request(source, "f");
  wanted.cache_dirs = {files_.path() / "cache"};
  const Compilation first = compile(wanted);
  const Compilation second = compile(wanted);
  ASSERT_TRUE(first.program && second.program) << first.program.error().text();
  EXPECT_GT(first.build.commands, 0U);
  EXPECT_EQ(second.build.commands, 0U);
  EXPECT_NE(*first.program, *second.program);
  EXPECT_EQ(first.program->parent_path(), folder_);
  EXPECT_THAT(first.build.inputs, Contains(source));
  EXPECT_EQ(first.build.inputs, second.build.inputs);
  EXPECT_THAT(loader::read_file("/proc/self/maps").value(), Not(HasSubstr(folder_.native())));

  fs::remove_all(wanted.cache_dirs.front());
  fs::remove(source);
  const auto program = load_made(first, source, "::f");
  ASSERT_TRUE(program) << program.error().text();
  EXPECT_EQ(call(program->functions.front()), "f");
}

TEST_F(CompileTest, ABuiltProgramIsCopiedUnlessItLooksForLibrariesBesideItself) {
  const std::string text = kHead + "std::string f() { return \"f\"; }\nOFN_FUNCTION(f)\n";
  const std::string source = files_.write("f.cc", text);
  ASSERT_TRUE(build_shared(request(source), path("f.so"), log_));
  const Compilation made = compile(path("f.so"));
  ASSERT_TRUE(made.program) << made.program.error().text();
  EXPECT_EQ(made.program->parent_path(), folder_);
  EXPECT_EQ(loader::read_file(*made.program), loader::read_file(path("f.so")));
  EXPECT_THAT(made.build.inputs, ElementsAre(path("f.so")));

  ASSERT_TRUE(build_shared(request(source, {}, "-O0 -Wl,-rpath,$ORIGIN"), path("g.so"), log_));
  const Compilation kept = compile(path("g.so"));
  ASSERT_TRUE(kept.program) << kept.program.error().text();
  EXPECT_EQ(*kept.program, path("g.so"));
}

// The messages are the same in both processes, and name the author's file.
TEST_F(CompileTest, AProgramThatCannotBeServedIsToldAsItsSourceWouldBe) {
  const std::string unnamed = kHead + "namespace { std::string hello() { return {}; } }\n";
  const struct {
    std::string text;
    std::optional<std::string> target;
  } cases[] = {
      {kHead +
           "std::string hello() { return {}; }\nnamespace app { int help(int n) { return n; } }\n",
       "helo"},
      {kHead + "namespace app { int help(int n) { return n; } }\n", {}},
      {kHead + "std::string declared(const ofn::Request&);\n", "::declared"},
      {kHead + "int hello(int n) { return n; }\nint hello(long) { return 1; }\n", "hello"},
      {kHead + "int function(int n) { return n; }\n", {}},
      {kHead +
           "std::string f(const ofn::Request&) { return {}; }\nvoid f(const ofn::CloudEvent&) {}\n",
       "f"},
      {kHead + "std::string a() { return {}; }\nstd::string b() { return {}; }\n", {}},
      {kHead + "std::string a() { return {}; }\nOFN_FUNCTION(a)\n", "b"},
      {unnamed, "hello"},
      {unnamed, "other"},
  };
  for (const auto& [text, target] : cases) {
    SCOPED_TRACE(text);
    const std::string source = files_.write("hello.cc", text);
    const std::string wanted = message_of(load(request(source, target), log_));
    const Compilation made = compile(request(source, target));
    EXPECT_EQ(message_of(load_made(made, source, target)), wanted);
    EXPECT_THAT(wanted, StartsWith("File " + source));
  }
}

TEST(AuthorsFunctions, AreTheSameAfterTheyWereText) {
  const loader::AuthorsFunctions all{.names = {"a", "n::b"},
                                     .of_the_target = {"f(int, long)", "f()"},
                                     .refused = "int f(int)",
                                     .is_ambiguous = true,
                                     .is_undefined = false,
                                     .may_be_hidden = true};
  EXPECT_EQ(loader::authors_functions_of(loader::to_text(all)), all);
  EXPECT_EQ(loader::authors_functions_of("a line of a later version\n"),
            loader::AuthorsFunctions());
}

TEST_F(CompileTest, AFailedBuildNamesWhatWasReadAndWhatIsMissing) {
  const std::string text = kHead +
                           "#include \"near.h\"\n#include \"dir/gone.h\"\n#include <late.h>\n" +
                           "std::string function() { return GONE LATE; }\n";
  for (const std::string& compiler : compilers()) {
    SCOPED_TRACE(compiler);
    const std::string source = files_.write("s/f.cc", text);
    const std::string near = files_.write("s/near.h", "#include \"in/inner.h\"\n");
    const std::string inner = files_.write("s/in/inner.h", "\n");
    fs::create_directory(path("i"));
    LoadRequest wanted = request(source, {}, "-O0 -I " + path("i"));
    wanted.compiler = compiler;
    const Compilation failed = compile(wanted);
    ASSERT_FALSE(failed.program);
    EXPECT_THAT(failed.program.error().message(), HasSubstr("dir/gone.h"));
    EXPECT_TRUE(std::ranges::is_sorted(failed.build.inputs));
    EXPECT_THAT(failed.build.inputs,
                AllOf(Contains(source), Contains(near), Contains(inner),
                      Contains(OFN_TEST_INCLUDE_DIR "/ofn/function.h"),
                      Contains(path("s/dir/gone.h")), Contains(path("i/dir/gone.h")),
                      Contains(path("i/late.h")), Contains("/usr/include/late.h")));
    EXPECT_THAT(failed.build.inputs, Not(Contains(HasSubstr("/tmp-"))));
    files_.write("s/dir/gone.h", "#define GONE \"g\"\n");
    files_.write("i/late.h", "#define LATE \"l\"\n");
    const Compilation mended = compile(wanted);
    EXPECT_TRUE(mended.program) << mended.program.error().text();

    files_.write("s/in/inner.h", "#error \"not now\"\n");
    const Compilation refused = compile(wanted);
    ASSERT_FALSE(refused.program);
    EXPECT_THAT(refused.build.inputs,
                AllOf(Contains(source), Contains(near), Contains(inner),
                      Contains(path("s/dir/gone.h")), Contains(path("i/late.h"))));
    fs::remove_all(path("s/dir"));
    fs::remove_all(path("i"));
  }
}

TEST_F(CompileTest, AProgramThatDoesNotLinkNamesTheLibrariesThatItMisses) {
  const std::string header = files_.write("number.h", "int number();\n");
  const std::string source =
      files_.write("f.cc", kHead +
                               "#include \"number.h\"\nstd::string function() { return "
                               "std::to_string(number()); }\n");
  const std::string lib = path("lib");
  fs::create_directory(lib);
  const Compilation failed =
      compile(source, "-O0 -L" + lib + " -lnumber -Wl," + path("a.o") + " " + path("b.a"));
  ASSERT_FALSE(failed.program);
  EXPECT_THAT(failed.build.inputs,
              AllOf(Contains(source), Contains(header), Contains(lib + "/libnumber.so"),
                    Contains(lib + "/libnumber.a"), Contains(path("a.o")), Contains(path("b.a")),
                    Not(Contains(lib))));
}

TEST_F(CompileTest, WhatFailsBeforeACompilerRunsNamesItsFile) {
  const Compilation absent = compile(path("absent.cc"));
  ASSERT_FALSE(absent.program);
  EXPECT_THAT(absent.build.inputs, ElementsAre(path("absent.cc")));
  const std::string source = files_.write("f.cc", kHead);
  const Compilation badly_named = compile(request(source, "no such"));
  ASSERT_FALSE(badly_named.program);
  EXPECT_THAT(badly_named.build.inputs, ElementsAre(source));
  const Compilation no_flags = compile(source, "@" + path("flags"));
  ASSERT_FALSE(no_flags.program);
  EXPECT_THAT(no_flags.build.inputs, AllOf(Contains(source), Contains(path("flags"))));
  const Compilation forced = compile(source, "-include " + path("forced.h"));
  ASSERT_FALSE(forced.program);
  EXPECT_THAT(forced.build.inputs, AllOf(Contains(source), Contains(path("forced.h"))));
  EXPECT_THAT(fs::is_empty(folder_), Eq(true));
}

TEST_F(CompileTest, AStoppedBuildIsCancelled) {
  LoadRequest wanted = request(files_.write("f.cc", kHead));
  std::stop_source stop;
  stop.request_stop();
  wanted.stop = stop.get_token();
  const Compilation made = compile(wanted);
  ASSERT_FALSE(made.program);
  EXPECT_EQ(made.program.error().code(), Code::kCancelled);
}

TEST_F(CompileTest, OfAFolderTheFoldersForNewSourcesAreTold) {
  files_.write("d/f.cc",
               kHead + "std::string word();\nstd::string function() { return word(); }\n");
  files_.write("d/in/deep/notes.txt", "");
  files_.write("d/.git/x.cc", "");
  files_.write("d/out/CMakeCache.txt", "");
  const std::string d = path("d");
  const Compilation failed = compile(d);
  EXPECT_FALSE(failed.program);
  EXPECT_THAT(failed.build.folders, ElementsAre(d, d + "/in", d + "/in/deep"));
  files_.write("d/in/word.cc", "#include <string>\nstd::string word() { return \"w\"; }\n");
  const Compilation made = compile(d);
  ASSERT_TRUE(made.program) << made.program.error().text();
  EXPECT_EQ(made.build.folders, failed.build.folders);
  EXPECT_THAT(compile(d + "/f.cc").build.folders, IsEmpty());
  for (const char* name : {"a.cc", "in/a.cpp", "a.h", "CMakeLists.txt", "b.cmake", "b.h.in"}) {
    EXPECT_TRUE(may_join(name)) << name;
  }
  for (const char* name : {"a.txt", "data/count", "a.cc~", ".a.cc.swp", ".#a.cc", "4913", "a.o"}) {
    EXPECT_FALSE(may_join(name)) << name;
  }
}

TEST_F(CompileTest, WhatCompilesIsKeptBesideWhatDoesNot) {
  files_.write("d/a.cc", "int a = wrold;\n");
  files_.write("d/b.cc", kHead + "std::string function() { return \"b\"; }\n");
  EXPECT_FALSE(compile(path("d")).program);
  files_.write("d/a.cc", "int a = 1;\n");
  const Compilation made = compile(path("d"));
  ASSERT_TRUE(made.program) << made.program.error().text();
  EXPECT_EQ(made.build.commands, 2U) << "one compiler, one linker";
}

TEST_F(CompileTest, OfACMakeProjectOnlyWhatCanChangeTheBuildIsAnInput) {
  files_.write("p/CMakeLists.txt",
               "cmake_minimum_required(VERSION 3.16)\nproject(p CXX)\n"
               "find_package(ofn REQUIRED)\ninclude(own/settings.txt)\n"
               "add_custom_command(OUTPUT gen.h DEPENDS words.txt\n"
               "  COMMAND cmake -E copy ${CMAKE_CURRENT_SOURCE_DIR}/words.txt gen.h)\n"
               "add_library(p MODULE f.cc gen.h)\n"
               "target_include_directories(p PRIVATE ${CMAKE_CURRENT_BINARY_DIR} ../outside)\n"
               "target_link_libraries(p PRIVATE ofn::function)\n");
  files_.write("p/own/settings.txt", "");
  files_.write("p/words.txt", "#define WORD \"w\"\n");
  files_.write("p/data/count", "1");
  const std::string source = files_.write(
      "p/f.cc",
      kHead +
          "#include \"gen.h\"\n#include <later.h>\nstatic std::string f() { return WORD; }\n"
          "OFN_FUNCTION(f)\n");
  const std::string p = path("p");
  const Compilation failed = compile(p);
  ASSERT_FALSE(failed.program);
  EXPECT_THAT(failed.build.inputs,
              AllOf(Contains(source), Contains(p + "/CMakeLists.txt"), Contains(p + "/later.h"),
                    Contains(path("outside/later.h"))));
  files_.write("outside/later.h", "");
  const Compilation made = compile(p);
  ASSERT_TRUE(made.program) << made.program.error().text();
  EXPECT_THAT(made.build.inputs,
              AllOf(Contains(source), Contains(p + "/CMakeLists.txt"), Contains(p + "/words.txt"),
                    Contains(p + "/own/settings.txt"), Contains(path("outside/later.h")),
                    Not(Contains(p + "/data/count")),
                    Not(Contains(HasSubstr(shared_cache->path().native())))));
  EXPECT_THAT(made.build.folders, ElementsAre(p, p + "/data", p + "/own"));
  const auto program = load_made(made, p);
  ASSERT_TRUE(program) << program.error().text();
  EXPECT_EQ(call(program->functions.front()), "w");
}

TEST_F(CompileTest, WhatTheCompilerSaysIsAlsoAList) {
  files_.write("d/h.h", "inline int h(int unused) { return 1; }\n");
  files_.write("d/a.cc", "#include \"h.h\"\n");
  for (const std::string& compiler : compilers()) {
    SCOPED_TRACE(compiler);
    LoadRequest wanted = request(path("d"), {}, "-Wall -Wextra");
    wanted.compiler = compiler;
    const auto seen = [&] {
      std::vector<std::string> texts;
      for (const Diagnostic& each : compile(wanted).build.diagnostics) {
        EXPECT_THAT(each.message, Not(AnyOf(HasSubstr("error:"), HasSubstr("\n"), IsEmpty())));
        EXPECT_GT(each.column, 0U);
        texts.push_back(fs::path(each.file).filename().native() + ":" + std::to_string(each.line) +
                        (each.severity == Diagnostic::Severity::kError ? " error" : " warning"));
      }
      return texts;
    };
    files_.write("d/b.cc", "#include \"h.h\"\nint b = wrold;\nint c = x;\n");
    EXPECT_THAT(seen(), UnorderedElementsAre("h.h:1 warning", "b.cc:2 error", "b.cc:3 error"));
    files_.write("d/b.cc", "#include \"h.h\"\n");
    EXPECT_THAT(seen(), ElementsAre("h.h:1 warning"));
    EXPECT_THAT(seen(), ElementsAre("h.h:1 warning")) << "from the cache";
  }
}

TEST(MissingHeaders, AreReadFromMessagesInAnyLanguage) {
  const TemporaryDirectory files;
  const std::string source =
      files.write("f.cc", "#include \"a.h\"\n # include <d/b.h>\nint x;\n#include MACRO\n");
  const auto missing = loader::missing_headers(
      "f.cc:1:10: schwerwiegender Fehler: a.h: Datei oder Verzeichnis nicht gefunden\n" + source +
          ":2:12: fatal error: 'd/b.h' file not found\n" + source + ":3: error: x\n" + source +
          ":4:10: error: y\n" + source + ":99: error: z\nno place: 1\ngone.cc:1: error\n:1:\n",
      files.path());
  EXPECT_THAT(missing.names, ElementsAre("a.h", "d/b.h"));
  EXPECT_THAT(missing.included_by, ElementsAre(source, source));
}

}  // namespace
}  // namespace ofn
