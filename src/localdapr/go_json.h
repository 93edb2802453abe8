// JSON as daprd, a Go program, hands it on: decoded into values and encoded again.
//
//   go_json("{\"b\":1.0, \"a\":[]}")  → {"a":[],"b":1}
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace ofn::localdapr {

using Json = nlohmann::json;

// What is left of a number: Go decodes into float64 unless it is told not to.
enum class GoNumbers { kFloat64, kExact };

// One JSON value, and nothing behind it. nullopt: it is none, or is nested deeper than 1000 levels.
std::optional<Json> parse_json(std::string_view text);
// The first JSON value of `text`; what follows it is not read.
std::optional<Json> parse_json_prefix(std::string_view text);

// Spec: json.Marshal. Keys are sorted; &, < and > are escaped; what is not UTF-8 becomes U+FFFD.
std::string write_json(const Json& value, GoNumbers numbers);

}  // namespace ofn::localdapr
