// The identity of a span, as it travels from program to program: the header `traceparent` of W3C Trace Context, level 2.
//
//   if (const auto caller = SpanContext::parse(value)) say(caller->sampled());
//   const auto header = context_of_span.traceparent();
//   request.headers.push_back({"traceparent", std::string_view(header.data(), header.size())});
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/random.h"

namespace ofn {

using TraceId = std::array<std::uint8_t, 16>;
using SpanId = std::array<std::uint8_t, 8>;

// A value. Spec: https://www.w3.org/TR/trace-context-2/#traceparent-header
struct SpanContext {
  static constexpr std::uint8_t kSampled = 1;  // the span is recorded
  static constexpr std::uint8_t kRandom = 2;   // the last 7 bytes of the trace's id are random
  static constexpr std::size_t kTextSize = 55;

  TraceId trace_id{};
  SpanId span_id{};
  std::uint8_t flags = 0;

  // Returns true if it stands for no span.
  bool empty() const noexcept { return span_id == SpanId{}; }
  bool sampled() const noexcept { return (flags & kSampled) != 0; }

  // Returns nullopt unless the text follows the specification: lower case, no id of zeros, exactly 55 characters in version 00. Of a
  // later version it reads what version 00 has. Cost: some ten nanoseconds.
  static std::optional<SpanContext> parse(std::string_view traceparent) noexcept;
  // Returns zeros instead of nullopt. Cost: of an empty text a comparison.
  static SpanContext parse_or_empty(std::string_view traceparent) noexcept {
    return traceparent.empty() ? SpanContext() : parse(traceparent).value_or(SpanContext());
  }
  // Returns the header's value, of version 00.
  std::array<char, kTextSize> traceparent() const noexcept;

  friend bool operator==(const SpanContext&, const SpanContext&) = default;
};

// Random ids, never of zeros.
TraceId make_trace_id(Random& random) noexcept;
SpanId make_span_id(Random& random) noexcept;

// Reads lower-case hexadecimal digits, two for each byte of `out`. Returns false for any other text.
bool read_hex(std::string_view text, TraceId& out) noexcept;
bool read_hex(std::string_view text, SpanId& out) noexcept;

}  // namespace ofn
