// Loads real functions: each case compiles a tiny source with the compiler of this machine.
#include "loader/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "loader/loader_stage_for_test.h"
#include "loader/process.h"

namespace ofn {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST_F(LoaderTest, ASourceFileNeedsNoMacro) {
  const std::string text =
      "#include <ofn/function.h>\n"
      "#include \"words/greeting.h\"\n"
      "namespace app { static ofn::Response hello(const ofn::Request& r) {\n"
      "  return GREETING + std::string(r.body());\n} }\n";
  files_.write("words/greeting.h", "#define GREETING \"hello \"\n");
  const auto first = load_source(text, "app::hello");
  ASSERT_TRUE(first) << first.error().text();
  ASSERT_THAT(names_of(*first), ElementsAre("app::hello"));
  EXPECT_EQ(first->functions[0].signature, Signature::kHttp);
  EXPECT_EQ(call(first->functions[0], "world"), "hello world");
  EXPECT_GE(first->build.commands, 2U);
  EXPECT_GT(first->build.cpu, Duration::zero());

  const auto again = load_source(text, "::app::hello");
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(again->build.commands, 0U);
  EXPECT_EQ(again->functions[0].invoke, first->functions[0].invoke);

  files_.write("words/greeting.h", "#define GREETING \"good morning \"\n");
  const auto edited = load_source(text, "app::hello");
  ASSERT_TRUE(edited) << edited.error().text();
  EXPECT_GT(edited->build.commands, 0U);
  EXPECT_EQ(call(edited->functions[0], "world"), "good morning world");

  files_.write("words/greeting.h", "#define GREETING \"hello \"\n");
  const auto back = load_source(text, "app::hello");
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(back->build.commands, 0U);
  EXPECT_EQ(call(back->functions[0], "world"), "hello world");
}

TEST_F(LoaderTest, EachSetOfFlagsIsAProgramOfItsOwn) {
  const char* text =
      "#include <ofn/function.h>\n"
      "#include <type_traits>\n"
      "#ifdef __OPTIMIZE__\n#define KIND \"optimized\"\n#else\n#define KIND \"plain\"\n#endif\n"
      "std::string function() { return KIND + std::to_string(__cplusplus) + WORD; }\n";
  const auto check = [&](const char* flags, const char* body) {
    SCOPED_TRACE(flags);
    const auto program = load_source(text, std::nullopt, flags);
    ASSERT_TRUE(program) << program.error().text();
    EXPECT_EQ(call(program->functions[0]), body);
  };
  check("-O0 '-DWORD=\" a b\"'", "plain202002 a b");
  check("-std=c++23 '-DWORD=\"\"'", "optimized202100");
  check("-O0 '-DWORD=\" a b\"'", "plain202002 a b");
}

TEST_F(LoaderTest, WhatTheFlagsNameIsLookedAtEachTime) {
  // A library in a folder with a blank, which linkers do not escape, and flags in a file.
  const auto write_library = [&](const std::string& number) {
    const std::string source =
        files_.write("library.cc", "int number() { return " + number + "; }\n");
    const std::string object = (files_.path() / "library.o").native();
    const std::string library = (files_.path() / "my dir" / "libnumber.a").native();
    fs::create_directories(fs::path(library).parent_path());
    ASSERT_TRUE(loader::run({{"g++", "-fPIC", "-c", source, "-o", object}}, {})->ok());
    ASSERT_TRUE(loader::run({{"ar", "rcs", library, object}}, {})->ok());
  };
  const char* text =
      "#include <ofn/function.h>\nint number();\n"
      "std::string function() { return std::to_string(number()) + WORD; }\n";
  const std::string flags = "@" + files_.write("flags", R"(-O0 -DWORD=\"a\")") + " '-L" +
                            (files_.path() / "my dir").native() + "' -lnumber";
  const auto check = [&](const char* body) {
    const auto program = load_source(text, std::nullopt, flags);
    ASSERT_TRUE(program) << program.error().text();
    EXPECT_EQ(call(program->functions[0]), body);
  };
  write_library("1");
  check("1a");
  write_library("2");
  check("2a");
  files_.write("flags", R"(-O0 -DWORD=\"b\")");
  check("2b");
}

TEST_F(LoaderTest, AFunctionMayThrowAcrossTheBorder) {
  const auto program = load_source(
      "#include <ofn/function.h>\n#include <stdexcept>\n"
      "ofn::Response function(const ofn::Request&) { throw std::out_of_range(\"thrown\"); }\n");
  ASSERT_TRUE(program) << program.error().text();
  try {
    call(program->functions[0]);
    FAIL() << "nothing was thrown";
  } catch (const std::logic_error& error) {
    EXPECT_STREQ(error.what(), "thrown");
  }
}

TEST_F(LoaderTest, WithoutATargetTheRegisteredFunctionsAreServed) {
  const char* text =
      "#include <ofn/function.h>\n"
      "#include <functional>\n"
      "using namespace std;\n"  // std::function and function: only qualified names distinguish them
      "string a() { return \"a\"; }\n"
      "namespace app { void b(const ofn::CloudEvent&) {} }\n"
      "OFN_FUNCTION(a)\nOFN_FUNCTION(app::b)\n";
  const auto all = load_source(text);
  ASSERT_TRUE(all) << all.error().text();
  EXPECT_THAT(names_of(*all), ElementsAre("a", "app::b"));
  EXPECT_EQ(all->functions[1].signature, Signature::kCloudEvent);
  const auto again = load_source(text);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->build.commands, 0U);
  const auto one = load_source(text, "app::b");
  ASSERT_TRUE(one) << one.error().text();
  EXPECT_THAT(names_of(*one), ElementsAre("app::b"));
}

