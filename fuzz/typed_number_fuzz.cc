// Reads and writes numbers of JSON as a typed function does. The input is one number's text, or any
// other JSON.
//
// A value that was read must be the same after it is written and read again. An integer that
// fits is accepted exactly if a slow calculation with decimal digits gives the same integer. The
// size of the exponent must not matter.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include <ofn/typed.h>

#include "base/check.h"
#include "typed/number.h"
#include "typed/reader.h"
#include "typed/writer.h"

namespace {

using namespace ofn;

bool is_number(std::string_view text) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const auto digits = [&] {
    const std::size_t begin = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at - begin;
  };
  const bool leads_with_zero = at < text.size() && text[at] == '0';
  const std::size_t whole = digits();
  if (whole == 0 || (leads_with_zero && whole > 1)) return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

// The slow calculation, for small exponents: writes the digits out and moves the point one place at
// a time.
std::optional<std::string> written_out(std::string_view text) {
  const std::size_t e = std::min(text.find_first_of("eE"), text.size());
  const std::string exponent_text(e < text.size() ? text.substr(e + 1) : std::string_view("0"));
  const long exponent = std::strtol(exponent_text.c_str(), nullptr, 10);
  if (exponent < -2000 || exponent > 2000) return std::nullopt;
  std::string_view mantissa = text.substr(0, e);
  const bool is_negative = mantissa.starts_with('-');
  if (is_negative) mantissa.remove_prefix(1);
  std::string whole(mantissa.substr(0, mantissa.find('.')));
  std::string fraction(mantissa.size() > whole.size() ? mantissa.substr(whole.size() + 1)
                                                      : std::string_view());
  for (long i = 0; i < exponent; ++i) {
    whole += fraction.empty() ? '0' : fraction.front();
    if (!fraction.empty()) fraction.erase(0, 1);
  }
  for (long i = 0; i > exponent; --i) {
    fraction.insert(fraction.begin(), whole.empty() ? '0' : whole.back());
    if (!whole.empty()) whole.pop_back();
  }
  if (fraction.find_first_not_of('0') != std::string::npos) return "none";
  whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size()));
  if (whole.empty()) return "0";
  return (is_negative ? "-" : "") + whole;
}

// Reads `text` as a T. If this succeeds, writes the value and reads it again: it must be the same.
template <class T>
std::optional<T> round_trip(std::string_view text) {
  const abi::Type& type = internal::type_of<T>();
  T value{};
  if (!read_json(text, type, &value).empty()) return std::nullopt;
  std::string written;
  write_json(type, &value, written);
  T again{};
  OFN_CHECK(read_json(written, type, &again).empty());
  // The bytes are compared, because -0.0 equals 0.0.
  // NOLINTNEXTLINE(bugprone-suspicious-memory-comparison)
  OFN_CHECK(std::memcmp(&value, &again, sizeof(T)) == 0);
  return value;
}

template <class T>
void check_integer(std::string_view text, const std::optional<std::string>& exact) {
  const auto value = round_trip<T>(text);
  if (!exact) return;
  if (value) OFN_CHECK(std::to_string(*value) == *exact);
  // An integer that fits is accepted in every spelling.
  if (!value && *exact != "none" && exact->size() < 18 &&
      exact->size() < std::to_string(std::numeric_limits<T>::max()).size()) {
    OFN_CHECK(std::numeric_limits<T>::min() == 0 && exact->starts_with('-'));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  round_trip<bool>(text);
  const auto real = round_trip<double>(text);
  const auto single = round_trip<float>(text);
  if (real) OFN_CHECK(std::isfinite(*real));
  if (single) OFN_CHECK(std::isfinite(*single) && real);
  if (!is_number(text)) {
    round_trip<std::int64_t>(text);
    return 0;
  }
  const std::optional<std::string> exact = written_out(text);
  check_integer<std::int8_t>(text, exact);
  check_integer<std::uint16_t>(text, exact);
  check_integer<std::int64_t>(text, exact);
  check_integer<std::uint64_t>(text, exact);
  const auto whole = parse_whole_number(text);
  if (whole && exact) {
    OFN_CHECK((whole->is_negative ? "-" : "") + std::to_string(whole->magnitude) == *exact);
  }
  if (!whole && exact && *exact != "none") OFN_CHECK(exact->size() >= 20);
  return 0;
}
