#include "loader/diagnostics.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>
#include <utility>

namespace ofn::loader {
namespace {

// Removes ":12" from the beginning and returns the number; nullopt if there is none.
std::optional<unsigned> take_number(std::string_view& text) {
  unsigned number = 0;
  if (!text.starts_with(':')) return std::nullopt;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + 1, end, number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
  return number;
}

}  // namespace

std::optional<Place> place_of(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == 0 || colon == std::string_view::npos) return std::nullopt;
  Place place{.file = std::string(line.substr(0, colon)), .rest = line.substr(colon)};
  const auto number = take_number(place.rest);
  if (!number || !place.rest.starts_with(':')) return std::nullopt;
  place.line = *number;
  place.column = take_number(place.rest).value_or(0);
  place.rest.remove_prefix(std::min(place.rest.find_first_not_of(": "), place.rest.size()));
  return place;
}

std::vector<Diagnostic> diagnostics_in(std::string_view output) {
  using Severity = Diagnostic::Severity;
  constexpr std::array<std::pair<std::string_view, Severity>, 3> kWords = {
      {{"error: ", Severity::kError},
       {"fatal error: ", Severity::kError},
       {"warning: ", Severity::kWarning}}};
  std::vector<Diagnostic> found;
  for (std::size_t begin = 0, end = 0; begin < output.size(); begin = end + 1) {
    end = std::min(output.find('\n', begin), output.size());
    const auto place = place_of(output.substr(begin, end - begin));
    if (!place) continue;
    for (const auto& [word, severity] : kWords) {
      if (!place->rest.starts_with(word)) continue;
      found.push_back({.file = place->file,
                       .line = place->line,
                       .column = place->column,
                       .severity = severity,
                       .message = std::string(place->rest.substr(word.size()))});
    }
  }
  return found;
}

void add_diagnostics(std::vector<Diagnostic> more, std::vector<Diagnostic>& to) {
  for (Diagnostic& each : more) {
    if (std::ranges::find(to, each) == to.end()) to.push_back(std::move(each));
  }
}

}  // namespace ofn::loader