TEST_F(LoaderTest, AStaticMemberFunctionIsATarget) {
  const auto program = load_source(
      "#include <ofn/function.h>\n"
      "struct Greeter { static std::string greet() { return \"hi\"; } };\n",
      "Greeter::greet");
  ASSERT_TRUE(program) << program.error().text();
  EXPECT_EQ(call(program->functions[0]), "hi");
}

TEST_F(LoaderTest, AMissingTargetListsWhatIsThere) {
  const char* text =
      "#include <ofn/function.h>\n"
      "std::string hello() { return {}; }\n"
      "namespace app { int helper(int n) { return n; } }\n"
      "std::string declared(const ofn::Request&);\n";
  const std::string source = (files_.path() / "hello.cc").native();
  EXPECT_EQ(message_of(load_source(text, "helo")),
            "File " + source +
                " is expected to contain a function named helo; it contains: app::helper, hello");
  EXPECT_EQ(message_of(load_source("#include <ofn/function.h>\n"
                                   "namespace app { int helper(int n) { return n; } }\n")),
            "File " + source +
                " is expected to contain a function named function; it contains: app::helper");
  EXPECT_EQ(message_of(load_source(text, "declared")),
            "File " + source +
                " is expected to contain a function named declared, which it declares but does not "
                "define; it contains: app::helper, hello");
  EXPECT_THAT(message_of(load_source(text, "no such")), HasSubstr("cannot be the name"));
}

TEST_F(LoaderTest, ATargetInAnUnnamedNamespaceIsToldHowToBeFound) {
  const char* text =
      "#include <ofn/function.h>\n"
      "namespace\n{ std::string hello() { return \"hidden\"; } }\n";
  const std::string hint =
      "; a function in an unnamed namespace is found by OFN_FUNCTION(hello) beside it";
  EXPECT_THAT(message_of(load_source(text, "hello", "-O0")),
              EndsWith("named hello; it contains: hello" + hint));
  EXPECT_THAT(message_of(load_source(text, "hello", "-O2")),
              EndsWith("named hello; it contains none" + hint));
  EXPECT_THAT(message_of(load_source(text, "other")), EndsWith("it contains: hello"));
  const auto program = load_source(std::string(text) + "OFN_FUNCTION(hello)\n", "hello");
  ASSERT_TRUE(program) << program.error().text();
  EXPECT_EQ(call(program->functions[0]), "hidden");
}

