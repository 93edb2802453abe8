// The sources and flags of a program, and the messages for an author if they do not make one. Each
// case compiles a tiny source with the compiler of this machine.
#include <algorithm>
#include <csignal>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "loader/loader_stage_for_test.h"
#include "loader/process.h"
#include "testing/recording_log.h"

namespace ofn {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kHead = "#include <ofn/function.h>\n";

// Expects a message so short that a terminal shows it completely.
void expect_short(const std::string& message) {
  EXPECT_LE(std::ranges::count(message, '\n'), 12) << message;
  for (std::size_t begin = 0; begin < message.size();) {
    const auto end = std::min(message.find('\n', begin), message.size());
    EXPECT_LE(end - begin, 200U) << message.substr(begin, end - begin);
    begin = end + 1;
  }
}

TEST_F(LoaderTest, TheFolderOfAllSourcesIsOnTheIncludePath) {
  files_.write("d/lib/p.h", "#include <string>\nstd::string p();\n");
  files_.write("d/lib/p.cc", "#include \"lib/p.h\"\nstd::string p() { return \"p\"; }\n");
  files_.write(
      "d/f.cc",
      kHead + "#include <lib/p.h>\nstatic std::string f() { return p(); }\nOFN_FUNCTION(f)\n");
  const auto program = load(request((files_.path() / "d").native()), log_);
  ASSERT_TRUE(program) << program.error().text();
  EXPECT_EQ(call(program->functions[0]), "p");
}

TEST_F(LoaderTest, WhatIsLeftOutIsTold) {
  files_.write(
      "d/f.cc",
      kHead + "std::string word();\nstatic std::string f() { return word(); }\nOFN_FUNCTION(f)\n");
  files_.write("d/builders/word.cc", "#include <string>\nstd::string word() { return \"w\"; }\n");
  files_.write("d/out/CMakeCache.txt", "");
  files_.write("d/out/x.cc", "#error not part of the program\n");
  files_.write("d/empty/CMakeCache.txt", "");
  files_.write("d/f_test.cc", "#error not part of the program\n");
  files_.write("d/.git/x.cc", "#error not part of the program\n");
  files_.write("elsewhere/x.cc", "#error not part of the program\n");
  fs::create_directory_symlink(files_.path() / "elsewhere", files_.path() / "d" / "link");
  const std::string d = (files_.path() / "d").native();
  const std::string left_out = d + "/f_test.cc (a test), " + d + "/link (a link to a folder), " +
                               d + "/out (a CMake build folder)";
  testing::RecordingLog log;
  const auto program = load(request(d), log);
  ASSERT_TRUE(program) << program.error().text();
  EXPECT_EQ(call(program->functions[0]), "w");
  EXPECT_THAT(log.text(), HasSubstr(left_out));

  fs::remove(files_.path() / "d" / "builders" / "word.cc");
  EXPECT_THAT(message_of(load(request(d), log_)), EndsWith("left out of the sources: " + left_out));
}

// Such as /tmp, or a home. The search ends soon, and says why.
TEST_F(LoaderTest, AFolderWithTooMuchInItIsRefused) {
  const std::string d = (files_.path() / "d").native();
  files_.write("d/f.cc", kHead + "static std::string f() { return \"f\"; }\nOFN_FUNCTION(f)\n");
  for (int i = 0; i < 1000; ++i) files_.write("d/more/" + std::to_string(i) + ".cc", "");
  EXPECT_THAT(message_of(load(request(d), log_)),
              AllOf(HasSubstr("has more than 1000 C++ source files"),
                    HasSubstr("name the folder that has only the function's sources")));
  fs::remove_all(files_.path() / "d" / "more");
  fs::create_directories(files_.path() / "d" / "data");
  // Links cost the test less than files.
  for (int i = 0; i < 20'000; ++i)
    fs::create_symlink("x", files_.path() / "d" / "data" / std::to_string(i));
  EXPECT_THAT(message_of(load(request(d), log_)),
              HasSubstr("has more than 20000 files and folders"));
}

TEST_F(LoaderTest, ASourceIsTheFileThatTheSystemOpens) {
  files_.write("real/deep/x", "");
  files_.write("real/up.cc",
               kHead + "#include \"near.h\"\nstd::string function() { return NEAR; }\n");
  files_.write("real/near.h", "#define NEAR \"near\"\n");
  files_.write("up.cc", "#error another file\n");
  fs::create_directory_symlink(files_.path() / "real" / "deep", files_.path() / "l");
  const std::string base = files_.path().native();
  for (const std::string& source :
       {base + "/l/../up.cc", base + "/l/.././up.cc", base + "/./real/up.cc"}) {
    const auto program = load(request(source), log_);
    ASSERT_TRUE(program) << program.error().text();
    EXPECT_EQ(call(program->functions[0]), "near") << source;
  }
}

TEST_F(LoaderTest, AFileMayHaveAnyName) {
  for (const char* name : {"a b.cc", "a\nb.cc", "a\"b.cc", "a\\b.cc", "a'b.cc", "a=b.cc", "$a`.cc",
                           "\xc3\xa4.cc", "-x.cc", "a=b/c d.cc"}) {
    SCOPED_TRACE(name);
    const std::string source =
        files_.write(name, kHead + "#include \"" + std::string("own.h") +
                               "\"\nstd::string function() { return __FILE__; }\n");
    files_.write((fs::path(name).parent_path() / "own.h").native(), "");
    const auto program = load(request(source), log_);
    ASSERT_TRUE(program) << program.error().text();
    EXPECT_EQ(call(program->functions[0]), source);
    const auto again = load(request(source), log_);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->build.commands, 0U);
    files_.write(name, kHead + "int x = wrold;\n");
    EXPECT_THAT(message_of(load(request(source), log_)), HasSubstr(source + ":2:9: error: "));
  }
}

TEST_F(LoaderTest, TheSameFileIsFoundFromEveryFolder) {
  const std::string source =
      files_.write("f.cc", kHead + "std::string function() { return \"f\"; }\n");
  const std::string flags = "-O0 -DX=1 -I" + files_.path().native();
  const fs::path before = fs::current_path();
  ASSERT_TRUE(load(request(source, {}, flags), log_));
  fs::current_path(files_.path());
  const auto elsewhere = load(request("f.cc", {}, flags), log_);
  const auto relative = load(request("f.cc", {}, "-O0 -DX=1 -I."), log_);
  fs::current_path(before);
  ASSERT_TRUE(elsewhere) << elsewhere.error().text();
  EXPECT_EQ(elsewhere->build.commands, 0U);
  ASSERT_TRUE(relative) << relative.error().text();
  EXPECT_GT(relative->build.commands, 0U);
}

TEST_F(LoaderTest, TheAuthorsFileIsTheMainFile) {
  const auto warnings = [&](const std::string& text) {
    testing::RecordingLog log;
    const std::string source = files_.write(
        "hello.cc", kHead + text + "std::string function() { return __BASE_FILE__; }\n");
    const auto program = load(request(source, {}, "-O0 -Wall -Wextra"), log);
    EXPECT_TRUE(program) << (program ? "" : program.error().text());
    if (program) {
      EXPECT_EQ(call(program->functions[0]), source);
    }
    return log.text();
  };
  EXPECT_THAT(warnings("namespace { struct Inner { int x; }; }\nstruct Outer { Inner inner; };\n"),
              Not(HasSubstr("the compiler warns")));
  EXPECT_THAT(
      warnings("static const auto wait = [](const ofn::Request&) -> ofn::task<ofn::Response> {\n"
               "  co_await ofn::sleep_for(std::chrono::seconds(1));\n  co_return \"\";\n};\n"
               "ofn::task<ofn::Response> waits(const ofn::Request& r) { co_return co_await "
               "wait(r); }\n"),
      Not(HasSubstr("the compiler warns")));
  // The compiler's own messages are for the author, even at a start that compiles nothing.
  const std::string ignored =
      "ofn::task<ofn::Out> ignores(ofn::Context& context) {\n  context.async_send(\"a\");\n  "
      "co_return \"\";\n}\n";
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(warnings(ignored), AllOf(HasSubstr("hello.cc:3:26: warning: "),
                                         HasSubstr("co_await it"), Not(HasSubstr("tmp-"))));
  }
}

