#include "wire/http2/huffman.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace ofn::wire::http2 {

namespace {

constexpr std::size_t kSymbols = 257;  // the bytes, and the end of the string
constexpr std::size_t kEnd = 256;
constexpr std::size_t kLongest = 30;
constexpr unsigned kMostPadding = 7;

// The length of each symbol's code in bits. The code is canonical: codes of one length follow each other in the order of
// their symbols, and the first of a length follows from the last of the shorter ones.
constexpr std::array<std::uint8_t, kSymbols> kLengths = {
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28,
    28, 28, 28, 28, 28, 28, 28, 28, 6,  10, 10, 12, 13, 6,  8,  11, 10, 10, 8,  11, 8,  6,  6,  6,
    5,  5,  5,  6,  6,  6,  6,  6,  6,  6,  7,  8,  15, 6,  12, 10, 13, 6,  7,  7,  7,  7,  7,  7,
    7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  8,  7,  8,  13, 19, 13, 14, 6,
    15, 5,  6,  5,  6,  5,  6,  6,  6,  5,  7,  7,  6,  6,  6,  5,  6,  7,  6,  5,  5,  6,  7,  7,
    7,  7,  7,  15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21,
    23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24,
    21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
};

struct Table {
  struct Length {
    std::uint32_t first = 0;  // its first code
    std::uint32_t count = 0;  // how many codes it has
    std::uint32_t at = 0;     // where their symbols begin
  };
  std::array<Length, kLongest + 1> lengths{};
  std::array<std::uint16_t, kSymbols> symbols{};  // by length, then by number
};

constexpr Table kTable = [] {
  Table table;
  std::uint32_t code = 0;
  std::uint32_t at = 0;
  for (std::size_t length = 1; length <= kLongest; ++length) {
    code <<= 1U;
    table.lengths[length] = {.first = code, .count = 0, .at = at};
    for (std::size_t symbol = 0; symbol < kSymbols; ++symbol) {
      if (kLengths[symbol] != length) continue;
      table.symbols[at++] = static_cast<std::uint16_t>(symbol);
      ++table.lengths[length].count;
      ++code;
    }
  }
  return table;
}();

}  // namespace

std::optional<std::string> huffman_decode(std::string_view code, std::size_t most) {
  std::string text;
  std::uint32_t bits = 0;  // of the symbol that is being read
  std::size_t length = 0;  // how many
  for (const char byte : code) {
    for (int shift = 7; shift >= 0; --shift) {
      bits = bits << 1U | (static_cast<unsigned char>(byte) >> static_cast<unsigned>(shift) & 1U);
      if (++length > kLongest) return std::nullopt;
      const Table::Length& of = kTable.lengths[length];
      if (bits < of.first || bits - of.first >= of.count) continue;
      const std::uint16_t symbol = kTable.symbols[of.at + bits - of.first];
      if (symbol == kEnd) return std::nullopt;  // it may not stand in a string
      if (text.size() > most) return text;
      text += static_cast<char>(symbol);
      bits = 0;
      length = 0;
    }
  }
  // What is left are the first bits of the end's code: ones.
  if (length > kMostPadding || bits != (1U << length) - 1) return std::nullopt;
  return text;
}

}  // namespace ofn::wire::http2
