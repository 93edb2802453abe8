#include "wire/field_rules.h"

#include <algorithm>
#include <array>

#include "wire/chars.h"

namespace ofn::wire {

bool may_not_trail(std::string_view name) {
  static constexpr std::array<std::string_view, 10> kNames = {
      "content-length", "transfer-encoding", "host",   "connection",      "keep-alive", "te",
      "trailer",        "upgrade",           "expect", "proxy-connection"};
  return std::ranges::any_of(
      kNames, [&](std::string_view forbidden) { return same_field_name(name, forbidden); });
}

std::string join_cookies(std::span<const Field> fields) {
  std::string joined;
  for (const Field& field : fields) {
    if (!same_field_name(field.name, "cookie")) continue;
    if (!joined.empty()) joined += "; ";
    joined += field.value;
  }
  return joined;
}

bool is_grpc_content_type(std::string_view text) {
  constexpr std::string_view kType = "application/grpc";
  if (text.size() < kType.size() || !same_field_name(text.substr(0, kType.size()), kType))
    return false;
  text.remove_prefix(kType.size());
  return text.empty() || text.front() == '+' || text.front() == ';';
}

bool well_formed_target(std::string_view target) {
  const char* at = target.data();
  const char* const end = at + target.size();
  for (;;) {
    at = skip(kPath, at, end);
    if (at == end) return true;
    if (*at == '?') return skip(kQuery, at, end) == end;
    if (*at != '%' || end - at < 3 || !is(kHex, at[1]) || !is(kHex, at[2])) return false;
    at += 3;
  }
}

}  // namespace ofn::wire
