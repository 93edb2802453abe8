// Compares two JSON texts for a person.
//
//   say(json_differences(R"({"a":1})", R"({"a":2})"));     // "  $.a: expected 1, got 2"
#pragma once

#include <string>
#include <string_view>

namespace ofn::kit {

// Returns the differences, each on a line with its path, at most twenty; empty if the texts have the same value. The order of members does
// not count. Numbers are equal if their values are: 1 and 1.0.
std::string json_differences(std::string_view expected, std::string_view actual);

}  // namespace ofn::kit
