// Random numbers and ids. Each thread has its own generator, which is an object and not a global.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace ofn {

// xoshiro256**, seeded by the kernel. For jitter and ids, not for secrets.
// Threads: one at a time. Cost: a few nanoseconds.
class Random {
 public:
  using result_type =
      std::uint64_t;  // NOLINT(readability-identifier-naming): std's UniformRandomBitGenerator

  Random();                             // seeded by getrandom(2)
  explicit Random(std::uint64_t seed);  // repeatable, for tests

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return ~std::uint64_t{0}; }
  result_type operator()();
  // Uniform in [0, 1).
  double unit();

 private:
  std::array<std::uint64_t, 4> state_;
};

// A random UUID, version 4 (RFC 9562 §5.4), in lower case.
std::string uuid4(Random& random);

}  // namespace ofn
