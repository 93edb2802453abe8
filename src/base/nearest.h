// The word that somebody has probably meant.
//
//   nearest_word("auht", {"auth", "metrics"})   // "auth"
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace ofn {

// The first of the nearest candidates; empty when each differs from `word` in more than half of its characters.
// Counted are characters that are inserted, removed or replaced, and neighbours that have changed places.
std::string nearest_word(std::string_view word, std::span<const std::string> candidates);

}  // namespace ofn
