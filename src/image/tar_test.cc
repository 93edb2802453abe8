#include "image/tar.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>

namespace ofn::image {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// What a reader has found: "type path mode link content".
class Found final : public TarListener {
 public:
  Result<void> on_entry(const TarEntry& entry) override {
    lines.push_back(std::string(1, static_cast<char>(entry.type)) + " " + entry.path + " " +
                    std::to_string(entry.mode) + " " + entry.link);
    return {};
  }
  void on_content(std::string_view bytes) override { lines.back() += bytes; }
  void on_content_end() override { lines.back() += "."; }

  std::vector<std::string> lines;
};

// Reads the bytes in pieces of this size; returns what is found, or the error's message as the last line.
std::vector<std::string> read(std::string_view tar, std::size_t piece) {
  Found found;
  TarReader reader(found);
  Result<void> result;
  while (!tar.empty() && result) {
    result = reader.add(tar.substr(0, piece));
    tar.remove_prefix(std::min(piece, tar.size()));
  }
  if (result) result = reader.end();
  if (!result) found.lines.push_back(result.error().message());
  return found.lines;
}

std::string file(const TarEntry& entry, std::string_view content) {
  return tar_header(entry) + std::string(content) + tar_padding(content.size());
}

// A header with other texts in its fields, and the right checksum.
std::string changed(std::string header, std::size_t at, std::string_view text) {
  header.replace(at, text.size(), text);
  header.replace(148, 8, "        ");
  unsigned sum = 0;
  for (const char c : header.substr(0, 512)) sum += static_cast<unsigned char>(c);
  char digits[8];
  std::snprintf(digits, sizeof digits, "%06o", sum);
  header.replace(148, 7, digits, 7);
  return header;
}

TEST(Tar, IsReadAsItWasWritten) {
  const std::string name(200, 'n');
  const std::string tar =
      file({.path = "/etc", .type = TarType::kFolder, .mode = 0755}, "") +
      file({.path = "/etc/motd", .mode = 0644, .user = 3, .group = 5'000'000'000, .size = 3},
           "abc") +
      file({.path = "/m", .type = TarType::kHardLink, .link = "/etc/motd"}, "") +
      file({.path = "/l", .type = TarType::kSymbolicLink, .mode = 0777, .link = "../" + name}, "") +
      file({.path = "/" + name, .mode = 04755, .size = 512}, std::string(512, 'x')) + tar_end();
  for (const std::size_t piece : {std::size_t{1}, std::size_t{511}, std::size_t{1} << 20U}) {
    EXPECT_THAT(
        read(tar, piece),
        ElementsAre("5 /etc 493 ", "0 /etc/motd 420 abc.", "1 /m 420 /etc/motd",
                    "2 /l 511 ../" + name, "0 /" + name + " 2541 " + std::string(512, 'x') + "."))
        << piece;
  }
  // Some writers leave out the end.
  EXPECT_EQ(read(tar.substr(0, tar.size() - 1024), 512).size(), 5U);
}

TEST(Tar, HasOtherWritersFormats) {
  const std::string plain = tar_header({.path = "/a", .size = 3});
  const std::string content = "abc" + tar_padding(3);
  // A prefix (POSIX), numbers of base 256 (GNU), an old folder, a contiguous file, a path from "." on.
  EXPECT_THAT(read(changed(plain, 345, "usr/lib") + content, 512),
              ElementsAre("0 /usr/lib/a 420 abc."));
  EXPECT_THAT(
      read(changed(plain, 124, std::string_view("\x80\0\0\0\0\0\0\0\0\0\0\3", 12)) + content, 512),
      ElementsAre("0 /a 420 abc."));
  EXPECT_THAT(read(changed(tar_header({.path = "/a"}), 0, "./a//b/"), 512),
              ElementsAre("5 /a/b 420 "));
  EXPECT_THAT(read(changed(plain, 156, "7") + content, 512), ElementsAre("0 /a 420 abc."));
  // GNU's magic has no prefix behind it.
  EXPECT_THAT(read(changed(changed(plain, 257, "ustar  "), 345, "123") + content, 512),
              ElementsAre("0 /a 420 abc."));
  // GNU's long name, and pax records of which the last one counts.
  const std::string long_name = changed(tar_header({.path = "/x", .size = 5}), 156, "L") +
                                std::string("long\0", 5) + tar_padding(5);
  EXPECT_THAT(read(long_name + plain + content, 512), ElementsAre("0 /long 420 abc."));
  const std::string records = "10 path=p\n19 comment=nothing\n10 size=0\n";
  const std::string pax = changed(tar_header({.path = "/x", .size = records.size()}), 156, "x") +
                          records + tar_padding(records.size());
  EXPECT_THAT(read(pax + plain, 512), ElementsAre("0 /p 420 ."));
}

TEST(Tar, IsAnErrorIfItIsDamaged) {
  const std::string plain = tar_header({.path = "/a", .size = 3});
  const std::string records = "99 path=x\n";
  struct Case {
    std::string tar;
    std::string_view words;
  };
  for (const Case& c :
       {Case{.tar = std::string(512, 'x'), .words = "a header's checksum is wrong"},
        Case{.tar = plain, .words = "is cut short"},
        Case{.tar = plain + "ab", .words = "is cut short"},
        Case{.tar = plain.substr(0, 100), .words = "is cut short"},
        Case{.tar = changed(plain, 124, "8"), .words = "a damaged number"},
        Case{.tar = changed(plain, 124, std::string(12, '\xff')), .words = "a damaged number"},
        Case{.tar = changed(plain, 156, "S"), .words = "sparse"},
        Case{.tar = changed(plain, 156, "Q"), .words = "unknown type \"Q\""},
        Case{.tar = changed(plain, 0, "../a"), .words = "\"..\""},
        Case{.tar = changed(changed(plain, 156, "1"), 157, "a/../../b"),
             .words = "a link with \"..\""},
        Case{.tar = changed(changed(plain, 156, "x"), 124, "77777777777"),
             .words = "more than 1 MiB"},
        Case{.tar = changed(tar_header({.path = "/x", .size = records.size()}), 156, "x") +
                    records + tar_padding(records.size()),
             .words = "a damaged extended header"}}) {
    const auto found = read(c.tar, 512);
    ASSERT_FALSE(found.empty()) << c.words;
    EXPECT_THAT(found.back(), HasSubstr(c.words));
  }
}

}  // namespace
}  // namespace ofn::image
