// The lists of OTEL_RESOURCE_ATTRIBUTES and OTEL_EXPORTER_OTLP_HEADERS: "name=value,name=value", percent-encoded.
//
//   auto pairs = parse_pairs("team=core,note=a%2Cb");
//   if (!pairs) complain("item " + std::to_string(pairs.error().item) + ": " + std::string(pairs.error().expected));
//
// Spec: opentelemetry-specification, resource/sdk.md and protocol/exporter.md; both name W3C Baggage without properties.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/field.h>

namespace ofn::otlp {

struct PairMistake {
  std::size_t item = 0;       // from 1
  std::string_view expected;  // static text
};

// Blanks around names and values are removed, empty items ignored. The last of two equal names counts.
// Errors: the first mistake, because the specification discards such a list whole.
std::expected<std::vector<Header>, PairMistake> parse_pairs(std::string_view text);

}  // namespace ofn::otlp
