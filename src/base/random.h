// Random numbers and ids. Each thread has its own generator, which is an object and not a global.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <string>

namespace ofn {

// xoshiro256**, seeded by the kernel. For jitter and ids, not for secrets.
// Threads: one at a time. Cost: some ten instructions.
class Random {
 public:
  using result_type =
      std::uint64_t;  // NOLINT(readability-identifier-naming): std's UniformRandomBitGenerator

  Random();                             // seeded by getrandom(2)
  explicit Random(std::uint64_t seed);  // repeatable, for tests

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return ~std::uint64_t{0}; }
  result_type operator()() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }
  // Uniform in [0, 1).
  double unit();

 private:
  std::array<std::uint64_t, 4> state_;
};

// A random UUID, version 4 (RFC 9562 §5.4), in lower case.
std::string uuid4(Random& random);

}  // namespace ofn
