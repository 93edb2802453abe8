// Applies the fixes of findings to a text. Everything between them stays as it is: comments, indents, quotes.
//
//   const auto fixed = with_edits(text, edits);   // of one file
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "check/finding.h"

namespace ofn::check {

// Edits that overlap with an earlier one are left out; another check finds their mistakes again.
std::string with_edits(std::string_view text, std::vector<Edit> edits);

// Returns the edits of all findings for a file.
std::vector<Edit> edits_of(std::span<const Finding> findings, std::string_view file);

}  // namespace ofn::check
