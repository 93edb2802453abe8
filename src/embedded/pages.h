// The documents that the program carries: a page for each topic.
//
//   std::string list;
//   for (const Page& page : pages()) list += page.topic + ": " + page.summary + "\n";
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace ofn::embedded {

struct Page {
  std::string topic;    // "functions", of docs/functions.md
  std::string summary;  // one sentence without a period
  std::string text;     // Markdown
};
// In the order of docs/README.md. Cost: some milliseconds, and the memory of all pages.
std::vector<Page> pages();

struct FoundLine {
  std::string topic;
  std::size_t line = 0;  // from 1
  std::string text;
};
// The lines in which the expression is found, whatever their case.
// Errors: the expression is wrong; the message has the reason.
// Spec: regex(7), extended.
Result<std::vector<FoundLine>> find_in(const std::vector<Page>& pages,
                                       const std::string& expression);

// The page without what only a browser needs: a link is its text.
std::string for_terminal(std::string_view text, bool is_bold);

}  // namespace ofn::embedded
