// A header field. Fields have this form on their whole way from the wire to the function and back.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <ofn/lazy.h>

namespace ofn {

// One received field. Borrowed: both views refer to the request's own memory. Over HTTP/1.1 the
// name has the client's case; over HTTP/2 it is lower case (RFC 9113 §8.2). The value is undecoded,
// without the optional white space around it (RFC 9110 §5.5).
struct Field {
  std::string_view name;
  std::string_view value;
};

// One field that owns its texts, as in a response.
struct Header {
  std::string name;
  std::string value;
};

// Returns true if two names mean the same field. ASCII case does not count (RFC 9110 §5.1).
constexpr bool same_field_name(std::string_view a, std::string_view b) noexcept {
  constexpr auto kLower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  };
  if (a.size() != b.size()) return false;
  // Most pairs of names are equal byte for byte, or differ in the first byte.
  if (a == b) return true;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (kLower(a[i]) != kLower(b[i])) return false;
  }
  return true;
}

// Returns the first field of that name, or null. Cost: linear in the number of fields.
OFN_INTERNAL_LAZY constexpr const Field* find_field(std::span<const Field> fields,
                                                    std::string_view name) noexcept {
  for (const Field& field : fields) {
    if (same_field_name(field.name, name)) return &field;
  }
  return nullptr;
}

}  // namespace ofn
