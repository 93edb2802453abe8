#include "loader/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ofn::loader {
namespace {

using testing::HasSubstr;

constexpr const char* kRest =
    "\nname the library (--cxxflags '-L FOLDER -l NAME') or give the folder of all sources as "
    "--source";

TEST(ExplainLink, SaysWhatIsMissingAndWhoUsesIt) {
  const std::string string =
      "std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >";
  const std::string mold =
      "mold: error: undefined symbol: SHA256\n>>> referenced by f.cc\n"
      ">>>               /c/1.o:(hello[abi:cxx11](int))>>> referenced by f.cc\n"
      ">>>               /c/1.o:(other())\n"
      "mold: error: undefined symbol: word(" +
      string +
      ")\n>>> referenced by f.cc\n"
      ">>>               /c/1.o:(w())\ncollect2: error: ld returned 1 exit status\n";
  const std::string ld =
      "/usr/bin/ld: /c/1.o: in function `hello[abi:cxx11](int)':\n"
      "f.cc:(.text+0x13): undefined reference to `SHA256'\n"
      "/usr/bin/ld: /c/1.o: in function `w()':\n"
      "/usr/bin/ld: f.cc:(.text+0x2a): undefined reference to `word(" +
      string +
      ")'\n"
      "f.cc:(.text+0x66): undefined reference to `SHA256'\ncollect2: error: ld returned 1 exit "
      "status\n";
  const std::string lld =
      "ld.lld: error: undefined symbol: SHA256\n>>> referenced by f.cc\n"
      ">>>               /c/1.o:(hello[abi:cxx11](int))\n\nld.lld: error: undefined symbol: word(" +
      string + ")\n>>> referenced by f.cc\n>>>               /c/1.o:(w())\n";
  for (const std::string& said : {mold, ld, lld}) {
    std::string expected =
        "File src/f.cc does not link: no source or library of it defines\n"
        "  SHA256, used in hello(int) of f.cc\n    add --cxxflags -lcrypto (package libssl-dev)\n"
        "  word(std::string), used in w() of f.cc";
    expected.append(kRest);
    EXPECT_EQ(explain_link(said, "src/f.cc"), expected);
  }
  for (std::size_t size = 0; size < mold.size(); ++size) {
    explain_link(mold.substr(0, size), "f.cc");
    explain_link(ld.substr(0, std::min(size, ld.size())), "f.cc");
  }
}

TEST(ExplainLink, KnowsWhatIsSpecial) {
  EXPECT_THAT(
      explain_link(
          "mold: error: undefined symbol: ofn::run(int, char**, ofn::abi::Program const&)\n",
          "f.cc"),
      HasSubstr("has a main that calls ofn::run"));
  EXPECT_THAT(explain_link("f.cc:(.text): undefined reference to `vtable for S'\n", "f.cc"),
              HasSubstr("virtual function"));
  EXPECT_THAT(explain_link("mold: error: undefined symbol: SSL_new\n", "f.cc"),
              HasSubstr("--cxxflags '-lssl -lcrypto' (package libssl-dev)"));
  EXPECT_THAT(
      explain_link(
          "/usr/bin/ld: /c/1.o: in function `f()':\nd/f.cc:3: undefined reference to `g()'\n",
          "f.cc"),
      HasSubstr("\n  g(), used in f() of f.cc:3\n"));
  EXPECT_EQ(explain_link("ld: something else\n", "f.cc"), "");
  std::string many;
  for (int i = 0; i < 100; ++i)
    many += "mold: error: undefined symbol: f" + std::to_string(i) + "()\n";
  EXPECT_THAT(explain_link(many, "f.cc"), HasSubstr("\n  and 92 more\n"));
}

TEST(ExplainLink, NamesTheLibraryOfWellKnownSymbols) {
  for (const auto& [symbol, flags] :
       {std::pair("EVP_DigestInit_ex", "-lcrypto"), std::pair("curl_easy_init", "-lcurl"),
        std::pair("sqlite3_open", "-lsqlite3"), std::pair("PQconnectdb", "-lpq"),
        std::pair("deflateInit_", "-lz"), std::pair("fmt::v9::vformat(std::string_view)", "-lfmt"),
        std::pair("redisCommand", "-lhiredis"), std::pair("my_own_function", ""),
        std::pair("", "")}) {
    EXPECT_EQ(library_of(symbol).flags, flags) << symbol;
  }
}

TEST(AsWritten, IsWhatAnAuthorWrites) {
  EXPECT_EQ(as_written(demangled("_ZN3app12_GLOBAL__N_15helloB5cxx11Ei")), "app::hello(int)");
  EXPECT_EQ(demangled("SHA256"), "SHA256");
}

}  // namespace
}  // namespace ofn::loader
