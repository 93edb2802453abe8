// SkyWalking's notation of a trace, as it travels from program to program: the headers sw8 and sw8-correlation.
//
//   if (const auto caller = parse_sw8(value)) continue_trace(*caller);
//   send(kSw8, to_sw8({.trace_id = trace, .segment_id = segment, .span_id = 1, .service = "pay", .address = "orders"}));
//
// Spec: SkyWalking Cross Process Propagation Headers Protocol v3, and Correlation Headers Protocol v1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/field.h>

namespace ofn::skywalking {

inline constexpr std::string_view kSw8 = "sw8";
inline constexpr std::string_view kSw8Correlation = "sw8-correlation";

// A span of the program that called, as the called one names it.
struct Reference {
  bool is_sampled = true;
  std::string trace_id{};
  std::string segment_id{};  // of the caller
  std::int32_t span_id = 0;  // in that segment
  std::string service{};
  std::string instance{};
  std::string endpoint{};  // the caller's own name for the call that it was serving
  std::string address{};   // by which the caller knows the called
  friend bool operator==(const Reference&, const Reference&) = default;
};

inline constexpr std::size_t kMaxSw8 = 2048;
inline constexpr std::size_t kMaxService = 50;
inline constexpr std::size_t kMaxInstance = 50;
inline constexpr std::size_t kMaxEndpoint = 150;

// Returns nullopt unless the value has eight fields, of which the texts are UTF-8 in Base64, the trace, the segment and the service are
// not empty, and no more than kMaxSw8 bytes. Cost: a few allocations.
std::optional<Reference> parse_sw8(std::string_view value);
// Returns the header's value. What is longer than its limit is cut, between two characters.
std::string to_sw8(const Reference& reference);

// Entries that go with a trace from program to program. SkyWalking's agents take at most three, with values of 128 bytes.
inline constexpr std::size_t kMaxEntries = 3;
inline constexpr std::size_t kMaxEntryValue = 128;
// Returns the entries that are well formed and within the limits.
std::vector<Header> parse_correlation(std::string_view value);
// Adds an entry, or replaces the one of its name. Returns false if it breaks a limit.
bool put(std::vector<Header>& entries, std::string_view name, std::string_view value);
std::string to_correlation(std::span<const Header> entries);

}  // namespace ofn::skywalking
