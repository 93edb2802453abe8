// Which bytes may stand where in a request or an answer: one table of bit classes, and the loops
// that run over it.
//
//   const char* end_of_name = skip(kToken, name, end);
//
// Spec: RFC 9110 §5.6.2 (token), §5.5 (field values), RFC 3986 §3 (path, query, host).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/trimmed.h"

#ifdef __SSE2__
#include <bit>
#include <emmintrin.h>
#endif

namespace ofn::wire {

enum CharClass : std::uint8_t {
  kToken = 1,     // methods, field names, codings, options
  kPath = 2,      // a target's path, without '%', which opens an escape
  kQuery = 4,     // a target's query
  kValue = 8,     // field values: visible, blank, tab, obs-text
  kRegName = 16,  // a host that is a name, without '%' and ','
  kAlpha = 32,
  kDigit = 64,
  kHex = 128,
};

// A path is RFC 3986's, and "[", "]" and "|", which browsers send as they stand. A query is only data to everybody on the
// way: in it every byte stands for itself that is neither a control character, nor a blank, nor '#'. A browser leaves
// '%', '\\' and "[ ] { } | ^ `" as they were typed (URL Standard, query percent-encode set); curl leaves '"', '<', '>' and
// bytes outside ASCII, too. Nobody sends '#', because what follows it is no part of a request.
inline constexpr std::array<std::uint8_t, 256> kChars = [] {
  std::array<std::uint8_t, 256> classes{};
  const auto add = [&](std::uint8_t mask, std::string_view chars) {
    for (const char c : chars) classes[static_cast<unsigned char>(c)] |= mask;
  };
  for (unsigned c = 0x20; c < 0x100; ++c) {
    if (c != 0x7f) classes[c] |= kValue;
  }
  add(kValue, "\t");
  for (unsigned char c = 'a'; c <= 'z'; ++c) {
    for (const unsigned letter : {unsigned{c}, c - 0x20u}) {
      classes[letter] |= kToken | kPath | kRegName | kAlpha;
      if (c <= 'f') classes[letter] |= kHex;
    }
  }
  add(kToken | kPath | kRegName | kDigit | kHex, "0123456789");
  add(kToken, "!#$%&'*+-.^_`|~");
  add(kPath, "-._~!$&'()*+,;=:@/[]|");
  for (unsigned c = 0x21; c < 0x100; ++c) {
    if (c != 0x7f && c != '#') classes[c] |= kQuery;
  }
  add(kRegName, "-._~!$&'()*+;=");
  return classes;
}();

constexpr bool is(CharClass wanted, char c) {
  return (kChars[static_cast<unsigned char>(c)] & wanted) != 0;
}

constexpr bool all(CharClass wanted, std::string_view text) {
  for (const char c : text) {
    if (!is(wanted, c)) return false;
  }
  return true;
}

// The first byte in [at, end) that is not of the class, or end.
constexpr const char* skip(CharClass wanted, const char* at, const char* end) {
  while (at != end && is(wanted, *at)) ++at;
  return at;
}

// skip(kValue, …), sixteen bytes at a time where the processor can: values are the long part of a
// head.
inline const char* skip_value(const char* at, const char* end) {
#ifdef __SSE2__
  const __m128i last_control = _mm_set1_epi8(0x1f);
  const __m128i tab = _mm_set1_epi8('\t');
  const __m128i del = _mm_set1_epi8(0x7f);
  while (end - at >= 16) {
    __m128i bytes;
    __builtin_memcpy(&bytes, at, sizeof bytes);
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, last_control), bytes);
    const __m128i bad = _mm_or_si128(_mm_andnot_si128(_mm_cmpeq_epi8(bytes, tab), control),
                                     _mm_cmpeq_epi8(bytes, del));
    const auto found = static_cast<unsigned>(_mm_movemask_epi8(bad));
    if (found != 0) return at + std::countr_zero(found);
    at += 16;
  }
#endif
  return skip(kValue, at, end);
}

}  // namespace ofn::wire
