#include "wire/authority.h"

#include <arpa/inet.h>
#include <array>
#include <cstddef>
#include <netinet/in.h>

#include "wire/chars.h"

namespace ofn::wire {

namespace {

bool valid_port(std::string_view port) {
  unsigned number = 0;
  for (const char digit : port) {
    if (!is(kDigit, digit)) return false;
    number = number * 10 + static_cast<unsigned>(digit - '0');
    if (number > 65535) return false;
  }
  return true;  // an empty port is legal (RFC 3986 §3.2.3)
}

// The end of the name, or npos when an escape in it is incomplete.
std::size_t end_of_name(std::string_view text) {
  const char* const end = text.data() + text.size();
  for (const char* at = text.data();; at += 3) {
    at = skip(kRegName, at, end);
    if (at == end || *at != '%') return static_cast<std::size_t>(at - text.data());
    if (end - at < 3 || !is(kHex, at[1]) || !is(kHex, at[2])) {
      return std::string_view::npos;
    }
  }
}

// The end of an IPv6 address in brackets, or npos.
std::size_t end_of_literal(std::string_view text) {
  const std::size_t close = text.find(']');
  std::array<char, INET6_ADDRSTRLEN> address{};  // ends in a NUL, for inet_pton
  if (close == std::string_view::npos || close > address.size()) return std::string_view::npos;
  text.copy(address.data(), close - 1, 1);
  in6_addr parsed;
  const bool valid = std::string_view(address.data()).size() == close - 1 &&
                     ::inet_pton(AF_INET6, address.data(), &parsed) == 1;
  return valid ? close + 1 : std::string_view::npos;
}

}  // namespace

bool valid_authority(std::string_view text) noexcept {
  if (text.empty()) return false;
  const std::size_t end = text.front() == '[' ? end_of_literal(text) : end_of_name(text);
  if (end == std::string_view::npos || end == 0) return false;
  return end == text.size() || (text[end] == ':' && valid_port(text.substr(end + 1)));
}

}  // namespace ofn::wire
