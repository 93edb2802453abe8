#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "loader/loader.h"
#include "testing/temporary_directory.h"

namespace ofn {
namespace {

namespace fs = std::filesystem;

struct Row {
  const char* compiler;             // below the folder of the test
  const char* link;                 // how it is called; empty: by its own name
  std::vector<const char*> beside;  // other programs
  const char* command;              // without the folder of the test; empty: there is none
  const char* package;
};

TEST(LineReader, IsOfTheCompilersVersion) {
  const Row rows[] = {
      {"bin/g++", "", {}, "/bin/gcov", "g++"},
      {"bin/g++-12", "", {}, "/bin/gcov-12", "g++"},
      {"bin/c++", "", {}, "gcov", "g++"},
      {"lib/llvm-19/bin/clang",
       "bin/clang++-19",
       {"lib/llvm-19/bin/llvm-cov", "bin/llvm-cov"},
       "/lib/llvm-19/bin/llvm-cov",
       "llvm-19"},
      {"lib/llvm-19/bin/clang", "bin/clang++-19", {"bin/llvm-cov"}, "", "llvm-19"},
      {"opt/bin/clang-17", "opt/bin/clang++", {}, "", "llvm-17"},
      {"opt/bin/clang++", "", {}, "", "llvm"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.compiler);
    const TemporaryDirectory files;
    const auto install = [&](const std::string& name) {
      fs::create_directories((files.path() / name).parent_path());
      const std::string file = files.write(name, "#!/bin/sh\n");
      fs::permissions(file, fs::perms::owner_all);
    };
    install(row.compiler);
    for (const char* other : row.beside) install(other);
    std::string name = row.compiler;
    if (*row.link != '\0') {
      name = row.link;
      fs::create_directories((files.path() / name).parent_path());
      fs::create_symlink(files.path() / row.compiler, files.path() / name);
    }
    const LoadRequest request{.source = {},
                              .target = {},
                              .cxxflags = {},
                              .compiler = (files.path() / name).native(),
                              .include_dir = OFN_TEST_INCLUDE_DIR};
    const auto reader = line_reader(request);
    if (*row.command == '\0') {
      ASSERT_FALSE(reader);
      EXPECT_TRUE(reader.error().message().ends_with(
          std::string("/llvm-cov, which is not installed: apt-get install ") + row.package))
          << reader.error().message();
      continue;
    }
    ASSERT_TRUE(reader) << reader.error().message();
    const std::string folder = fs::canonical(files.path()).native();
    std::string command = reader->command.front();
    if (command.starts_with(folder)) command.erase(0, folder.size());
    EXPECT_EQ(command, row.command);
    EXPECT_EQ(reader->package, row.package);
  }
}

}  // namespace
}  // namespace ofn
