// What the commands that ask a running loop have in common.
//
//   constexpr std::array<FlagRow, 2> kFlags = {{kInstanceFlag, kJsonFlag}};
//
// Values only.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/commands/rows.h"

namespace ofn::cli {

inline constexpr FlagRow kInstanceFlag = {
    .name = "instance",
    .value = "NAME",
    .help =
        "Which running function: its name, process id, source or folder [default the one of "
        "this folder]",
    .kind = ValueKind::kInstance};
inline constexpr FlagRow kJsonFlag = {.name = "json", .help = "Print the result as JSON"};

using Pairs = std::vector<std::pair<std::string, std::string>>;

// "name=value" of a flag that may be repeated. Errors: a value without the sign, or without a name where one is needed.
enum class Names : bool { kNeeded, kMayBeEmpty };
inline std::expected<Pairs, std::string> pairs_of(const Given& given, std::string_view flag,
                                                  char sign, Names names = Names::kNeeded) {
  Pairs pairs;
  for (const std::string& text : given.all(flag)) {
    const std::size_t at = text.find(sign);
    if (at == std::string::npos || (at == 0 && names == Names::kNeeded)) {
      return std::unexpected("--" + std::string(flag) + ": expected NAME" + sign +
                             "VALUE, found \"" + text + "\"");
    }
    std::string value = text.substr(at + 1);
    if (sign == ':') value.erase(0, value.find_first_not_of(' '));
    pairs.emplace_back(text.substr(0, at), std::move(value));
  }
  return pairs;
}

}  // namespace ofn::cli
