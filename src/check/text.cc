#include "check/text.h"

#include <algorithm>

#include "base/trimmed.h"

namespace ofn::check {

namespace {

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// Settings hold no secrets, but for tokens.
bool is_setting(std::string_view name) {
  const bool is_programs = name.starts_with("OFN_") || name.starts_with("FUNC") || name == "PORT" ||
                           name == "HOST" || name == "DEBUG" || name == "DRY_RUN";
  return is_programs && !name.contains("TOKEN");
}

// Returns where the part of a line begins that may be a secret.
std::size_t hidden_from(std::string_view line, Hides hides) {
  if (hides == Hides::kVariables) {
    const std::size_t equals = line.find('=');
    std::string_view name = trimmed(line.substr(0, equals));
    if (name.starts_with("export ")) name = trimmed(name.substr(7));
    if (equals == std::string_view::npos) return name.starts_with('#') ? line.size() : 0;
    return is_setting(name) ? line.size() : equals + 1;
  }
  if (hides == Hides::kProperties) {
    const std::size_t value = line.find("value:");
    return value == std::string_view::npos ? line.size() : value + 6;
  }
  return line.size();
}

std::string shown(std::string_view line, Hides hides) {
  const std::size_t size = hidden_from(line, hides);
  return size >= line.size() ? std::string(line) : std::string(line.substr(0, size)) + "…";
}

}  // namespace

std::size_t line_at(std::string_view content, std::size_t byte) {
  const std::string_view before = content.substr(0, byte);
  return 1 + static_cast<std::size_t>(std::ranges::count(before, '\n'));
}

Place place_of(const Spot& spot) {
  const std::string_view content = spot.text->content;
  const std::size_t begin = std::min(spot.begin, content.size());
  const std::size_t feed = begin == 0 ? std::string_view::npos : content.rfind('\n', begin - 1);
  const std::size_t line_begin = feed == std::string_view::npos ? 0 : feed + 1;
  std::size_t line_end = std::min(content.find('\n', begin), content.size());
  if (line_end > line_begin && content[line_end - 1] == '\r') --line_end;
  const std::size_t end = std::clamp(spot.end, std::min(begin, line_end), line_end);
  return {.file = spot.text->name,
          .is_file = spot.text->is_file,
          .line = line_at(content, begin),
          .column = characters(content.substr(line_begin, begin - line_begin)) + 1,
          .size = end > begin ? characters(content.substr(begin, end - begin)) : 0,
          .source = shown(content.substr(line_begin, line_end - line_begin), spot.text->hides)};
}

Spot line_spot(const Text& text, std::size_t line) {
  const std::string_view content = text.content;
  if (line == 0) return {&text, 0, 0};
  std::size_t begin = 0;
  for (std::size_t i = 1; i < line; ++i) {
    const std::size_t feed = content.find('\n', begin);
    if (feed == std::string_view::npos) return {&text, content.size(), content.size()};
    begin = feed + 1;
  }
  std::string_view whole = content.substr(begin, content.find('\n', begin) - begin);
  if (whole.ends_with('\r')) whole.remove_suffix(1);
  const std::string_view words = trimmed(whole);
  if (words.empty()) return {&text, begin, begin};
  begin += static_cast<std::size_t>(words.data() - whole.data());
  return {&text, begin, begin + words.size()};
}

}  // namespace ofn::check
