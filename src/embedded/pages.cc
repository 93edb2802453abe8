#include "embedded/pages.h"

#include <algorithm>
#include <regex.h>
#include <utility>

#include "embedded/bundle.h"

namespace ofn::embedded {

namespace {

// The lines of a text, without their line feeds.
template <class Each>
void each_line(std::string_view text, Each each) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    each(line);
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
}

// Reads "6. [flags.md](flags.md): the program's commands": returns false for any other line.
bool read_entry(std::string_view line, std::string_view& file, std::string_view& summary) {
  const std::size_t open = line.find(". [");
  const std::size_t middle = line.find("](");
  const std::size_t close = line.find("): ");
  if (open > 2 || middle == line.npos || close == line.npos || middle > close) return false;
  file = line.substr(middle + 2, close - middle - 2);
  summary = line.substr(close + 3);
  return true;
}

}  // namespace

std::vector<Page> pages() {
  std::vector<EmbeddedFile> files = files_of(page_bytes());
  std::vector<Page> pages;
  const auto index = std::ranges::find(files, "README.md", &EmbeddedFile::path);
  if (index == files.end()) return pages;
  each_line(index->text, [&](std::string_view line) {
    std::string_view name;
    std::string_view summary;
    if (!read_entry(line, name, summary)) return;
    const auto file = std::ranges::find(files, name, &EmbeddedFile::path);
    if (file == files.end()) return;  // a page that is not carried
    pages.push_back({std::string(name.substr(0, name.rfind('.'))), std::string(summary),
                     std::move(file->text)});
  });
  return pages;
}

Result<std::vector<FoundLine>> find_in(const std::vector<Page>& pages,
                                       const std::string& expression) {
  regex_t compiled;
  if (const int wrong =
          ::regcomp(&compiled, expression.c_str(), REG_EXTENDED | REG_ICASE | REG_NOSUB);
      wrong != 0) {
    char reason[128];
    ::regerror(wrong, &compiled, reason, sizeof reason);
    return fail(Code::kInvalidArgument, reason);
  }
  std::vector<FoundLine> found;
  for (const Page& page : pages) {
    std::size_t number = 0;
    each_line(page.text, [&](std::string_view line) {
      ++number;
      const std::string text(line);
      if (::regexec(&compiled, text.c_str(), 0, nullptr, 0) == 0)
        found.push_back({page.topic, number, text});
    });
  }
  ::regfree(&compiled);
  return found;
}

std::string for_terminal(std::string_view text, bool is_bold) {
  std::string shown;
  bool is_code = false;  // within ```
  each_line(text, [&](std::string_view line) {
    if (line.starts_with("```")) is_code = !is_code;
    const bool is_heading = !is_code && line.starts_with('#');
    if (is_heading && is_bold) shown += "\x1b[1m";
    while (!line.empty()) {
      const std::size_t open = is_code ? line.npos : line.find('[');
      const std::size_t middle = open == line.npos ? open : line.find("](", open);
      const std::size_t close = middle == line.npos ? middle : line.find(')', middle);
      if (close == line.npos) {
        shown += line;
        break;
      }
      shown += line.substr(0, open);
      shown += line.substr(open + 1, middle - open - 1);
      line.remove_prefix(close + 1);
    }
    if (is_heading && is_bold) shown += "\x1b[0m";
    shown += '\n';
  });
  return shown;
}

}  // namespace ofn::embedded
