#include "metrics/number_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

namespace ofn::metrics {

namespace {

constexpr double kScientificFrom = 1e6;

std::string text_of(double value, std::chars_format format) {
  std::array<char, 64> buffer{};
  const auto [end, error] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format);
  return error == std::errc() ? std::string(buffer.data(), end) : std::string("NaN");
}

}  // namespace

std::string number_text(double value) {
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  if (std::isnan(value)) return "NaN";
  if (value == std::floor(value) && std::abs(value) < 1e15)
    return text_of(value, std::chars_format::fixed);
  return text_of(value, std::abs(value) >= 1e-4 && std::abs(value) < 1e15
                            ? std::chars_format::fixed
                            : std::chars_format::general);
}

std::string bound_text(double bound) {
  if (std::isinf(bound)) return "+Inf";
  if (bound >= kScientificFrom) return text_of(bound, std::chars_format::scientific);
  std::string text = text_of(bound, std::chars_format::fixed);
  if (text.find('.') == std::string::npos) text += ".0";
  return text;
}

}  // namespace ofn::metrics
