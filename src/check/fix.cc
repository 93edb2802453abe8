#include "check/fix.h"

#include <algorithm>
#include <utility>

namespace ofn::check {

std::string with_edits(std::string_view text, std::vector<Edit> edits) {
  std::ranges::sort(edits, {}, [](const Edit& edit) { return std::pair(edit.begin, edit.end); });
  std::string result;
  std::size_t at = 0;
  for (const Edit& edit : edits) {
    if (edit.begin < at || edit.end < edit.begin || edit.end > text.size()) continue;
    result += text.substr(at, edit.begin - at);
    result += edit.text;
    at = edit.end;
  }
  result += text.substr(at);
  return result;
}

std::vector<Edit> edits_of(std::span<const Finding> findings, std::string_view file) {
  std::vector<Edit> edits;
  for (const Finding& finding : findings) {
    for (const Edit& edit : finding.fix) {
      if (edit.file == file) edits.push_back(edit);
    }
  }
  return edits;
}

}  // namespace ofn::check
