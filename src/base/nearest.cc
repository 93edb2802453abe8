#include "base/nearest.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

namespace ofn {
namespace {

// The restricted Damerau-Levenshtein distance: it edits no part of a word twice.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(last.begin(), last.end(), 0U);
  for (std::size_t i = 0; i < a.size(); ++i) {
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = last[j] + (a[i] == b[j] ? 0 : 1);
      row[j + 1] = std::min({replaced, row[j] + 1, last[j + 1] + 1});
      if (i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j]) {
        row[j + 1] = std::min(row[j + 1], before_last[j - 1] + 1);
      }
    }
    before_last.swap(last);
    last.swap(row);
  }
  return last.back();
}

}  // namespace

std::string nearest_word(std::string_view word, std::span<const std::string> candidates) {
  std::string nearest;
  std::size_t best = word.size() / 2 + 1;
  for (const std::string& candidate : candidates) {
    if (const std::size_t edits = distance(word, candidate); edits < best) {
      best = edits;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string certain_word(std::string_view word, std::span<const std::string> candidates) {
  constexpr std::size_t kMost = 2;
  std::string certain;
  std::size_t best = std::min(kMost, (word.size() - std::min<std::size_t>(word.size(), 1)) / 2) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t edits = distance(word, candidate);
    if (edits < best) {
      best = edits;
      certain = candidate;
    } else if (edits == best && candidate != certain) {
      certain.clear();
    }
  }
  return certain;
}

}  // namespace ofn
