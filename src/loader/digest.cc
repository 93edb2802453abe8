#include "loader/digest.h"

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <ios>
#include <system_error>

namespace ofn::loader {

void Digest::mix(std::string_view bytes) noexcept {
  constexpr Word kPrime = (Word{1} << 88) | 0x13b;
  Word state = state_;
  for (const char c : bytes) {
    state ^= static_cast<unsigned char>(c);
    state *= kPrime;
  }
  state_ = state;
}

Digest& Digest::add(std::string_view bytes) noexcept {
  mix(bytes);
  for (std::size_t size = bytes.size(), i = 0; i < sizeof size; ++i, size >>= 8) {
    const char byte = static_cast<char>(size & 0xff);
    mix({&byte, 1});
  }
  return *this;
}

std::string Digest::hex() const {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex(32, '0');
  Word rest = state_;
  for (auto it = hex.rbegin(); it != hex.rend(); ++it, rest >>= 4) {
    *it = kDigits[static_cast<std::size_t>(rest & 0xf)];
  }
  return hex;
}

std::optional<std::string> read_file(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  // One byte more than the file has, so that the first read meets its end. The size is only a
  // guess, because the file may change meanwhile.
  const std::uintmax_t guess = std::filesystem::file_size(path, error);
  std::string text(error ? 1 : guess + 1, '\0');
  std::size_t size = 0;
  while (file.read(text.data() + size, static_cast<std::streamsize>(text.size() - size))) {
    size = text.size();
    text.resize(2 * size);
  }
  if (file.bad()) return std::nullopt;
  text.resize(size + static_cast<std::size_t>(file.gcount()));
  return text;
}

std::optional<std::string> digest_file(const std::filesystem::path& path) {
  const auto text = read_file(path);
  if (!text) return std::nullopt;
  return Digest().add(*text).hex();
}

}  // namespace ofn::loader