TEST_F(LoaderTest, TheOnlyFunctionThatCanBeServedIsServed) {
  const auto check = [&](const std::string& text, const char* name, const char* body) {
    SCOPED_TRACE(text);
    const auto program = load_source(kHead + text);
    ASSERT_TRUE(program) << program.error().text();
    EXPECT_THAT(names_of(*program), ElementsAre(name));
    EXPECT_EQ(call(program->functions[0]), body);
  };
  check("std::string greet(const ofn::Request&) { return \"hi\"; }\n", "greet", "hi");
  check(
      "int add(int a, int b) { return a + b; }\nnamespace app { ofn::Response greet() { return "
      "\"hi\"; } }\n",
      "app::greet", "hi");
  check(
      "static std::string word() { return \"hi\"; }\nstd::string greet(const ofn::Request&) { "
      "return word(); }\n",
      "greet", "hi");
  check("namespace { std::string greet(const ofn::Request&) { return \"hi\"; } }\n", "greet", "hi");
  check("std::string greet() { return \"hi\"; }\nstd::string function() { return \"ho\"; }\n",
        "function", "ho");
  check(
      "#if 0\nstd::string other() { return {}; }\n#endif\nstd::string greet() { return \"hi\"; }\n",
      "greet", "hi");
  check("std::string greet(int) { return \"\"; }\nstd::string greet() { return \"hi\"; }\n",
        "greet", "hi");

  testing::RecordingLog log;
  ASSERT_TRUE(load(request((files_.path() / "hello.cc").native()), log));
  EXPECT_THAT(log.text(),
              AllOf(HasSubstr("serving the only function that can be served"), HasSubstr("greet")));
}

