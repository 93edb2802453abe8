// Programs that are built as files, and their entries in the cache.
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ofn/abi.h>

#include "loader/cache.h"
#include "loader/digest.h"
#include "loader/elf_file.h"
#include "loader/loader.h"
#include "loader/loader_stage_for_test.h"

namespace ofn {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

// Uses one build in many ways: the program is moved, copied, patched and cut.
TEST_F(LoaderTest, ABuiltProgramNeedsNothingElse) {
  const fs::path made = files_.path() / "made.so";
  {
    const auto built = build_shared(
        request(files_.write("hello.cc",
                             "#include <ofn/function.h>\n"
                             "std::string hello(const ofn::Request& r) {\n"
                             "  return std::string(r.query(\"name\").value_or(\"?\")); }\n"
                             "ofn::CloudEvent event(ofn::CloudEvent e) { return e; }\n"
                             "OFN_FUNCTION(event)\n"),
                "hello"),
        made, log_);
    ASSERT_TRUE(built) << built.error().text();
  }
  LoadRequest shipped = request(made);
  shipped.compiler = "none is needed";
  shipped.cache_dirs.clear();
  shipped.include_dir.clear();
  const auto program = load(shipped, log_);
  ASSERT_TRUE(program) << program.error().text();
  EXPECT_THAT(names_of(*program), ElementsAre("event", "hello"));
  shipped.target = "hello";
  EXPECT_THAT(names_of(load(shipped, log_).value()), ElementsAre("hello"));
  shipped.target = "absent";
  EXPECT_THAT(
      message_of(load(shipped, log_)),
      EndsWith("is expected to contain a function named absent; it contains: event, hello"));

  const std::string bytes = loader::read_file(made).value();
  const auto elf = loader::ElfFile::parse(bytes);
  ASSERT_TRUE(elf);
  EXPECT_TRUE(elf->is_shared_object());
  const std::string number = std::to_string(abi::kNumber);
  const auto notes = elf->notes("ofn", 1);  // of the file and, perhaps, of the kept code
  EXPECT_THAT(notes, Each(StartsWith("ofn=" + number + "\nlibrary=")));
  EXPECT_FALSE(notes.empty());
  EXPECT_TRUE(elf->notes("GNU", 1234).empty());
  for (const auto& symbol : elf->function_symbols()) {
    EXPECT_FALSE(!symbol.is_defined && symbol.name.find("ofn") != std::string::npos) << symbol.name;
  }

  const auto patched = [&](const std::string& from, const std::string& to) {
    std::string copy = bytes;
    for (auto at = copy.find(from); at != std::string::npos; at = copy.find(from, at + 1)) {
      copy.replace(at, from.size(), to);
    }
    EXPECT_TRUE(copy != bytes) << from;
    return message_of(load(request(files_.write("patched.so", copy)), log_));
  };
  const std::string other(number.size(), '9');  // as many digits, so that no byte moves
  EXPECT_THAT(patched("ofn=" + number + "\n", "ofn=" + other + "\n"),
              AllOf(StartsWith("File " + files_.path().native() + "/patched.so was compiled"),
                    HasSubstr("ABI number of the framework's headers: '" + other +
                              "', the framework has '" + number),
                    HasSubstr("compile it again")));
  EXPECT_THAT(patched("debug=no\n", "debug=ye\n"), HasSubstr("_GLIBCXX_DEBUG"));
  EXPECT_THAT(patched(std::string("ofn\0ofn=", 8), std::string("nfo\0ofn=", 8)),
              HasSubstr("lacks the ABI note"));

  // A cut file is refused before it is loaded: cut at each byte of its beginning, and at some
  // hundred places of the rest, because with sanitizers it has megabytes. Each cut is a separate
  // copy, so that the sanitizers notice reads beyond it.
  const std::size_t step = bytes.size() / 300 + 1;
  for (std::size_t size = 0; size < bytes.size(); size += size < 4096 ? 1 : step) {
    ASSERT_FALSE(loader::ElfFile::parse(bytes.substr(0, size))) << size;
  }
  ASSERT_FALSE(loader::ElfFile::parse(bytes.substr(0, bytes.size() - 1)));
  // If any byte of its head is changed, the file is still read without an error of the sanitizers.
  for (std::size_t at = 0; at < 4096; ++at) {
    for (const char turned : {'\0', '\x7f', '\xff'}) {
      std::string copy = bytes;
      copy[at] = turned;
      if (const auto odd = loader::ElfFile::parse(std::move(copy))) {
        (void)odd->notes("ofn", 1);
        (void)odd->function_symbols();
      }
    }
  }
}

TEST_F(LoaderTest, WhatIsBuiltIsWrittenOverNothingElse) {
  const std::string text = "#include <ofn/function.h>\nstd::string f() { return {}; }\n";
  const std::string source = files_.write("f.cc", text);
  const std::string other = files_.write("other.cc", "other");
  const fs::path folder = files_.path() / "folder";
  fs::create_directory(folder);
  fs::create_symlink(source, files_.path() / "link.so");
  const std::pair<fs::path, const char*> cases[] = {
      {source, "it is the source; name the .so"},
      {files_.path() / "link.so", "it is the source; name the .so"},
      {other, "it is a C++ source file; name the .so"},
      {folder, "it is a directory; name the .so"},
      {folder / "", "it is a directory; name the .so"},
      {"", "it is a directory; name the .so"},
      {folder / "missing" / "f.so", "No such file or directory"},
  };
  for (const auto& [output, reason] : cases) {
    const auto built = build_shared(request(source, "f"), output, log_);
    EXPECT_THAT(message_of(built),
                AllOf(StartsWith("cannot write " + output.native() + ": "), HasSubstr(reason)));
  }
  EXPECT_EQ(loader::read_file(source), text);
  EXPECT_EQ(loader::read_file(other), "other");
  ASSERT_TRUE(build_shared(request(source, "f"), folder / "f.so", log_));
  ASSERT_TRUE(build_shared(request(source, "f"), folder / "f.so", log_)) << "once more";
  std::set<std::string> left;
  for (const auto& entry : fs::recursive_directory_iterator(files_.path())) {
    left.insert(entry.path().filename());
  }
  EXPECT_THAT(left, ElementsAre("f.cc", "f.so", "folder", "link.so", "other.cc"));
}

TEST_F(LoaderTest, AProgramOfAnotherBuildIsRefusedBeforeItRuns) {
  const auto program = load_source(
      "#include <ofn/function.h>\n#include <cstdlib>\n"
      "static const int kStarted = (std::abort(), 1);\n"
      "std::string function() { return {}; }\n",
      std::nullopt, "-O0 -D_GLIBCXX_USE_CXX11_ABI=0");
  EXPECT_THAT(message_of(program), HasSubstr("std::string: 'cxx98', the framework has 'cxx11'"));
}

TEST_F(LoaderTest, ThePrecompiledHeaderIsMadeOnceAndServesTheNext) {
  const LoadRequest flags = request(files_.write("a.cc", "std::string a() { return \"a\"; }\n"),
                                    "a", "-O0 -DPRECOMPILED");
  const auto made = prepare(flags, log_);
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_EQ(made->commands, 2U);
  EXPECT_EQ(prepare(flags, log_)->commands, 0U);
  const auto program = load(flags, log_);
  ASSERT_TRUE(program) << program.error().text();
  EXPECT_EQ(program->build.commands, 2U);
  EXPECT_EQ(call(program->functions[0]), "a");
}

TEST_F(LoaderTest, WhereThePrecompiledHeaderCannotBeUsedTheHeaderItselfIs) {
  const std::string first = files_.write("first.h", "#define WORD \"first\"\n");
  const LoadRequest flags = request(files_.write("a.cc", "std::string a() { return WORD; }\n"), "a",
                                    "-O0 -include " + first);
  ASSERT_TRUE(prepare(flags, log_));
  const auto program = load(flags, log_);
  ASSERT_TRUE(program) << program.error().text();
  EXPECT_EQ(call(program->functions[0]), "first");
}

TEST_F(LoaderTest, WhatIsCutInTheCacheIsMadeAgain) {
  LoadRequest cut = request(files_.write("a.cc", "std::string a() { return \"whole\"; }\n"), "a");
  cut.cache_dirs = {files_.path() / "cache"};
  ASSERT_TRUE(prepare(cut, log_));
  ASSERT_TRUE(load(cut, log_));
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(files_.path() / "cache")) {
    if (const auto kind = entry.path().extension();
        kind == ".o" || kind == ".so" || kind == ".gch" || kind == ".h") {
      // The new file replaces the old one, so the loaded file stays mapped.
      const std::string content = loader::read_file(entry.path()).value();
      ASSERT_TRUE(loader::write_atomically(entry.path(), content.substr(0, content.size() / 2)));
      ++files;
    }
  }
  EXPECT_EQ(files, 5U);
  const auto again = load(cut, log_);
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(again->build.commands, 2U);  // one for the object, one for the program
  EXPECT_EQ(call(again->functions[0]), "whole");
}

}  // namespace
}  // namespace ofn
