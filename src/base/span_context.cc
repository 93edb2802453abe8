#include "base/span_context.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace ofn {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the first character is in the lowest byte");

constexpr std::uint64_t each(std::uint64_t byte) { return byte * 0x0101010101010101U; }

// In each byte 1 if the number there, which is below 25, is above 9.
constexpr std::uint64_t above_nine(std::uint64_t numbers) {
  return ((numbers + each(0x76)) >> 7U) & each(1);
}

constexpr std::uint64_t to_digits(std::uint64_t numbers) {
  return numbers + each('0') + above_nine(numbers) * ('a' - '0' - 10);
}

// Eight digits at once, as a word: that runs for every request.
bool read_four(const char* digits, std::uint8_t* bytes) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, digits, sizeof word);
  const std::uint64_t letters = (word >> 6U) & each(1);
  std::uint64_t numbers = (word & each(0x0F)) + letters * 9;
  if ((numbers & each(0xF0)) != 0 || to_digits(numbers) != word) return false;
  numbers = ((numbers << 4U) | (numbers >> 8U)) & 0x00FF00FF00FF00FFU;
  numbers = (numbers | (numbers >> 8U)) & 0x0000FFFF0000FFFFU;
  const auto packed = static_cast<std::uint32_t>(numbers | (numbers >> 16U));
  std::memcpy(bytes, &packed, sizeof packed);
  return true;
}

void write_four(const std::uint8_t* bytes, char* digits) noexcept {
  std::uint32_t packed = 0;
  std::memcpy(&packed, bytes, sizeof packed);
  std::uint64_t word = packed;
  word = (word | (word << 16U)) & 0x0000FFFF0000FFFFU;
  word = (word | (word << 8U)) & 0x00FF00FF00FF00FFU;
  word = to_digits(((word >> 4U) & 0x000F000F000F000FU) | ((word & 0x000F000F000F000FU) << 8U));
  std::memcpy(digits, &word, sizeof word);
}

template <std::size_t kSize>
bool read(std::string_view digits, std::array<std::uint8_t, kSize>& out) noexcept {
  bool good = true;
  for (std::size_t i = 0; i < kSize; i += 4) {
    good = read_four(digits.data() + 2 * i, out.data() + i) && good;
  }
  return good;
}

template <std::size_t kSize>
void write(const std::array<std::uint8_t, kSize>& bytes, char* digits) noexcept {
  for (std::size_t i = 0; i < kSize; i += 4) write_four(bytes.data() + i, digits + 2 * i);
}

template <std::size_t kSize>
bool is_zero(const std::array<std::uint8_t, kSize>& id) noexcept {
  return id == std::array<std::uint8_t, kSize>{};
}

// One byte as two digits, or -1.
int byte_of(std::string_view two) noexcept {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  const int high = digit(two[0]);
  const int low = digit(two[1]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

template <class Id>
Id make(Random& random) noexcept {
  Id id{};
  do {
    for (std::size_t i = 0; i < id.size(); i += sizeof(std::uint64_t)) {
      const std::uint64_t bits = random();
      std::memcpy(id.data() + i, &bits, sizeof bits);
    }
  } while (is_zero(id));
  return id;
}

}  // namespace

std::optional<SpanContext> SpanContext::parse(std::string_view text) noexcept {
  if (text.size() < kTextSize || text[2] != '-' || text[35] != '-' || text[52] != '-')
    return std::nullopt;
  const int version = byte_of(text.substr(0, 2));
  const int flags = byte_of(text.substr(53, 2));
  if (version < 0 || version == 0xFF || flags < 0) return std::nullopt;
  if (text.size() > kTextSize && (version == 0 || text[kTextSize] != '-')) return std::nullopt;
  SpanContext context;
  if (!read(text.substr(3), context.trace_id) || !read(text.substr(36), context.span_id) ||
      is_zero(context.trace_id) || is_zero(context.span_id)) {
    return std::nullopt;
  }
  // A later version may use the other flags otherwise.
  context.flags = static_cast<std::uint8_t>(flags) & (kSampled | kRandom);
  return context;
}

std::array<char, SpanContext::kTextSize> SpanContext::traceparent() const noexcept {
  std::array<char, kTextSize> text;
  text[0] = text[1] = '0';
  text[2] = text[35] = text[52] = '-';
  write(trace_id, text.data() + 3);
  write(span_id, text.data() + 36);
  text[53] = '0';
  text[54] = static_cast<char>('0' + (flags & (kSampled | kRandom)));
  return text;
}

TraceId make_trace_id(Random& random) noexcept { return make<TraceId>(random); }
SpanId make_span_id(Random& random) noexcept { return make<SpanId>(random); }

bool read_hex(std::string_view text, TraceId& out) noexcept {
  return text.size() == 2 * out.size() && read(text, out);
}
bool read_hex(std::string_view text, SpanId& out) noexcept {
  return text.size() == 2 * out.size() && read(text, out);
}

}  // namespace ofn