TEST_F(LoaderTest, AnUnsupportedSignatureSaysWhichAreSupported) {
  const auto check = [&](const char* declaration, const char* type) {
    SCOPED_TRACE(declaration);
    const auto program =
        load_source("#include <ofn/function.h>\n" + std::string(declaration) + "\n", "hello");
    EXPECT_THAT(
        message_of(program),
        AllOf(HasSubstr(std::string("defines hello, but as ") + type + ", which"),
              HasSubstr("supported are\n  ofn::Response f(const ofn::Request&)"),
              HasSubstr("void f(const ofn::CloudEvent&)"), Not(HasSubstr("static_assert"))));
  };
  check("static int hello(const ofn::Request&) { return 1; }", "int hello(const ofn::Request&)");
  check("void hello() {}", "void hello()");
  check("int hello(int n) { return n; } int hello(long) { return 1; }", "hello(int), hello(long)");
}

TEST_F(LoaderTest, ARefusedTargetRefusesNoOther) {
  const char* text =
      "#include <ofn/function.h>\n"
      "std::string good(const ofn::Request&) { return \"good\"; }\n"
      "int bad(int n) { return n; }\n"
      "struct Both { static int bad(int n) { return n; }\n"
      "              static std::string good() { return \"member\"; } };\n";
  EXPECT_THAT(message_of(load_source(text, "bad")), HasSubstr("as int bad(int)"));
  EXPECT_THAT(message_of(load_source(text, "Both::bad")), HasSubstr("as int Both::bad(int)"));
  for (const auto& [target, body] :
       {std::pair("good", "good"), std::pair("Both::good", "member")}) {
    const auto program = load_source(text, target);
    ASSERT_TRUE(program) << program.error().text();
    EXPECT_EQ(call(program->functions[0]), body);
  }
  const auto again = load_source(text, "bad");
  EXPECT_THAT(message_of(again), HasSubstr("as int bad(int)"));
}

TEST_F(LoaderTest, OneOfSeveralOverloadsIsTheFunction) {
  const auto program = load_source(
      "#include <ofn/function.h>\n"
      "std::string hello(int n) { return std::to_string(n); }\n"
      "std::string hello(const ofn::Request& r) { return hello(int(r.body().size())); }\n",
      "hello");
  ASSERT_TRUE(program) << program.error().text();
  EXPECT_EQ(call(program->functions[0], "four"), "4");
}

TEST_F(LoaderTest, DiagnosticsPointAtTheAuthorsLines) {
  const std::string source = (files_.path() / "hello.cc").native();
  const auto typo = message_of(
      load_source("#include <ofn/function.h>\n\nstd::string hello() { return wrold; }\n", "hello"));
  EXPECT_THAT(typo, StartsWith("File " + source + " does not compile:\n" + source));
  EXPECT_THAT(typo, AllOf(HasSubstr(source + ":3:30: error: "), HasSubstr("wrold"),
                          Not(HasSubstr("<target")), Not(HasSubstr("tmp-"))));
  const auto brace = message_of(
      load_source("#include <ofn/function.h>\nstd::string hello() { return {};\n", "hello"));
  EXPECT_THAT(brace, AllOf(HasSubstr(source + ":2:"), HasSubstr("error: "),
                           Not(HasSubstr("<target")), Not(HasSubstr("tmp-"))));
  const auto registered =
      message_of(load_source("#include <ofn/function.h>\nint hello(int);\nOFN_FUNCTION(hello)\n"));
  EXPECT_THAT(registered, AllOf(HasSubstr(source + ":3:1:"),
                                HasSubstr("ofn: a function of this type is not supported")));
}

