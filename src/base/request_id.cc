#include "base/request_id.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace ofn {

namespace {

bool is_plain(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-_.:/+=@").find(c) != std::string_view::npos;
}

// Writes one hexadecimal digit for each of sixteen numbers below 16. The compiler turns this into a
// few vector instructions, which matters because it runs for every request.
void write_digits(const std::array<std::uint8_t, 16>& numbers, char* digits) noexcept {
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    digits[i] = static_cast<char>(numbers[i] + '0' + (numbers[i] > 9 ? 'a' - '0' - 10 : 0));
  }
}

}  // namespace

RequestId RequestId::of(std::span<const Field> fields, Random& random) {
  const Field* given = find_field(fields, kName);
  return from(given == nullptr ? std::string_view() : given->value, random);
}

bool RequestId::is_safe(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kMaxSize && std::ranges::all_of(text, is_plain);
}

RequestId RequestId::from(std::string_view given, Random& random) {
  RequestId id;
  if (is_safe(given)) {
    id.size_ = static_cast<std::uint8_t>(given.copy(id.text_.data(), kMaxSize));
    return id;
  }
  // Which digit comes from which bits does not matter.
  std::array<std::uint64_t, 2> bits{random(), random()};
  for (char* digits : {id.text_.data(), id.text_.data() + 16}) {
    std::array<std::uint64_t, 2> low{};
    for (std::size_t i = 0; i < bits.size(); ++i) {
      low[i] = bits[i] & 0x0F0F0F0F0F0F0F0F;
      bits[i] >>= 4;
    }
    write_digits(std::bit_cast<std::array<std::uint8_t, 16>>(low), digits);
  }
  id.size_ = 32;
  return id;
}

}  // namespace ofn
