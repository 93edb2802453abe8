#include "wire/http_date.h"

#include <ofn/http_date.h>

namespace ofn::wire {

static_assert(HttpDate::kSize == internal::kHttpDateSize);

std::string_view HttpDate::at(SystemTime now) {
  const std::chrono::sys_seconds second = std::chrono::floor<std::chrono::seconds>(now);
  if (second != second_) {
    second_ = second;
    internal::write_http_date(text_.data(), second);
  }
  return {text_.data(), kSize};
}

}  // namespace ofn::wire
