// What a program is compiled for: Profile and sanitizers. Each case compiles a tiny source with the
// compilers of this machine.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "loader/loader_stage_for_test.h"
#include "loader/process.h"
#include "loader/sanitizers.h"
#include "testing/recording_log.h"

namespace ofn {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string kHead = "#include <ofn/function.h>\n";

std::string words_of(const Build& build) {
  std::string text;
  for (const CompilerWarning& warning : build.warnings) text += warning.text;
  return text;
}

class ProfileTest : public LoaderTest {
 protected:
  ProfileTest() { fs::create_directory(folder_); }
  LoadRequest developing(const std::string& source, const std::string& flags = "") const {
    LoadRequest wanted = request(source, {}, flags);
    wanted.profile = Profile::kDevelop;
    return wanted;
  }
  std::string served(const LoadRequest& wanted, std::string_view body = "") {
    const auto program = load(wanted, log_);
    EXPECT_TRUE(program) << program.error().text();
    return program ? call(program->functions.front(), body) : "";
  }

  fs::path folder_ = files_.path() / "made";
};

TEST_F(ProfileTest, ADevelopersProgramIsForTheDebuggerUnlessTheAuthorSaysOtherwise) {
  const std::string source =
      files_.write("f.cc", kHead +
                               "#ifdef __OPTIMIZE__\n#define SPEED \"fast\"\n#else\n"
                               "#define SPEED \"plain\"\n#endif\n"
                               "#ifdef _GLIBCXX_ASSERTIONS\n#define CHECKS \" checked\"\n"
                               "#else\n#define CHECKS \"\"\n#endif\n"
                               "std::string function() { return SPEED CHECKS; }\n");
  for (const std::string& compiler : compilers()) {
    SCOPED_TRACE(compiler);
    const auto check = [&](Profile profile, const std::string& flags, const char* expected) {
      LoadRequest wanted = request(source, {}, flags);
      wanted.compiler = compiler;
      wanted.profile = profile;
      EXPECT_EQ(served(wanted), expected) << flags;
    };
    check(Profile::kServe, "", "fast");
    check(Profile::kDevelop, "", "plain checked");
    check(Profile::kDevelop, "-O2 -U_GLIBCXX_ASSERTIONS", "fast");
  }
  const auto made = compile(developing(source), folder_, log_);
  ASSERT_TRUE(made.program) << made.program.error().text();
  const auto sections = loader::run({.arguments = {"readelf", "-S", made.program->native()}}, {});
  ASSERT_TRUE(sections);
  EXPECT_THAT(sections->output, HasSubstr(".debug_info"));
}

TEST_F(ProfileTest, AProjectOfCMakeIsBuiltForTheDebugger) {
  files_.write("p/CMakeLists.txt",
               "cmake_minimum_required(VERSION 3.16)\nproject(p CXX)\nfind_package(ofn REQUIRED)\n"
               "add_library(p MODULE f.cc)\ntarget_link_libraries(p PRIVATE ofn::function)\n"
               "target_compile_definitions(p PRIVATE TYPE=\"${CMAKE_BUILD_TYPE}\")\n");
  files_.write("p/f.cc", kHead +
                             "#ifdef _GLIBCXX_ASSERTIONS\n#define CHECKS \" checked\"\n#else\n"
                             "#define CHECKS \"\"\n#endif\n"
                             "static std::string f() { return TYPE CHECKS; }\nOFN_FUNCTION(f)\n");
  EXPECT_EQ(served(developing((files_.path() / "p").native())), "Debug checked");
  EXPECT_EQ(served(request((files_.path() / "p").native())), "Release");
}

TEST_F(ProfileTest, WarningsInAProjectOfCMakeAreTold) {
  files_.write("w/CMakeLists.txt",
               "cmake_minimum_required(VERSION 3.16)\nproject(p CXX)\nfind_package(ofn REQUIRED)\n"
               "add_library(p MODULE f.cc)\ntarget_link_libraries(p PRIVATE ofn::function)\n");
  files_.write("w/f.cc",
               kHead + "static std::string f() { int left; return \"\"; }\nOFN_FUNCTION(f)\n");
  testing::RecordingLog log;
  const auto made = compile(developing((files_.path() / "w").native()), folder_, log);
  ASSERT_TRUE(made.program) << made.program.error().text();
  EXPECT_EQ(made.build.diagnostics.size(), 1U);
  EXPECT_THAT(words_of(made.build), HasSubstr("f.cc:2:30: warning: "));
  EXPECT_THAT(log.text(), Not(HasSubstr("warns")));
}

// The framework's own code in a program gives no warning.
TEST_F(ProfileTest, TheAuthorsWarningsAreToldOnceForEachBuild) {
  files_.write("d/word.h",
               "#include <string>\ninline std::string word(int unused) { return \"w\"; }\n");
  files_.write("d/a.cc", kHead +
                             "#include \"word.h\"\n"
                             "static std::string function() { return word(1); }\n");
  files_.write("d/b.cc", "#include \"word.h\"\n[[maybe_unused]] static const auto b = word(2);\n");
  files_.write("clean.cc", kHead +
                               "static std::string other() { return \"o\"; }\n"
                               "std::string function() { return other(); }\n");
  for (const std::string& compiler : compilers()) {
    SCOPED_TRACE(compiler);
    for (int build = 0; build < 2; ++build) {  // compiled, and from the cache
      testing::RecordingLog log;
      LoadRequest wanted = developing((files_.path() / "d").native());
      wanted.compiler = compiler;
      const auto made = compile(wanted, folder_, log);
      ASSERT_TRUE(made.program) << made.program.error().text();
      const std::string text = words_of(made.build);
      EXPECT_THAT(log.text(), Not(HasSubstr("warns"))) << "they are in the result";
      const auto first = text.find("word.h:2:");
      EXPECT_NE(first, std::string::npos) << text;
      EXPECT_EQ(text.find("word.h:2:", first + 1), std::string::npos) << text;
      wanted.source = (files_.path() / "clean.cc").native();
      const auto clean = compile(wanted, folder_, log);
      ASSERT_TRUE(clean.program);
      EXPECT_THAT(clean.build.warnings, IsEmpty());
    }
  }
}

TEST_F(ProfileTest, ThePrecompiledHeaderOfTheProfileIsUsed) {
  for (const std::string& compiler : compilers()) {
    SCOPED_TRACE(compiler);
    // GCC's -H lists the precompiled header that it reads, and -Winvalid-pch says why it reads none.
    // Clang reads one or fails.
    const bool is_gcc = compiler == "g++";
    LoadRequest wanted = developing("", is_gcc ? "-H -Werror -Winvalid-pch" : "-Werror");
    wanted.compiler = compiler;
    wanted.cache_dirs = {files_.path() / ("cache-" + compiler)};
    const auto edit = [&](const std::string& word) {
      // A typed function shows more of the header than others.
      wanted.source = files_.write(
          "f.cc", kHead +
                      "#include <ofn/typed.h>\nstruct A { std::vector<std::string> words; };\n"
                      "OFN_FIELDS(A, words)\nA typed(const A& a) { return a; }\n"
                      "static std::string function() { return \"" +
                      word + "\"; }\nOFN_FUNCTION(function)\nOFN_FUNCTION(typed)\n");
    };
    edit("1");
    EXPECT_FALSE(compile(wanted, folder_, log_).build.precompiling_pays);
    edit("2");
    EXPECT_TRUE(compile(wanted, folder_, log_).build.precompiling_pays);
    LoadRequest to_serve = wanted;
    to_serve.profile = Profile::kServe;
    EXPECT_EQ(prepare(to_serve, log_)->commands, 2U);
    edit("3");
    EXPECT_TRUE(compile(wanted, folder_, log_).build.precompiling_pays) << "one of other flags";
    EXPECT_EQ(prepare(wanted, log_)->commands, 2U);
    EXPECT_EQ(prepare(wanted, log_)->commands, 0U);
    edit("4");
    testing::RecordingLog log;
    const auto made = compile(wanted, folder_, log);
    ASSERT_TRUE(made.program) << made.program.error().text();
    EXPECT_FALSE(made.build.precompiling_pays);
    EXPECT_THAT(made.build.inputs, Contains(OFN_TEST_INCLUDE_DIR "/ofn/request.h"));
    if (is_gcc) {
      EXPECT_THAT(words_of(made.build), AllOf(HasSubstr("! "), HasSubstr(".h.gch")));
    }
    const fs::directory_iterator cache(wanted.cache_dirs.front());
    EXPECT_EQ(
        std::count_if(begin(cache), end(cache),
                      [](const auto& entry) { return entry.path().native().ends_with(".kept.o"); }),
        1);
    EXPECT_EQ(served(wanted), "4");

    wanted.source = files_.write("g.cc", kHead + "#include \"gone.h\"\n");
    const auto failed = compile(wanted, folder_, log_);
    ASSERT_FALSE(failed.program);
    EXPECT_THAT(failed.build.inputs,
                AllOf(Contains(wanted.source), Contains((files_.path() / "gone.h").native()),
                      Contains(OFN_TEST_INCLUDE_DIR "/ofn/request.h")));
  }
}

// Clang would read the author's file in the precompiled header and once more.
TEST_F(ProfileTest, AnotherHeaderThatComesFirstIsReadOnce) {
  const std::string first = files_.write("first.h", "struct First {};\n");
  for (const std::string& compiler : compilers()) {
    SCOPED_TRACE(compiler);
    LoadRequest wanted =
        developing(files_.write("f.cc", "std::string function() { First first; return \"f\"; }\n"),
                   "-w -include " + first);
    wanted.compiler = compiler;
    ASSERT_TRUE(prepare(wanted, log_));
    EXPECT_EQ(served(wanted), "f");
  }
}

TEST_F(ProfileTest, OnlyTheChangedFileOfAFolderIsCompiledAgain) {
  for (const char* name : {"a", "b", "c", "d"}) {
    files_.write(std::string("d/") + name + ".cc",
                 std::string("int ") + name + "() { return 1; }\n");
  }
  files_.write("d/f.cc", kHead + "std::string function() { return \"f\"; }\n");
  const LoadRequest wanted = developing((files_.path() / "d").native());
  const auto first = compile(wanted, folder_, log_);
  ASSERT_TRUE(first.program) << first.program.error().text();
  EXPECT_EQ(first.build.commands, 6U);
  files_.write("d/c.cc", "int c() { return 2; }\n");
  EXPECT_EQ(compile(wanted, folder_, log_).build.commands, 2U);
}

TEST_F(ProfileTest, TheRuntimesOfSanitizersAreFoundOrTheReasonIsTold) {
  const auto runtimes = [&](const std::string& sanitizers, const std::string& compiler = "g++") {
    LoadRequest wanted = developing("f.cc");
    wanted.sanitizers = sanitizers;
    wanted.compiler = compiler;
    return sanitizer_runtimes(wanted);
  };
  EXPECT_THAT(runtimes("").value(), IsEmpty());
  const auto both = runtimes("address,undefined");
  ASSERT_TRUE(both) << both.error().text();
  ASSERT_EQ(both->size(), 2U);
  EXPECT_THAT(both->at(0).filename().native(), HasSubstr("libasan.so"));
  EXPECT_THAT(both->at(1).filename().native(), HasSubstr("libubsan.so"));
  EXPECT_TRUE(fs::is_regular_file(both->at(0)) && both->at(0).is_absolute());
  EXPECT_EQ(runtimes("address,leak").value().size(), 1U);
  for (const auto& [sanitizers, compiler, message] :
       {std::tuple("adress", "g++", "the sanitizer 'adress' cannot be used"),
        std::tuple("memory", "g++", "choose from address, undefined"),
        std::tuple("address,", "g++", "the sanitizer '' cannot be used"),
        std::tuple("address,thread", "g++", "cannot be used together"),
        std::tuple("address,address", "g++", "is named twice"),
        std::tuple("address", "no-such-compiler", "install g++")}) {
    const auto refused = runtimes(sanitizers, compiler);
    ASSERT_FALSE(refused) << sanitizers;
    EXPECT_THAT(refused.error().message(), HasSubstr(message));
  }
  for (const std::string& compiler : compilers()) {
    if (compiler != "g++") {
      EXPECT_THAT(runtimes("address", compiler).error().message(), HasSubstr("OFN_CXX=g++"));
    }
  }
}

constexpr const char* kProgramVariable = "OFN_TEST_SANITIZED_PROGRAM";

// Runs in a process with the runtime: see the next test.
TEST(PreloadedProcess, DISABLED_CallsASanitizedProgram) {
  const char* made = std::getenv(kProgramVariable);
  ASSERT_NE(made, nullptr);
  NullLog log;
  const auto program =
      load({.source = made, .shown = "f.cc", .target = {}, .cxxflags = {}, .include_dir = {}}, log);
  ASSERT_TRUE(program) << program.error().text();
  const auto answer = [&](std::string_view body) {
    return LoaderTest::call(program->functions.front(), body);
  };
  std::fprintf(stderr, "answer: %s\n", answer("abc").c_str());
  (void)answer(std::string(64, 'x'));
}

TEST_F(ProfileTest, APlainProgramWithTheRuntimeServesASanitizedFunction) {
  for (const char* sanitizer : {"address", "thread", "undefined"}) {
    if (loader::process_has_sanitizer(sanitizer))
      GTEST_SKIP() << "this program is not plain: it has the sanitizer " << sanitizer;
  }
  const struct {
    const char* sanitizers;
    const char* mistake;
    const char* report;
  } cases[] = {
      {"address,undefined", "memory[r.body().size()] = 1;", "heap-buffer-overflow"},
      {"undefined", "shift = 1 << r.body().size();", "shift exponent 64 is too large"},
  };
  for (const auto& [sanitizers, mistake, report] : cases) {
    SCOPED_TRACE(sanitizers);
    const std::string source = files_.write(
        "f.cc", kHead +
                    "#include <memory>\nvolatile int shift = 0;\n"
                    "std::string function(const ofn::Request& r) {\n"
                    "  auto memory = std::make_unique<char[]>(8);\n  " +
                    mistake +
                    "\n  return std::to_string(shift + memory[0]) + std::string(r.body());\n}\n");
    LoadRequest wanted = developing(source);
    wanted.sanitizers = sanitizers;
    wanted.compiler = "g++";
    const auto made = compile(wanted, folder_, log_);
    ASSERT_TRUE(made.program) << made.program.error().text();
    if (std::string(sanitizers).starts_with("address")) {
      EXPECT_THAT(message_of(load(request(made.program->native()), log_)),
                  HasSubstr("LD_PRELOAD=$(g++ -print-file-name=libasan.so)"));
    }
    std::string preload = "LD_PRELOAD=";
    const auto runtimes = sanitizer_runtimes(wanted);
    ASSERT_TRUE(runtimes) << runtimes.error().text();
    for (const fs::path& each : *runtimes) preload += each.native() + ":";
    const auto ran = loader::run(
        {.arguments = {"/usr/bin/env", "--unset=GTEST_TOTAL_SHARDS", "--unset=GTEST_SHARD_INDEX",
                       preload, "ASAN_OPTIONS=detect_leaks=0",
                       std::string(kProgramVariable) + "=" + made.program->native(),
                       fs::read_symlink("/proc/self/exe").native(),
                       "--gtest_also_run_disabled_tests",
                       "--gtest_filter=PreloadedProcess.DISABLED_CallsASanitizedProgram"}},
        {});
    ASSERT_TRUE(ran) << ran.error().text();
    EXPECT_NE(ran->exit_code, 0);
    EXPECT_THAT(ran->output, AllOf(HasSubstr("answer: "), HasSubstr("abc\n"), HasSubstr(report),
                                   HasSubstr("f.cc:6")));
  }
}

}  // namespace
}  // namespace ofn
