// The value of Date, made once a second.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <string_view>

#include "base/clock.h"

namespace ofn::wire {

// Lifetime: one per loop; the view is valid until the next call of at().
// Threads: one at a time.
// Cost: a comparison, but for the first call of a second.
// Spec: RFC 9110 §5.6.7, IMF-fixdate: "Sun, 06 Nov 1994 08:49:37 GMT".
class HttpDate {
 public:
  static constexpr std::size_t kSize = 29;

  std::string_view at(SystemTime now);

 private:
  std::array<char, kSize> text_{};
  std::chrono::sys_seconds second_ = std::chrono::sys_seconds::min();
};

}  // namespace ofn::wire
