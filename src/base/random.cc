#include "base/random.h"

#include <cstddef>
#include <sys/random.h>

#include "base/check.h"

namespace ofn {

namespace {

// splitmix64: spreads a small seed over the whole state.
std::uint64_t split_mix(std::uint64_t& seed) {
  seed += 0x9e3779b97f4a7c15;
  std::uint64_t z = seed;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

std::uint64_t kernel_seed() {
  std::uint64_t seed = 0;
  OFN_CHECK(getrandom(&seed, sizeof seed, 0) == static_cast<ssize_t>(sizeof seed));
  return seed;
}

}  // namespace

Random::Random() : Random(kernel_seed()) {}

Random::Random(std::uint64_t seed) : state_{} {
  for (auto& word : state_) word = split_mix(seed);
}

double Random::unit() { return static_cast<double>((*this)() >> 11) * 0x1.0p-53; }

std::string uuid4(Random& random) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::array<std::uint64_t, 2> bits = {random(), random()};
  bits[0] = (bits[0] & ~std::uint64_t{0xf000}) | 0x4000;
  bits[1] = (bits[1] & ~(std::uint64_t{3} << 62)) | (std::uint64_t{2} << 62);
  std::string text;
  text.reserve(36);
  for (std::size_t nibble = 0; nibble < 32; ++nibble) {
    if (nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20) text += '-';
    text += kHex[(bits[nibble / 16] >> (60 - 4 * (nibble % 16))) & 0xf];
  }
  return text;
}

}  // namespace ofn
