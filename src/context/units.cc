#include "context/units.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <system_error>
#include <utility>

#include "document/problem.h"

namespace ofn {
namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Returns the digits at the beginning and the unit after them.
std::optional<std::pair<std::uint64_t, std::string_view>> split(std::string_view text) noexcept {
  const auto end =
      std::find_if(text.begin(), text.end(), [](char c) { return c < '0' || c > '9'; });
  const auto digits = static_cast<std::size_t>(end - text.begin());
  const auto number = parse_number(text.substr(0, digits));
  if (!number) return std::nullopt;
  return std::pair(*number, text.substr(digits));
}

}  // namespace

std::optional<std::vector<std::string>> parse_list(std::string_view text) {
  std::vector<std::string> words;
  if (text.empty()) return words;
  while (true) {
    const auto comma = text.find(',');
    words.emplace_back(text.substr(0, comma));
    if (words.back().empty()) return std::nullopt;
    if (comma == std::string_view::npos) return words;
    text.remove_prefix(comma + 1);
  }
}

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::uint64_t> parse_number(std::string_view text) noexcept {
  std::uint64_t number = 0;
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const auto [stop, error] = std::from_chars(begin, end, number);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  return number;
}

std::optional<Duration> parse_duration(std::string_view text) noexcept {
  static constexpr std::array<std::pair<std::string_view, std::uint64_t>, 5> kUnits = {
      {{"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}}};
  static constexpr std::uint64_t kMaxMilliseconds = 365ULL * 24 * 3'600'000;
  const auto parts = split(text);
  if (!parts) return std::nullopt;
  for (const auto& [unit, milliseconds] : kUnits) {
    if (!equal_ignoring_case(unit, parts->second)) continue;
    if (parts->first > kMaxMilliseconds / milliseconds) return std::nullopt;
    return std::chrono::milliseconds(parts->first * milliseconds);
  }
  return std::nullopt;
}

std::optional<std::uint64_t> parse_size(std::string_view text) noexcept {
  struct Unit {
    std::string_view name;
    std::uint64_t bytes;
  };
  static constexpr std::uint64_t kKilo = 1000;
  static constexpr std::uint64_t kKibi = 1024;
  static constexpr std::array<Unit, 14> kUnits = {{{"", 1},
                                                   {"B", 1},
                                                   {"K", kKilo},
                                                   {"KB", kKilo},
                                                   {"Ki", kKibi},
                                                   {"KiB", kKibi},
                                                   {"M", kKilo * kKilo},
                                                   {"MB", kKilo * kKilo},
                                                   {"Mi", kKibi * kKibi},
                                                   {"MiB", kKibi * kKibi},
                                                   {"G", kKilo * kKilo * kKilo},
                                                   {"GB", kKilo * kKilo * kKilo},
                                                   {"Gi", kKibi * kKibi * kKibi},
                                                   {"GiB", kKibi * kKibi * kKibi}}};
  static constexpr std::uint64_t kMaxBytes = 1ULL << 62U;
  const auto parts = split(text);
  if (!parts) return std::nullopt;
  for (const Unit& unit : kUnits) {
    if (!equal_ignoring_case(unit.name, parts->second)) continue;
    if (parts->first > kMaxBytes / unit.bytes) return std::nullopt;
    return parts->first * unit.bytes;
  }
  return std::nullopt;
}

std::optional<std::uint16_t> parse_port(std::string_view text) noexcept {
  const auto number = parse_number(text);
  if (!number || *number == 0 || *number > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

std::optional<bool> parse_switch(std::string_view text) noexcept {
  const auto is = [text](std::string_view word) { return equal_ignoring_case(text, word); };
  if (is("true") || is("1") || is("yes") || is("on")) return true;
  if (is("false") || is("0") || is("no") || is("off")) return false;
  return std::nullopt;
}

std::string quoted_setting(std::string_view text) {
  std::string result = quoted(text);
  for (const std::string_view scheme : {"tcp://", "udp://", "sctp://"}) {
    if (text.starts_with(scheme)) {
      result +=
          " (this is how Kubernetes and Docker announce a service; rename that service, or set "
          "enableServiceLinks: false in the pod)";
    }
  }
  return result;
}

}  // namespace ofn