TEST_F(LoaderTest, SeveralFunctionsThatCanBeServedAreListed) {
  const std::string message =
      message_of(load_source(kHead + "std::string a(const ofn::Request&) { return {}; }\nnamespace "
                                     "n { void b(const ofn::CloudEvent&) {} }\n"));
  EXPECT_THAT(
      message,
      AllOf(HasSubstr("has 2 functions that can be served:\n  a (http)\n  n::b (cloudevent)\n"),
            HasSubstr("--target a")));
  expect_short(message);
}

TEST_F(LoaderTest, OverloadsThatCanBothBeServedAreNamed) {
  const std::string message = message_of(load_source(
      kHead +
          "std::string f(const ofn::Request&) { return {}; }\nvoid f(const ofn::CloudEvent&) {}\n",
      "f"));
  EXPECT_THAT(
      message,
      HasSubstr("has several functions named f that can be served:\n  f(ofn::Request const&)\n"
                "  f(ofn::CloudEvent const&)\nrename all but one"));
  expect_short(message);
}

TEST_F(LoaderTest, WhatCannotBeServedIsToldInAFewLines) {
  expect_short(message_of(load_source(kHead + "int f(int n) { return n; }\n", "f")));
  expect_short(message_of(load_source(kHead + "extern \"C\" int SHA256(const char*);\nstd::string "
                                              "f() { return std::to_string(SHA256(\"\")); }\n",
                                      "f")));
  expect_short(message_of(
      load_source(kHead + "#include <ofn/run.h>\nstd::string f() { return {}; }\nOFN_FUNCTION(f)\n"
                          "int main(int c, char** v) { return ofn::run(c, v); }\n")));
}

TEST_F(LoaderTest, ALinkErrorSaysWhatIsMissingAndWhatToType) {
  const std::string text = kHead +
                           "extern \"C\" int SHA256(const char*);\nstd::string f() { return "
                           "std::to_string(SHA256(\"\")); }\n";
  for (const char* flags : {"-O0", "-O0 -fuse-ld=bfd", "-O0 -g -fuse-ld=bfd"}) {
    EXPECT_THAT(
        message_of(load_source(text, "f", flags)),
        AllOf(ContainsRegex("\n  SHA256, used in f\\(\\) of hello.cc(:3)?\n    add --cxxflags "
                            "-lcrypto \\(package libssl-dev\\)"),
              Not(HasSubstr("tmp-")), Not(HasSubstr(".o"))))
        << flags;
  }
  EXPECT_THAT(message_of(load_source(
                  kHead + "#include <ofn/run.h>\nstd::string f() { return {}; }\nOFN_FUNCTION(f)\n"
                          "int main(int c, char** v) { return ofn::run(c, v); }\n")),
              HasSubstr("has a main that calls ofn::run"));
}