TEST_F(LoaderTest, AnEarlierStandardIsToldFirst) {
  const std::string message = message_of(load_source("", std::nullopt, "-O0 -std=c++17"));
  const auto first = message.find("error: ");
  ASSERT_NE(first, std::string::npos) << message;
  EXPECT_THAT(message.substr(first), StartsWith("error: #error \"ofn: functions need C++20"));
}

TEST_F(LoaderTest, NothingHidesTheFirstError) {
  std::string warnings;
  for (int i = 0; i < 400; ++i) warnings += "#warning this goes on and on and on and on\n";
  const std::string error = "#error \"what matters\"\n";
  const std::string longer = "#error " + std::string(20000, 'x') + "\n";
  for (const auto& text : {warnings + error, error + warnings, warnings + longer, longer}) {
    const std::string message = message_of(load_source(text));
    EXPECT_THAT(message, HasSubstr("error: #error "));
    EXPECT_THAT(message, HasSubstr("…")) << "the rest is cut";
    EXPECT_LT(message.size(), 17000U);
  }
}

TEST_F(LoaderTest, SourcesThatCannotBeLoadedSayWhy) {
  const auto check = [&](const std::string& source, Code code, const std::string& message) {
    SCOPED_TRACE(source);
    const auto program = load(request(source, "hello"), log_);
    ASSERT_FALSE(program);
    EXPECT_EQ(program.error().code(), code);
    EXPECT_THAT(program.error().message(), StartsWith(message));
  };
  check("/no/such.cc", Code::kNotFound,
        "File /no/such.cc that is expected to define function doesn't exist");
  const std::string python = files_.write("main.py", "");
  check(python, Code::kInvalidArgument, "File " + python + " is neither C++ source");
  const std::string empty = files_.write("none/readme", "") + "/..";
  check(fs::path(empty).parent_path().parent_path(), Code::kInvalidArgument,
        "File " + fs::path(empty).parent_path().parent_path().native() + " has neither");
  const std::string text = files_.write("text.so", "no ELF");
  check(text, Code::kInvalidArgument, "File " + text + " is not an ELF file");

  LoadRequest without = request(files_.write("a.cc", ""));
  without.compiler = "no-such-compiler";
  EXPECT_THAT(message_of(load(without, log_)),
              AllOf(HasSubstr("no-such-compiler"), HasSubstr("install g++"),
                    HasSubstr("functions-framework build")));
  LoadRequest headless = request(files_.write("a.cc", ""));
  headless.include_dir = find_include_dir("/no/such", "");
  EXPECT_THAT(message_of(load(headless, log_)),
              AllOf(HasSubstr("/no/such"), HasSubstr("OFN_INCLUDE_DIR")));
  EXPECT_THAT(message_of(load(request(files_.write("a.cc", ""), "f", "'-O0"), log_)),
              HasSubstr("not closed"));
}

TEST_F(LoaderTest, ACompilationCanBeStopped) {
  LoadRequest late = request(files_.write("a.cc", "std::string function() { return {}; }"));
  late.deadline = Deadline(SystemClock().now());
  const auto program = load(late, log_);
  ASSERT_FALSE(program);
  EXPECT_EQ(program.error().code(), Code::kDeadlineExceeded);
}

TEST_F(LoaderTest, ADirectoryOfSourcesIsOneProgram) {
  files_.write("app/hello.h",
               "#include <ofn/function.h>\nstd::string hello(const ofn::Request&);\n"
               "std::string word();\n");
  files_.write("app/hello.cc",
               "#include \"hello.h\"\n"
               "std::string hello(const ofn::Request&) { return word(); }\n");
  files_.write("app/src/word.cpp",
               "#include \"../hello.h\"\nstd::string word() { return \"w\"; }\n");
  files_.write("app/hello_test.cc", "#error not part of the program\n");
  files_.write("app/.git/x.cc", "#error not part of the program\n");
  const std::string app = (files_.path() / "app").native();
  const auto program = load(request(app, "hello"), log_);
  ASSERT_TRUE(program) << program.error().text();
  EXPECT_THAT(names_of(*program), ElementsAre("hello"));
  EXPECT_EQ(call(program->functions[0]), "w");

  files_.write("app/src/word.cpp",
               "#include \"../hello.h\"\nstd::string word() { return \"v\"; }\n");
  const auto edited = load(request(app + "/", "hello"), log_);
  ASSERT_TRUE(edited) << edited.error().text();
  EXPECT_EQ(edited->build.commands, 2U);  // one compiler, one linker
  EXPECT_EQ(call(edited->functions[0]), "v");
  EXPECT_THAT(message_of(load(request(app, "word::of"), log_)),
              EndsWith("named word::of; it contains: hello, word"));
}

