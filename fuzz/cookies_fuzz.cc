// Reads a Cookie field of arbitrary bytes, and sets a cookie whose parts are the lines of the input.
// A cookie that is set must not contain a second one, and must be read as it was set. A date that is
// read must be written as the same date.
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ofn/cookies.h>

#include "base/check.h"

namespace {

ofn::Request request_with(const ofn::Field& field) {
  ofn::Request::Parts parts;
  parts.headers = {&field, 1};
  return ofn::Request(std::move(parts));
}

void read(std::string_view text) {
  const ofn::Field field{"cookie", text};
  const ofn::Request request = request_with(field);
  std::vector<ofn::Field> all;
  try {
    all = ofn::cookies(request, 16);
  } catch (const ofn::BadInput&) {
    return;
  }
  OFN_CHECK(all.size() <= 16);
  for (const ofn::Field& each : all) {
    OFN_CHECK(!each.name.empty());
    OFN_CHECK(each.value.find_first_of(";\r\n") == std::string_view::npos);
    const auto first = ofn::cookie(request, each.name);
    OFN_CHECK(first.has_value());
  }
}

std::string_view take_line(std::string_view& rest) {
  const std::string_view line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(line.size() < rest.size() ? line.size() + 1 : line.size());
  return line;
}

void write(std::string_view rest) {
  ofn::SetCookie cookie;
  cookie.name = take_line(rest);
  cookie.value = take_line(rest);
  cookie.domain = take_line(rest);
  cookie.path = take_line(rest);
  const std::string_view flags = take_line(rest);
  cookie.secure = flags.find('s') != std::string_view::npos;
  cookie.partitioned = flags.find('p') != std::string_view::npos;
  const std::string_view date = take_line(rest);
  cookie.expires = ofn::parse_http_date(date, std::chrono::system_clock::time_point());
  if (cookie.expires) {
    OFN_CHECK(ofn::parse_http_date(ofn::http_date(*cookie.expires)) == cookie.expires);
  }
  std::string text;
  try {
    text = ofn::cookie_text(cookie);
  } catch (const std::invalid_argument&) {
    return;
  }
  for (const char c : text) OFN_CHECK(!ofn::internal::is_control(c));
  const std::string sent = text.substr(0, text.find("; "));
  const ofn::Field field{"cookie", sent};
  const std::vector<ofn::Field> all = ofn::cookies(request_with(field));
  OFN_CHECK(all.size() == 1 && all[0].name == cookie.name && all[0].value == cookie.value);
  // An attribute cannot begin another one.
  std::size_t attributes = 0;
  for (std::size_t at = text.find("; "); at != std::string::npos; at = text.find("; ", at + 1)) {
    ++attributes;
  }
  OFN_CHECK(attributes == std::size_t{cookie.expires ? 1U : 0U} + (cookie.domain.empty() ? 0 : 1) +
                              (cookie.path.empty() ? 0 : 1) + (cookie.secure ? 1 : 0) + 2 +
                              (cookie.partitioned ? 1 : 0));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): libFuzzer's interface
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read(text);
  write(text);
  return 0;
}
