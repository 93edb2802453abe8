#include "base/log.h"

#include <charconv>
#include <cmath>

namespace ofn {

std::string_view written(const LogValue& value, LogRoom& room) noexcept {
  char* const begin = room.data();
  char* const end = begin + room.size();
  switch (value.kind()) {
    case LogValue::Kind::kText:
      return value.text();
    case LogValue::Kind::kBool:
      return value.flag() ? "true" : "false";
    case LogValue::Kind::kInteger:
      return {begin, std::to_chars(begin, end, value.integer()).ptr};
    case LogValue::Kind::kUnsigned:
      return {begin, std::to_chars(begin, end, value.natural()).ptr};
    case LogValue::Kind::kReal:
      break;
  }
  if (std::isnan(value.real())) return "NaN";
  if (std::isinf(value.real())) return value.real() > 0 ? "Infinity" : "-Infinity";
  return {begin, std::to_chars(begin, end, value.real()).ptr};
}

}  // namespace ofn
