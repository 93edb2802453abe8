#include "os/source_line.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utf8.h"

namespace ofn::os {

namespace {

constexpr std::size_t kLargestFile = std::size_t{1024} * 1024;
constexpr std::size_t kLongestLine = 200;

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80; }

std::size_t size_of_first_character(std::string_view text) {
  std::size_t size = 1;
  while (size < text.size() && continues_character(text[size])) ++size;
  return size;
}

std::size_t size_of_last_character(std::string_view text) {
  std::size_t size = 1;
  while (size < text.size() && continues_character(text[text.size() - size])) ++size;
  return size;
}

// The beginning of a line without its first white space.
struct Line {
  std::array<char, 2 * kLongestLine> bytes;
  std::size_t size = 0;

  void add(std::string_view more) {
    if (size == 0) more.remove_prefix(std::min(more.find_first_not_of(" \t\r\f\v"), more.size()));
    const std::size_t taken = std::min(more.size(), bytes.size() - size);
    more.copy(bytes.data() + size, taken);
    size += taken;
  }
  std::string_view text() const {
    std::string_view all(bytes.data(), size);
    if (size == bytes.size()) all.remove_suffix(size_of_last_character(all));  // it may be cut
    return all.substr(0, all.find_last_not_of(" \t\r\f\v") + 1);
  }
};

bool read_line(int fd, int number, Line& line) {
  std::array<char, 4096> piece;
  int current = 1;
  for (std::size_t all = 0; all <= kLargestFile;) {  // the file may grow meanwhile
    const ssize_t got = read(fd, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return current == number;
    all += static_cast<std::size_t>(got);
    std::string_view rest(piece.data(), static_cast<std::size_t>(got));
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      if (current == number) line.add(rest.substr(0, end));
      if (end == rest.size()) break;
      if (current++ == number) return true;
      rest.remove_prefix(end + 1);
    }
  }
  return false;
}

std::int64_t change_of(const struct stat& status) {
  return std::int64_t{status.st_mtim.tv_sec} * 1'000'000 + status.st_mtim.tv_nsec / 1'000;
}

// Returns true if a terminal shows the character as it is: it is not a control character (C0, C1), and does not change the
// direction of text (Unicode Standard Annex #9, section 2).
bool is_visible(std::string_view character) {
  if (character.size() == 1) {
    const auto byte = static_cast<unsigned char>(character[0]);
    return byte >= 0x20 && byte < 0x7f;
  }
  const auto second = static_cast<unsigned char>(character[1]);
  if (character[0] == '\xc2') return second >= 0xa0;
  if (character == "\xd8\x9c") return false;  // U+061C
  if (!character.starts_with("\xe2\x80") && !character.starts_with("\xe2\x81")) return true;
  const auto third = static_cast<unsigned char>(character[2]);
  const bool is_mark = third == 0x8e || third == 0x8f || (third >= 0xaa && third <= 0xae);
  return second == 0x80 ? !is_mark : third < 0xa6 || third > 0xa9;
}

void add_visible(std::string_view line, FixedText& text) {
  static constexpr char kHex[] = "0123456789abcdef";
  const bool valid = is_utf8(line);
  std::size_t added = 0;
  while (!line.empty()) {
    const std::string_view character = line.substr(0, valid ? size_of_first_character(line) : 1);
    const bool is_tab = character == "\t";
    const bool visible = is_tab || is_visible(character);
    const std::size_t size = visible ? character.size() : 4 * character.size();
    if (added + size > kLongestLine) return text.add("…");
    added += size;
    line.remove_prefix(character.size());
    if (visible) {
      text.add(is_tab ? " " : character);
      continue;
    }
    for (const char c : character) {
      const auto byte = static_cast<unsigned char>(c);
      text.add("\\x");
      text.add(kHex[byte >> 4]);
      text.add(kHex[byte & 0xf]);
    }
  }
}

}  // namespace

void add_source_line(const char* path, int line, std::int64_t unchanged_since, FixedText& text) {
  if (line <= 0) return;
  // Opening a FIFO or a terminal must not block, and must not give this process a terminal.
  const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return;
  struct stat status{};
  Line found;
  const bool is_readable = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
                           static_cast<std::size_t>(status.st_size) <= kLargestFile &&
                           change_of(status) <= unchanged_since && read_line(fd, line, found);
  close(fd);
  if (is_readable) add_visible(found.text(), text);
}

}  // namespace ofn::os
