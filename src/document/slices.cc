#include "document/slices.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "base/check.h"
#include "base/utf8.h"
#include "document/json.h"

namespace ofn::document {

namespace {

// The byte order mark that may stand before a JSON text.
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Returns the length of the UTF-8 sequence at the front; 0 if there is none.
std::size_t sequence_length(std::string_view text) {
  for (std::size_t size = 1; size <= std::min<std::size_t>(4, text.size()); ++size) {
    if (is_utf8(text.substr(0, size))) return size;
  }
  return 0;
}

// Returns the code unit of the escape at the front, such as "\\uD800"; nullopt for another escape.
std::optional<unsigned> code_unit(std::string_view text) {
  unsigned unit = 0;
  if (text.size() < 6 || text[0] != '\\' || text[1] != 'u') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data() + 2, text.data() + 6, unit, 16);
  return error == std::errc() && end == text.data() + 6 ? std::optional(unit) : std::nullopt;
}

bool is_high(std::optional<unsigned> unit) { return unit && *unit >= 0xD800 && *unit <= 0xDBFF; }
bool is_low(std::optional<unsigned> unit) { return unit && *unit >= 0xDC00 && *unit <= 0xDFFF; }

}  // namespace

std::string with_unicode_repaired(std::string_view text) {
  std::string repaired;
  repaired.reserve(text.size());
  while (!text.empty()) {
    std::size_t size = 1;
    if (text.front() == '\\') {
      const auto unit = code_unit(text);
      size = std::min<std::size_t>(text.size(), unit ? 6 : 2);
      if (is_high(unit) && is_low(code_unit(text.substr(6)))) {
        size = 12;
      } else if (is_high(unit) || is_low(unit)) {
        repaired += "\\uFFFD";
        text.remove_prefix(size);
        continue;
      }
      // The character behind a backslash may be invalid UTF-8, so only an ASCII one belongs to the
      // escape.
      if (!unit && size == 2 && static_cast<unsigned char>(text[1]) >= 0x80) size = 1;
    } else {
      size = sequence_length(text);
    }
    if (size == 0) {
      repaired += "\xEF\xBF\xBD";
      size = 1;
    } else {
      repaired += text.substr(0, size);
    }
    text.remove_prefix(size);
  }
  return repaired;
}

Walk::Walk(std::string_view text) : rest_(text) {
  if (rest_.starts_with(kByteOrderMark)) rest_.remove_prefix(kByteOrderMark.size());
  skip_space();
  opening_ = rest_.empty() ? '\0' : rest_.front();
  if (opening_ == '{' || opening_ == '[') rest_.remove_prefix(1);
}

bool Walk::next() {
  skip_space();
  if (rest_.front() == ',') {
    rest_.remove_prefix(1);
    skip_space();
  }
  return rest_.front() != '}' && rest_.front() != ']';
}

std::string_view Walk::value() {
  skip_space();
  if (rest_.front() == ':') {
    rest_.remove_prefix(1);
    skip_space();
  }
  const std::string_view whole = rest_.substr(0, length_of_value());
  rest_.remove_prefix(whole.size());
  return whole;
}

void Walk::skip_space() {
  rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
}

std::size_t Walk::length_of_string(std::size_t from) const {
  std::size_t at = from + 1;
  while (rest_[at] != '"') at += rest_[at] == '\\' ? 2 : 1;
  return at + 1 - from;
}

std::size_t Walk::length_of_value() const {
  std::size_t depth = 0;
  std::size_t at = 0;
  do {
    const char c = rest_[at];
    if (c == '"') {
      at += length_of_string(at);
    } else if (c == '{' || c == '[') {
      ++depth;
      ++at;
    } else if (c == '}' || c == ']') {
      --depth;
      ++at;
    } else if (depth > 0) {
      ++at;
    } else {
      return std::min(rest_.find_first_of(",]} \t\r\n"), rest_.size());
    }
  } while (depth > 0);
  return at;
}

std::optional<Members> Members::of(std::string_view text) {
  Walk walk(text);
  if (!walk.is_object()) return std::nullopt;
  Members members;
  while (walk.next()) {
    std::string name = unquote(walk.value());
    members.members_.push_back({std::move(name), walk.value()});
  }
  return members;
}

std::optional<std::string_view> Members::find(std::string_view name) const {
  const auto it = std::find_if(members_.rbegin(), members_.rend(),
                               [&](const Member& member) { return member.name == name; });
  return it == members_.rend() ? std::nullopt : std::optional(it->value);
}

std::optional<std::string> Members::repeated() const {
  std::set<std::string_view> seen;
  for (const Member& member : members_) {
    if (!seen.insert(member.name).second) return member.name;
  }
  return std::nullopt;
}

void Members::set(std::string_view name, std::string_view value) {
  const auto it = std::find_if(members_.rbegin(), members_.rend(),
                               [&](const Member& member) { return member.name == name; });
  if (it != members_.rend()) {
    it->value = value;
  } else {
    members_.push_back({std::string(name), value});
  }
}

void Members::remove(std::string_view name) {
  std::erase_if(members_, [&](const Member& member) { return member.name == name; });
}

void Members::rename(std::string_view from, std::string_view to) {
  if (!find(from)) return;
  remove(to);
  for (Member& member : members_) {
    if (member.name == from) member.name = to;
  }
}

std::string Members::text() const {
  std::string text = "{";
  for (const Member& member : members_) {
    if (text.size() > 1) text += ',';
    text += quote(member.name);
    text += ':';
    text += member.value;
  }
  text += '}';
  return text;
}

std::string unquote(std::string_view raw) {
  const std::string_view inside = raw.substr(1, raw.size() - 2);
  if (inside.find('\\') == std::string_view::npos) return std::string(inside);
  auto tree = parse_json(raw);
  OFN_CHECK(tree.has_value());
  return std::move(tree->root).take_text();
}

std::string quote(std::string_view text) {
  std::string quoted;
  quoted.reserve(text.size() + 2);
  append_json_string(quoted, text);
  return quoted;
}

std::string_view kind_of(std::string_view raw) {
  switch (raw.front()) {
    case '"':
      return "a string";
    case '{':
      return "an object";
    case '[':
      return "an array";
    case 't':
    case 'f':
      return "a boolean";
    case 'n':
      return "null";
    default:
      return "a number";
  }
}

}  // namespace ofn::document
