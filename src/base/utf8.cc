#include "base/utf8.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ofn {

namespace {

constexpr std::uint64_t kHighBits = 0x8080808080808080;

std::uint64_t load(const char* at) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// The number of leading bytes that are ASCII.
std::size_t ascii_prefix(const char* at, std::size_t size) noexcept {
  std::size_t done = 0;
  while (size - done >= 32 &&
         ((load(at + done) | load(at + done + 8) | load(at + done + 16) | load(at + done + 24)) &
          kHighBits) == 0) {
    done += 32;
  }
  while (size - done >= 8 && (load(at + done) & kHighBits) == 0) done += 8;
  // The rest of a text that ends within the next word, by a word that overlaps what was seen.
  if (size >= 8 && size - done < 8 && (load(at + size - 8) & kHighBits) == 0) return size;
  while (done < size && static_cast<unsigned char>(at[done]) < 0x80) ++done;
  return done;
}

// The lead byte decides the sequence's length, and the range of its second byte.
struct Sequence {
  std::size_t length;
  unsigned char second_min;
  unsigned char second_max;
};

constexpr Sequence sequence_of(unsigned char lead) noexcept {
  if (lead < 0x80) return {1, 0, 0};
  if (lead < 0xC2) return {0, 0, 0};  // a continuation, or an overlong form of ASCII
  if (lead < 0xE0) return {2, 0x80, 0xBF};
  if (lead == 0xE0) return {3, 0xA0, 0xBF};  // below: overlong
  if (lead == 0xED) return {3, 0x80, 0x9F};  // above: surrogates
  if (lead < 0xF0) return {3, 0x80, 0xBF};
  if (lead == 0xF0) return {4, 0x90, 0xBF};  // below: overlong
  if (lead < 0xF4) return {4, 0x80, 0xBF};
  if (lead == 0xF4) return {4, 0x80, 0x8F};  // above: beyond U+10FFFF
  return {0, 0, 0};
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  const auto byte = [text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  std::size_t i = 0;
  while (i < text.size()) {
    if (byte(i) < 0x80) {
      i += ascii_prefix(text.data() + i, text.size() - i);
      continue;
    }
    const Sequence sequence = sequence_of(byte(i));
    if (sequence.length == 0 || text.size() - i < sequence.length) return false;
    if (byte(i + 1) < sequence.second_min || byte(i + 1) > sequence.second_max) return false;
    for (std::size_t k = 2; k < sequence.length; ++k) {
      if ((byte(i + k) & 0xC0) != 0x80) return false;
    }
    i += sequence.length;
  }
  return true;
}

}  // namespace ofn