TEST_F(LoaderTest, WhatIsForTheLinkerGoesToTheLinker) {
  const std::string source = files_.write("number.cc", "int number() { return 7; }\n");
  const std::string object = (files_.path() / "number.o").native();
  const std::string library = (files_.path() / "lib" / "libnumber.a").native();
  fs::create_directories(fs::path(library).parent_path());
  ASSERT_TRUE(loader::run({.arguments = {"g++", "-fPIC", "-c", source, "-o", object}}, {})->ok());
  ASSERT_TRUE(loader::run({.arguments = {"ar", "rcs", library, object}}, {})->ok());
  const std::string folder = fs::path(library).parent_path().native();
  const std::string text =
      kHead + "int number();\nstd::string f() { return std::to_string(number()); }\n";
  files_.write("d/f.cc", text + "OFN_FUNCTION(f)\n");
  const std::string listed = files_.write("flags", "-L" + folder + " -lnumber");
  for (const std::string& flags :
       {library, object, "-L" + folder + " -lnumber", "-L " + folder + " -l number",
        "-Wl," + library, "-Xlinker " + library, "@" + listed,
        "-pthread -static-libstdc++ -static-libgcc " + library}) {
    SCOPED_TRACE(flags);
    const auto program = load_source(text, "f", "-O0 " + flags);
    ASSERT_TRUE(program) << program.error().text();
    EXPECT_EQ(call(program->functions[0]), "7");
  }
  const auto folder_of_sources =
      load(request((files_.path() / "d").native(), "f", "-O0 " + library), log_);
  ASSERT_TRUE(folder_of_sources) << folder_of_sources.error().text();
  files_.write(
      "d/CMakeLists.txt",
      "cmake_minimum_required(VERSION 3.20)\nproject(p LANGUAGES CXX)\nfind_package(ofn REQUIRED)\n"
      "add_library(functions MODULE f.cc)\ntarget_link_libraries(functions PRIVATE "
      "ofn::function)\n");
  const auto project = load(request((files_.path() / "d").native(), "f", "-O0 " + library), log_);
  ASSERT_TRUE(project) << project.error().text();
  EXPECT_EQ(call(project->functions[0]), "7");
}

TEST_F(LoaderTest, NoStartWaitsForAPrecompiledHeader) {
  LoadRequest fresh =
      request(files_.write("f.cc", kHead + "std::string function() { return \"1\"; }\n"));
  fresh.cache_dirs = {files_.path() / "cache"};
  const auto has_header = [&] {
    const fs::directory_iterator all(fresh.cache_dirs.front());
    return std::any_of(begin(all), end(all),
                       [](const auto& e) { return e.path().extension() == ".gch"; });
  };
  for (const char* number : {"1", "2", "3"}) {
    files_.write("f.cc", kHead + "std::string function() { return \"" + number + "\"; }\n");
    const auto program = load(fresh, log_);
    ASSERT_TRUE(program) << program.error().text();
    EXPECT_EQ(program->build.commands, 2U) << "one compiler, one linker";
    EXPECT_EQ(program->build.precompiling_pays, number != std::string("1"));
    EXPECT_FALSE(has_header());
  }
  const auto made = prepare(fresh, log_);
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_TRUE(has_header());
  EXPECT_EQ(made->commands, 2U) << "the header, and the code that it only declares";
  EXPECT_EQ(prepare(fresh, log_)->commands, 0U);
  files_.write("f.cc", kHead + "std::string function() { return __FILE__; }\n");
  const auto after = load(fresh, log_);
  ASSERT_TRUE(after) << after.error().text();
  EXPECT_FALSE(after->build.precompiling_pays);
  EXPECT_EQ(call(after->functions[0]), fresh.source);
}

// Behind the precompiled header, an object only declares some code, which is linked to it.
TEST_F(LoaderTest, AProgramHasTheCodeThatThePrecompiledHeaderOnlyDeclares) {
  const auto source = [&](std::string_view result) {
    return files_.write("f.cc", kHead +
                                    "std::string function(const ofn::Request& r) {\n"
                                    "  return r.query(\"q\").value_or(\"none\") + \" " +
                                    std::string(result) + "\";\n}\n");
  };
  LoadRequest fresh = request(source("plain"));
  fresh.cache_dirs = {files_.path() / "cache"};
  ASSERT_TRUE(load(fresh, log_));
  ASSERT_TRUE(prepare(fresh, log_));
  // In this order: an object that was compiled plainly stays good.
  for (const auto& [result, commands] :
       {std::pair("plain", 0U), std::pair("precompiled", 2U), std::pair("precompiled", 0U)}) {
    source(result);
    const auto program = load(fresh, log_);
    ASSERT_TRUE(program) << program.error().text();
    EXPECT_EQ(program->build.commands, commands) << result;
    EXPECT_EQ(call(program->functions[0]), std::string("none ") + result);
  }
  for (const auto& entry : fs::directory_iterator(fresh.cache_dirs.front())) {
    if (entry.path().extension() == ".gch") fs::remove(entry.path());
  }
  const auto program = load(fresh, log_);
  ASSERT_TRUE(program) << program.error().text();
  EXPECT_EQ(program->build.commands, 2U) << "the object was of no use without the kept code";
  EXPECT_EQ(call(program->functions[0]), "none precompiled");
}

}  // namespace
}  // namespace ofn
