#include "localdapr/http/http_fields.h"

#include <algorithm>
#include <array>

#include <ofn/field.h>

#include "wire/chars.h"

namespace ofn::localdapr {

bool is_field_name(std::string_view name) { return !name.empty() && wire::all(wire::kToken, name); }

bool is_field_value(std::string_view value) { return wire::all(wire::kValue, value); }

bool is_framing_field(std::string_view name) {
  return std::ranges::any_of(
      std::array<std::string_view, 4>{"Host", "Content-Length", "Transfer-Encoding", "Trailer"},
      [name](std::string_view framing) { return same_field_name(name, framing); });
}

}  // namespace ofn::localdapr
