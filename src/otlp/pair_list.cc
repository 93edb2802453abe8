#include "otlp/pair_list.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/utf8.h"

namespace ofn::otlp {
namespace {

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      decoded += text[at];
      continue;
    }
    unsigned byte = 0;
    const std::string_view digits = text.substr(at + 1, 2);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (error != std::errc() || end != digits.data() + 2) return std::nullopt;
    decoded += static_cast<char>(byte);
    at += 2;
  }
  return decoded;
}

}  // namespace

std::expected<std::vector<Header>, PairMistake> parse_pairs(std::string_view text) {
  std::vector<Header> pairs;
  for (std::size_t item = 1; !text.empty(); ++item) {
    const std::size_t comma = text.find(',');
    const std::string_view pair = without_blanks(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    if (pair.empty()) continue;
    const auto wrong = [item](std::string_view expected) {
      return std::unexpected(PairMistake{.item = item, .expected = expected});
    };
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) return wrong("name=value");
    auto name = percent_decoded(without_blanks(pair.substr(0, equals)));
    auto value = percent_decoded(without_blanks(pair.substr(equals + 1)));
    if (!name || !value) return wrong("two hexadecimal digits after each %");
    if (name->empty()) return wrong("a name before =");
    if (!is_utf8(*name) || !is_utf8(*value)) return wrong("UTF-8");
    const auto same = std::ranges::find(pairs, *name, &Header::name);
    if (same != pairs.end()) {
      same->value = *std::move(value);
    } else {
      pairs.push_back({*std::move(name), *std::move(value)});
    }
  }
  return pairs;
}

}  // namespace ofn::otlp
