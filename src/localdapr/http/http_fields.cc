#include "localdapr/http/http_fields.h"

#include <algorithm>
#include <array>

#include <ofn/field.h>

namespace ofn::localdapr {

bool is_field_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").contains(c);
  });
}

bool is_field_value(std::string_view value) {
  return std::ranges::none_of(
      value, [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == '\x7f'; });
}

bool is_framing_field(std::string_view name) {
  return std::ranges::any_of(
      std::array<std::string_view, 4>{"Host", "Content-Length", "Transfer-Encoding", "Trailer"},
      [name](std::string_view framing) { return same_field_name(name, framing); });
}

}  // namespace ofn::localdapr