TEST_F(LoaderTest, ACMakeProjectIsBuiltAsItSays) {
  files_.write("project/CMakeLists.txt",
               "cmake_minimum_required(VERSION 3.20)\nproject(p LANGUAGES CXX)\n"
               "find_package(ofn REQUIRED)\nadd_library(functions MODULE f.cc)\n"
               "target_link_libraries(functions PRIVATE ofn::function)\n");
  files_.write("project/f.cc",
               "#include <ofn/function.h>\nstatic std::string f() { return \"f\"; }\n"
               "OFN_FUNCTION(f)\n");
  const std::string project = (files_.path() / "project").native();
  const auto program = load(request(project), log_);
  ASSERT_TRUE(program) << program.error().text();
  EXPECT_THAT(names_of(*program), ElementsAre("f"));
  EXPECT_EQ(call(program->functions[0]), "f");
  EXPECT_THAT(message_of(load(request(project, "g"), log_)),
              EndsWith("is expected to contain a function named g; it contains: f"));
}

TEST_F(LoaderTest, ACMakeProjectIsBuiltAgainBesideWhatIsLeft) {
  const auto write_project = [&](const std::string& target) {
    files_.write("project/CMakeLists.txt",
                 "cmake_minimum_required(VERSION 3.20)\nproject(p LANGUAGES CXX)\n"
                 "find_package(ofn REQUIRED)\nadd_library(" +
                     target +
                     " MODULE f.cc)\n"
                     "target_link_libraries(" +
                     target + " PRIVATE ofn::function)\n");
  };
  files_.write("project/f.cc",
               "#include <ofn/function.h>\nstatic std::string f() { return \"f\"; }\n"
               "OFN_FUNCTION(f)\n");
  const fs::path cache = files_.path() / "cache";
  LoadRequest project = request((files_.path() / "project").native());
  project.cache_dirs = {cache};
  write_project("before");
  ASSERT_TRUE(load(project, log_));

  // A renamed target must still give one program.
  write_project("after");
  const auto renamed = load(project, log_);
  ASSERT_TRUE(renamed) << renamed.error().text();

  // Files of a build that had nothing to do are in use, however old they are.
  for (const auto& entry : fs::recursive_directory_iterator(cache)) {
    fs::last_write_time(entry, fs::file_time_type::clock::now() - std::chrono::hours(1));
  }
  project.cache_limit = 0;
  const auto unchanged = load(project, log_);
  ASSERT_TRUE(unchanged) << unchanged.error().text();
  std::vector<std::string> kept;
  for (const auto& entry : fs::directory_iterator(cache)) {
    kept.push_back(entry.is_directory() ? "folder" : entry.path().extension());
  }
  EXPECT_THAT(kept, testing::UnorderedElementsAre("folder", ".so"));
}

TEST(IncludeDir, IsBesideTheProgramOrWhereItIsSaid) {
  EXPECT_EQ(find_include_dir(OFN_TEST_INCLUDE_DIR, ""), fs::path(OFN_TEST_INCLUDE_DIR));
  EXPECT_EQ(find_include_dir("", fs::path(OFN_TEST_INCLUDE_DIR) / ".." / "bin" / "program"),
            fs::path(OFN_TEST_INCLUDE_DIR));
}

}  // namespace
}  // namespace ofn
