#include "loader/flags.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "loader/compiler.h"
#include "testing/temporary_directory.h"

namespace ofn::loader {
namespace {

void check(std::string_view text, const std::vector<std::string>& words) {
  SCOPED_TRACE(text);
  const auto split = split_flags(text);
  ASSERT_TRUE(split);
  EXPECT_EQ(*split, words);
}

TEST(Flags, SplitAsAShellDoes) {
  check("", {});
  check("  \t ", {});
  check("-O0  -g", {"-O0", "-g"});
  check("'-DA=\"a b\"' -x", {"-DA=\"a b\"", "-x"});
  check(R"(-DA="a \"b\" $x" '\n')", {R"(-DA=a "b" $x)", R"(\n)"});
  check(R"(a\ b c\\)", {"a b", R"(c\)"});
  check("'' -I\"my dir\"/x", {"", "-Imy dir/x"});
}

TEST(Flags, AnOpenQuoteIsAnError) {
  for (const char* text : {"'a", "-D\"b c", "\"a'"}) {
    const auto split = split_flags(text);
    ASSERT_FALSE(split) << text;
    EXPECT_EQ(split.error().code(), Code::kInvalidArgument);
    EXPECT_THAT(split.error().message(), testing::HasSubstr("not closed"));
  }
}

void check_sorted(const std::vector<std::string>& flags, const std::vector<std::string>& compile,
                  const std::vector<std::string>& link) {
  SCOPED_TRACE(joined_flags(flags));
  const auto sorted = sort_flags(flags);
  ASSERT_TRUE(sorted) << sorted.error().text();
  EXPECT_EQ(sorted->compile, compile);
  EXPECT_EQ(sorted->link, link);
}

TEST(Flags, WhatIsForTheLinkerGoesToTheLinker) {
  check_sorted({"-O2", "/lib/libz.a", "-g"}, {"-O2", "-g"}, {"/lib/libz.a"});
  check_sorted({"a.o", "b.so.1", "../c.a"}, {}, {"a.o", "b.so.1", "../c.a"});
  check_sorted({"-lz", "-L/lib", "-l", "m", "-L", "dir"}, {},
               {"-lz", "-L/lib", "-l", "m", "-L", "dir"});
  check_sorted({"-Wl,-rpath,/a", "-Xlinker", "-z", "-Xlinker", "now", "-Wall"}, {"-Wall"},
               {"-Wl,-rpath,/a", "-Xlinker", "-z", "-Xlinker", "now"});
  check_sorted({"-static-libstdc++", "-static-libgcc", "-rdynamic", "-s"}, {},
               {"-static-libstdc++", "-static-libgcc", "-rdynamic", "-s"});
  check_sorted({"-framework", "Foundation", "-z", "defs", "-u", "symbol"}, {},
               {"-framework", "Foundation", "-z", "defs", "-u", "symbol"});
  check_sorted({"-include", "a.h", "-I", "dir", "-D", "X=1", "-isystem", "lib.a"},
               {"-include", "a.h", "-I", "dir", "-D", "X=1", "-isystem", "lib.a"}, {});
  check_sorted({"-pthread", "-fopenmp", "-flto", "-stdlib=libc++", "-march=native", "-std=c++23"},
               {"-pthread", "-fopenmp", "-flto", "-stdlib=libc++", "-march=native", "-std=c++23"},
               {});
}

TEST(Flags, ResponseFilesAreReadToTheLast) {
  const TemporaryDirectory files;
  const std::string inner = files.write("inner file", "-DB -lz");
  const std::string outer = files.write("outer", "-DA '@" + inner + "' '/my lib.a'");
  const std::string endless = files.write("endless", "@" + (files.path() / "endless").native());
  check_sorted({"-DX", "@" + inner}, {"-DX", "-DB"}, {"-lz"});
  check_sorted({"@" + outer, "-DY"}, {"-DA", "-DB", "-DY"}, {"-lz", "/my lib.a"});
  check_sorted({"@/no/such"}, {"@/no/such"}, {});
  check_sorted({"@" + endless}, {"@" + endless}, {});
}

TEST(Flags, WhatTheLoaderSaysItselfIsRefused) {
  for (const char* flag :
       {"-c", "-S", "-E", "-o", "-x", "-MD", "-M", "-fsyntax-only", "more.cc", "a.cpp"}) {
    const std::vector<std::string> flags = {"-O2", flag};
    const auto sorted = sort_flags(flags);
    ASSERT_FALSE(sorted) << flag;
    EXPECT_THAT(sorted.error().message(),
                testing::HasSubstr("the compiler flag " + std::string(flag)));
  }
}

TEST(Flags, TellWhetherTheyNameRelativePaths) {
  const auto is_independent = [](std::vector<std::string> flags) {
    return sort_flags(flags)->is_independent_of_folder;
  };
  EXPECT_TRUE(is_independent({}));
  EXPECT_TRUE(
      is_independent({"-O0", "-g", "-Wall", "-std=c++23", "-DA=b/c", "-I/a", "-I", "/a", "-lz",
                      "/a/libz.a", "-L/b", "-pthread", "-fno-rtti", "-isystem", "/x"}));
  for (const char* flag : {"-Ia", "-I.", "a.o", "-Lb", "-fplugin=a.so", "-Wl,-rpath,a",
                           "--sysroot=a", "-Ba", "@/no/such"}) {
    EXPECT_FALSE(is_independent({flag})) << flag;
  }
  EXPECT_FALSE(is_independent({"-I", "a"}));
}

TEST(Flags, TheSystemsFolderOfHeadersIsNotNamed) {
  const TemporaryDirectory folder;
  std::filesystem::create_symlink("/usr/include", folder.path() / "include");
  for (const auto& [include_dir, is_named] :
       {std::pair{std::filesystem::path("/usr/include"), false},
        std::pair{std::filesystem::path("/usr/include/"), false},
        std::pair{folder.path() / "include", false}, std::pair{folder.path(), true}}) {
    SCOPED_TRACE(include_dir);
    const auto compiler = find_compiler(
        {.source = "f.cc", .target = {}, .cxxflags = {}, .include_dir = include_dir}, {});
    ASSERT_TRUE(compiler) << compiler.error().text();
    EXPECT_EQ(std::ranges::count(compiler->flags, "-isystem"), is_named ? 1 : 0);
  }
}

TEST(Flags, AreJoinedAsTheyAreSplit) {
  const std::vector<std::string> flags = {"-O2", "-DA=\"a b\"", "",   "my lib.a",
                                          "a'b", "a\\b",        "$x", "`"};
  EXPECT_EQ(*split_flags(joined_flags(flags)), flags);
}

}  // namespace
}  // namespace ofn::loader
