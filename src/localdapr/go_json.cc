#include "localdapr/go_json.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>

#include "localdapr/go_text.h"

namespace ofn::localdapr {
namespace {

constexpr std::size_t kMaxDepth = 1000;  // what is written by recursion must have an end
constexpr double kLargestFixed = 1e21;
constexpr double kSmallestFixed = 1e-6;
constexpr double kAllDigitsCount = 1e17;  // below it, every digit before the point is significant

// How deep brackets are nested, and where the first value ends, if it is an array or an object.
struct Shape {
  std::size_t depth = 0;
  std::size_t end = std::string_view::npos;
};

Shape shape_of(std::string_view text) {
  Shape shape;
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
      shape.depth = std::max(shape.depth, ++depth);
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
      if (depth > 0) continue;
      shape.end = i + 1;
      return shape;
    }
  }
  return shape;
}

std::optional<Json> parse(std::string_view text) {
  if (shape_of(text).depth > kMaxDepth) return std::nullopt;
  Json value = Json::parse(text, nullptr, false);
  if (value.is_discarded()) return std::nullopt;
  return value;
}

// The fewest digits that stand for the number, without an exponent where it is of moderate size.
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
  if (exponent.starts_with('0')) exponent.remove_prefix(1);  // e-7, where C writes e-07
  out.append(exponent);
}

void append(std::string& out, const Json& value, GoNumbers numbers) {
  if (value.is_string()) return append_go_json(out, value.get_ref<const std::string&>());
  if (value.is_number()) {
    if (value.is_number_float() || numbers == GoNumbers::kFloat64) {
      return append_number(out, value.get<double>());
    }
    out += value.dump();
    return;
  }
  if (!value.is_structured()) {
    out += value.dump();  // true, false, null
    return;
  }
  const bool is_object = value.is_object();
  out.push_back(is_object ? '{' : '[');
  bool first = true;
  for (const auto& item : value.items()) {
    if (!first) out.push_back(',');
    first = false;
    if (is_object) {
      append_go_json(out, item.key());
      out.push_back(':');
    }
    append(out, item.value(), numbers);
  }
  out.push_back(is_object ? '}' : ']');
}

}  // namespace

std::optional<Json> parse_json(std::string_view text) { return parse(text); }

std::optional<Json> parse_json_prefix(std::string_view text) {
  return parse(text.substr(0, shape_of(text).end));
}

std::string write_json(const Json& value, GoNumbers numbers) {
  std::string out;
  append(out, value, numbers);
  return out;
}

}  // namespace ofn::localdapr
