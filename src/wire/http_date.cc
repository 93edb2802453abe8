#include "wire/http_date.h"

#include <cstddef>

namespace ofn::wire {

std::string_view HttpDate::at(SystemTime now) {
  using namespace std::chrono;
  const sys_seconds second = floor<seconds>(now);
  if (second == second_) return {text_.data(), kSize};
  second_ = second;

  const sys_days day = floor<days>(second);
  const year_month_day date(day);
  const hh_mm_ss time(second - day);
  char* at = text_.data();
  const auto text = [&](std::string_view part) { at += part.copy(at, part.size()); };
  const auto two_digits = [&](unsigned number) {
    *at++ = static_cast<char>('0' + number / 10 % 10);
    *at++ = static_cast<char>('0' + number % 10);
  };
  constexpr std::string_view kDays = "SunMonTueWedThuFriSat";
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));

  text(kDays.substr(std::size_t{3} * weekday(day).c_encoding(), 3));
  text(", ");
  two_digits(static_cast<unsigned>(date.day()));
  text(" ");
  text(kMonths.substr(std::size_t{3} * (static_cast<unsigned>(date.month()) - 1), 3));
  text(" ");
  two_digits(year / 100);
  two_digits(year);
  text(" ");
  two_digits(static_cast<unsigned>(time.hours().count()));
  text(":");
  two_digits(static_cast<unsigned>(time.minutes().count()));
  text(":");
  two_digits(static_cast<unsigned>(time.seconds().count()));
  text(" GMT");
  return {text_.data(), kSize};
}

}  // namespace ofn::wire
