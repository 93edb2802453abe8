#include "os/fixed_line.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace ofn::os {

void FixedText::add(std::string_view text) {
  const std::size_t size = std::min(text.size(), left());
  cut_ = cut_ || size < text.size();
  text.copy(room_.data() + size_, size);
  size_ += size;
}

void FixedText::add_number(std::uint64_t number, int least_digits) {
  std::array<char, 24> digits;
  char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  for (auto missing = least_digits - (end - digits.data()); missing > 0; --missing) add('0');
  add(std::string_view(digits.data(), end));
}

void FixedText::add_hex(std::uint64_t number) {
  std::array<char, 24> digits;
  char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr;
  add("0x");
  add(std::string_view(digits.data(), end));
}

std::string_view FixedLine::end() {
  if (!ended_) {
    ended_ = true;
    line_.end();
    text_.add('\n');
  }
  return text_.text();
}

}  // namespace ofn::os
