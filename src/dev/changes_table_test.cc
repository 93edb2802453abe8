// What starts a build when a file is saved, and what does not.
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <ostream>
#include <string>
#include <sys/stat.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dev/changes.h"
#include "dev/changes_for_test.h"

namespace ofn::dev {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Files = std::vector<std::string>;

struct Case {
  const char* name;
  std::function<void(Project&)> act;
  Files saved;  // none: nothing is to be built
};

std::ostream& operator<<(std::ostream& out, const Case& given) { return out << given.name; }

class ChangesTable : public ::testing::TestWithParam<Case> {};

TEST_P(ChangesTable, SaysWhatIsToBeBuilt) {
  Project project;
  GetParam().act(project);
  project.pass(400ms);
  if (GetParam().saved.empty()) {
    EXPECT_THAT(project.taken(), IsEmpty());
  } else {
    EXPECT_THAT(project.taken(), ElementsAre(GetParam().saved));
  }
  // The watch goes on.
  project.changes->watch(project.set());
  project.pass(400ms);
  EXPECT_THAT(project.taken(), IsEmpty()) << "told once";
  project.write("include/a.h", "the next change");
  project.pass(400ms);
  EXPECT_THAT(project.taken(), ElementsAre(Files{"include/a.h"}));
  EXPECT_THAT(project.told, IsEmpty());
}

const Case kTriggers[] = {
    {"written in place", [](const Project& p) { p.write("src/a.cc", "2"); }, {"src/a.cc"}},
    {"vim and nvim, which move the file to a backup",
     [](const Project& p) {
       p.write("src/4913", "");
       fs::remove(p.path("src/4913"));
       p.write("src/.a.cc.swp", "swap");
       p.rename("src/a.cc", "src/a.cc~");
       p.write("src/a.cc", "2");
       ::chmod(p.path("src/a.cc").c_str(), 0644);
       fs::remove(p.path("src/a.cc~"));
     },
     {"src/a.cc"}},
    {"vim and nvim, which copy the file to a backup",
     [](const Project& p) {
       fs::copy_file(p.path("src/a.cc"), p.path("src/a.cc~"));
       p.write("src/a.cc", "2");
       fs::remove(p.path("src/a.cc~"));
     },
     {"src/a.cc"}},
    {"a new file is moved to the name",
     [](const Project& p) {
       p.write("src/a.cc___jb_tmp___", "2");
       p.rename("src/a.cc", "src/a.cc___jb_old___");
       p.rename("src/a.cc___jb_tmp___", "src/a.cc");
       fs::remove(p.path("src/a.cc___jb_old___"));
     },
     {"src/a.cc"}},
    {"gedit, which moves over the file",
     [](const Project& p) {
       p.write("src/.goutputstream-X1", "2");
       p.rename("src/.goutputstream-X1", "src/a.cc");
     },
     {"src/a.cc"}},
    {"removed", [](const Project& p) { fs::remove(p.path("src/a.cc")); }, {"src/a.cc"}},
    {"a header of another folder",
     [](const Project& p) { p.write("include/a.h", "2"); },
     {"include/a.h"}},
    {"a missing header is made",
     [](const Project& p) { p.write("include/missing.h", ""); },
     {"include/missing.h"}},
    {"a missing header is made in another place",
     [](const Project& p) { p.write("empty/missing.h", "2"); },
     {"empty/missing.h"}},
    {"a missing header is made with its folders",
     [](const Project& p) { p.write("later/on/missing.h", "2"); },
     {"later/on/missing.h"}},
    {"a missing header is a link",
     [](const Project& p) {
       fs::create_symlink("../elsewhere/other.h", p.path("empty/missing.h"));
     },
     {"empty/missing.h"}},
    {"a folder with the missing header is moved here",
     [](const Project& p) {
       p.write("made/on/missing.h", "2");
       p.rename("made", "later");
     },
     {"later/on/missing.h"}},
    {"a new source", [](const Project& p) { p.write("src/new.cc", "2"); }, {"src/new.cc"}},
    {"a new source that is moved here",
     [](const Project& p) { p.rename("src/old.txt", "src/new.cc"); },
     {"src/new.cc"}},
    {"a source gets another name",
     [](const Project& p) { p.rename("src/a.cc", "src/z.cc"); },
     {"src/a.cc", "src/z.cc"}},
    {"a new source in a new subfolder",
     [](const Project& p) { p.write("tree/one/two/new.cc", "2"); },
     {"tree/one/two/new.cc"}},
    {"a subfolder with a source is moved here",
     [](const Project& p) {
       p.write("made/new.cc", "2");
       p.rename("made", "tree/made");
     },
     {"tree/made/new.cc"}},
    {"a subfolder is removed",
     [](const Project& p) { fs::remove_all(p.path("tree/deep")); },
     {"tree/deep/u.cc"}},
    {"a subfolder is moved away",
     [](const Project& p) { p.rename("tree/deep", "deep"); },
     {"tree/deep/u.cc"}},
    {"a subfolder with a new source is moved away",
     [](Project& p) {
       p.write("tree/deep/new.cc", "2");
       p.pass(1ms);
       p.rename("tree/deep", "deep");
     },
     {"tree/deep/u.cc"}},
    {"the folder is replaced",
     [](const Project& p) {
       p.rename("tree", "old");
       p.write("tree/t.cc", "2");
       p.write("tree/deep/u.cc", "u");
     },
     {"tree/t.cc"}},
    {"a component is changed",
     [](const Project& p) { p.write("components/state.yaml", "2"); },
     {"components/state.yaml"}},
    {"a component is added",
     [](const Project& p) { p.write("components/new.yaml", "2"); },
     {"components/new.yaml"}},
    {"a component is removed",
     [](const Project& p) { fs::remove(p.path("components/state.yaml")); },
     {"components/state.yaml"}},
    {"the folder of a mounted configuration is switched",
     [](const Project& p) {
       fs::create_symlink("data_2", p.path("..data_tmp"));
       p.rename("..data_tmp", "..data");
       fs::remove_all(p.path("data_1"));
     },
     {"app.yaml"}},
    {"the target of a link",
     [](const Project& p) { p.write("elsewhere/real.h", "2"); },
     {"link.h"}},
    {"a link leads elsewhere",
     [](const Project& p) {
       fs::remove(p.path("link.h"));
       fs::create_symlink("elsewhere/other.h", p.path("link.h"));
     },
     {"link.h"}},
    {"a hidden file that is in the set", [](const Project& p) { p.write(".env", "2"); }, {".env"}},
    {"several",
     [](const Project& p) {
       p.write("src/a.cc", "2");
       p.write("include/a.h", "2");
     },
     {"include/a.h", "src/a.cc"}},
};

const Case kNoTriggers[] = {
    {"nothing", [](const Project&) {}, {}},
    {"touch",
     [](const Project& p) { ::utimensat(AT_FDCWD, p.path("src/a.cc").c_str(), nullptr, 0); },
     {}},
    {"chmod", [](const Project& p) { ::chmod(p.path("src/a.cc").c_str(), 0600); }, {}},
    {"the same bytes", [](const Project& p) { p.write("src/a.cc", "a"); }, {}},
    {"the same bytes in a new file",
     [](const Project& p) {
       fs::remove(p.path("src/a.cc"));
       p.write("src/a.cc", "a");
     },
     {}},
    {"git checkout there and back",
     [](const Project& p) {
       for (const char* text : {"other", "a"}) {
         fs::remove(p.path("src/a.cc"));
         p.write("src/a.cc", text);
       }
     },
     {}},
    {"away and back",
     [](const Project& p) {
       p.rename("tree", "gone");
       p.rename("gone", "tree");
     },
     {}},
    {"a new source that goes again",
     [](const Project& p) {
       p.write("src/new.cc", "1");
       fs::remove(p.path("src/new.cc"));
     },
     {}},
    {"files of editors",
     [](const Project& p) {
       for (const char* name : {".a.cc.swp", "4913", "a.cc~", ".#a.cc", "#a.cc#", "a.cc.tmp",
                                ".goutputstream-X.cc", ".hidden.cc", "a.cc.bak"}) {
         p.write(std::string("src/") + name, "x");
       }
     },
     {}},
    {"other files beside the sources",
     [](const Project& p) {
       for (const char* name : {"src/a.o", "src/notes.md", "components/readme.txt",
                                "tree/deep/log.txt", "include/b.h"}) {
         p.write(name, "x");
       }
     },
     {}},
    {"a folder with the name of a source",
     [](const Project& p) { fs::create_directory(p.path("src/new.cc")); },
     {}},
    {"a build folder and a hidden folder",
     [](const Project& p) {
       p.write("tree/build/made.cc", "x");
       p.write("tree/build/sub/made.cc", "x");
       p.write("tree/.git/made.cc", "x");
     },
     {}},
    {"a subfolder of a folder that counts alone",
     [](const Project& p) { p.write("src/sub/new.cc", "x"); },
     {}},
    {"what the function writes",
     [](const Project& p) {
       for (int i = 0; i < 1000; ++i) p.write("src/data/" + std::to_string(i), "x");
       for (int i = 0; i < 50; ++i) p.write("tree/state.json", std::to_string(i));
     },
     {}},
};

INSTANTIATE_TEST_SUITE_P(Triggers, ChangesTable, ::testing::ValuesIn(kTriggers));
INSTANTIATE_TEST_SUITE_P(NoTriggers, ChangesTable, ::testing::ValuesIn(kNoTriggers));

}  // namespace
}  // namespace ofn::dev
