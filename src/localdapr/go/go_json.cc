#include "localdapr/go/go_json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <system_error>
#include <utility>

#include "document/json.h"
#include "localdapr/go/go_text.h"

namespace ofn::localdapr {
namespace {

using Kind = Node::Kind;

constexpr std::size_t kMaxDepth = 1000;  // Go accepts more levels, but the writer here is recursive
constexpr double kLargestFixed = 1e21;
constexpr double kSmallestFixed = 1e-6;
constexpr double kAllDigitsCount = 1e17;  // below it, all digits before the point are significant

// Returns the length of the first value if it is a list or an object; npos otherwise.
std::size_t length_of_first(std::string_view text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
      if (depth == 0) return i + 1;
    }
  }
  return std::string_view::npos;
}

// Returns true if Go's integers can hold the number.
bool is_integer(std::string_view text) {
  const auto fits = [text](auto value) {
    const auto [end, error] = std::from_chars(text.begin(), text.end(), value);
    return error == std::errc() && end == text.end();
  };
  return fits(std::uint64_t()) || fits(std::int64_t());
}

// Appends the shortest text for the number, without an exponent if its size is moderate.
void append_number(std::string& out, double value) {
  std::array<char, 64> buffer{};
  const auto write = [&](std::chars_format format) {
    const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format);
    return std::string_view(buffer.data(), static_cast<std::size_t>(result.ptr - buffer.data()));
  };
  const double size = std::abs(value);
  if (size < kAllDigitsCount && (size == 0 || size >= kSmallestFixed)) {
    out += write(std::chars_format::fixed);
    return;
  }
  const std::string_view text = write(std::chars_format::scientific);  // "-1.25e+17"
  const std::size_t e = text.find('e');
  std::string_view exponent = text.substr(e + 1);
  if (size >= kAllDigitsCount && size < kLargestFixed) {
    std::string digits(text.substr(0, e));
    std::size_t wanted = 1 + static_cast<std::size_t>(exponent[1] - '0') * 10 +
                         static_cast<std::size_t>(exponent[2] - '0');
    std::erase(digits, '.');
    if (value < 0) ++wanted;
    digits.resize(wanted, '0');
    out += digits;
    return;
  }
  out.append(text.substr(0, e + 2));
  exponent.remove_prefix(1);
  if (exponent.starts_with('0')) exponent.remove_prefix(1);  // Go writes e-7, and C writes e-07
  out.append(exponent);
}

void append(std::string& out, const Node& value, GoNumbers numbers) {
  switch (value.kind()) {
    case Kind::kNull:
      out += "null";
      return;
    case Kind::kBool:
      out += value.text();
      return;
    case Kind::kNumber:
      if (numbers == GoNumbers::kFloat64 || !is_integer(value.text())) {
        return append_number(out, value.real());
      }
      out += value.text();
      return;
    case Kind::kText:
      return append_go_json(out, value.text());
    case Kind::kList:
      break;
    case Kind::kObject:
      out.push_back('{');
      for (bool first = true; const Node* member : sorted_members(value)) {
        if (!std::exchange(first, false)) out.push_back(',');
        append_go_json(out, member->key());
        out.push_back(':');
        append(out, *member, numbers);
      }
      out.push_back('}');
      return;
  }
  out.push_back('[');
  for (bool first = true; const Node& item : value.children()) {
    if (!std::exchange(first, false)) out.push_back(',');
    append(out, item, numbers);
  }
  out.push_back(']');
}

}  // namespace

std::optional<Node> parse_json(std::string_view text) {
  return document::json_value(text, kMaxDepth);
}

std::optional<Node> parse_json_prefix(std::string_view text) {
  return parse_json(text.substr(0, length_of_first(text)));
}

std::vector<const Node*> sorted_members(const Node& object) {
  std::vector<const Node*> members;
  for (const Node& member : object.members()) members.push_back(&member);
  std::ranges::sort(members, {}, &Node::key);
  return members;
}

std::string write_json(const Node& value, GoNumbers numbers) {
  std::string out;
  append(out, value, numbers);
  return out;
}

}  // namespace ofn::localdapr
