#include "base/request_id.h"

#include <algorithm>
#include <cstring>

namespace ofn {

namespace {

bool is_plain(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-_.:/+=@").find(c) != std::string_view::npos;
}

// Eight hexadecimal digits at once, a byte each: every request pays for this.
constexpr std::uint64_t hex_digits(std::uint32_t word) noexcept {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  std::uint64_t nibbles = word;
  nibbles = (nibbles | nibbles << 16) & 0x0000FFFF0000FFFF;
  nibbles = (nibbles | nibbles << 8) & 0x00FF00FF00FF00FF;
  nibbles = (nibbles | nibbles << 4) & 0x0F0F0F0F0F0F0F0F;
  const std::uint64_t above_nine = (nibbles + 6 * kOnes) >> 4 & kOnes;
  return nibbles + '0' * kOnes + above_nine * ('a' - '0' - 10);
}

}  // namespace

RequestId RequestId::of(std::span<const Field> fields, Random& random) {
  RequestId id;
  const Field* given = find_field(fields, kName);
  if (given != nullptr && !given->value.empty() && given->value.size() <= kMaxSize &&
      std::all_of(given->value.begin(), given->value.end(), is_plain)) {
    id.size_ = static_cast<std::uint8_t>(given->value.copy(id.text_.data(), kMaxSize));
    return id;
  }
  for (int half = 0; half < 2; ++half) {
    const std::uint64_t bits = random();
    for (const auto word :
         {static_cast<std::uint32_t>(bits >> 32), static_cast<std::uint32_t>(bits)}) {
      const std::uint64_t digits = hex_digits(word);
      std::memcpy(id.text_.data() + id.size_, &digits, sizeof digits);
      id.size_ += sizeof digits;
    }
  }
  return id;
}

}  // namespace ofn
