// Finds the word that a misspelled word probably stands for.
//
//   const std::vector<std::string> known{"auth", "metrics"};
//   nearest_word("auht", known);   // "auth"
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace ofn {

// Returns the candidate with the fewest differences, and the first one if several have as few.
// Returns an empty string if each candidate differs from `word` in more than half of its
// characters. A difference is a character that is inserted, removed or replaced, or two neighbours
// that have changed places.
std::string nearest_word(std::string_view word, std::span<const std::string> candidates);

// Returns the candidate that `word` certainly stands for, so that a program may replace it: the only one that differs in the
// fewest characters, in at most two of them and in less than half. Otherwise returns an empty string.
std::string certain_word(std::string_view word, std::span<const std::string> candidates);

}  // namespace ofn
