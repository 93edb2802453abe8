#include "image/libraries.h"

#include <algorithm>
#include <string>
#include <unistd.h>

#include <gmock/gmock.h>

#include "loader/elf_file.h"

namespace ofn::image {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::filesystem::path kThisProgram = std::filesystem::read_symlink("/proc/self/exe");

LibraryQuery query_of_this_program() {
  return {.linker = loader::ElfFile::open(kThisProgram)->interpreter(), .files = {kThisProgram}};
}

const Library* find(const std::vector<Library>& libraries, const std::string& name) {
  const auto found = std::ranges::find(libraries, name, &Library::name);
  return found == libraries.end() ? nullptr : &*found;
}

TEST(LibraryList, HasTheLibrariesOfALoadersList) {
  EXPECT_THAT(
      parse_library_list("\tlinux-vdso.so.1 (0x00007ffd1c5f2000)\n"
                         "\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f1b)\n"
                         "\tlibodd.so => /opt/odd (2) => x/libodd.so (0x00007f1c)\n"
                         "\tliblost.so.3 => not found\n"
                         "ERROR: ld.so: object 'x.so' from --preload cannot be preloaded\n"
                         "\t/lib64/ld-linux-x86-64.so.2 (0x00007f1d)\n"
                         "\tstatically linked\n"),
      ElementsAre(ListedLibrary{"libm.so.6", "/lib/x86_64-linux-gnu/libm.so.6"},
                  ListedLibrary{"libodd.so", "/opt/odd (2) => x/libodd.so"},
                  ListedLibrary{"liblost.so.3", ""},
                  ListedLibrary{"/lib64/ld-linux-x86-64.so.2", "/lib64/ld-linux-x86-64.so.2"}));
}

TEST(Libraries, AreThoseOfARunningProgram) {
  const auto libraries = libraries_of(query_of_this_program());
  ASSERT_TRUE(libraries) << libraries.error().text();
  const Library* libc = find(*libraries, "libc.so.6");
  ASSERT_NE(libc, nullptr);
  EXPECT_TRUE(std::filesystem::is_regular_file(libc->file));
  const Library* libstdcxx = find(*libraries, "libstdc++.so.6");
  ASSERT_NE(libstdcxx, nullptr);
  EXPECT_EQ(std::filesystem::path(libstdcxx->place).parent_path(),
            std::filesystem::path(libc->place).parent_path());
  const std::string linker = query_of_this_program().linker;
  ASSERT_NE(find(*libraries, linker), nullptr);
  EXPECT_EQ(find(*libraries, linker)->place, linker);
  EXPECT_TRUE(std::ranges::is_sorted(*libraries, {}, &Library::place));
}

TEST(Libraries, SayWhoNeedsThem) {
  LibraryQuery query = query_of_this_program();
  const auto base = libraries_of(query);
  ASSERT_TRUE(base) << base.error().text();
  query.files.push_back(find(*base, "libstdc++.so.6")->file);
  query.opened = {"libutil.so.1"};
  const auto libraries = libraries_of(query);
  ASSERT_TRUE(libraries) << libraries.error().text();
  EXPECT_EQ(libraries->size(), base->size() + 1);
  EXPECT_EQ(find(*libraries, "libc.so.6")->needed_by, 0U);
  EXPECT_EQ(find(*libraries, "libutil.so.1")->needed_by, 2U);
}

TEST(Libraries, AreErrorsIfTheyAreMissing) {
  LibraryQuery query = query_of_this_program();
  query.opened = {"libofn-no-such.so.1"};
  EXPECT_THAT(libraries_of(query).error().message(),
              HasSubstr("the library libofn-no-such.so.1 is not found on this machine"));
  query = query_of_this_program();
  query.files.emplace_back("/nonexistent/function.so");
  EXPECT_THAT(libraries_of(query).error().message(),
              HasSubstr("cannot list the libraries of /nonexistent/function.so"));
  query = query_of_this_program();
  query.linker = "/nonexistent/ld.so";
  EXPECT_THAT(libraries_of(query).error().message(), HasSubstr("/nonexistent/ld.so"));
}

}  // namespace
}  // namespace ofn::image
