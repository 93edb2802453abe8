// Numbers among the properties of components, and what daprd says of a text that is none.
#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace ofn::localdapr {

// The whole of `text`, in base 10.
template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// mapstructure's words. `kind`: "int", "uint"; `function`: strconv's.
inline std::unexpected<Error> no_number(std::string_view before, std::string_view property,
                                        std::string_view kind, std::string_view function,
                                        std::string_view text) {
  std::string message(before);
  message.append("1 error(s) decoding:\n\n* cannot parse '").append(property).append("' as ");
  message.append(kind).append(": strconv.").append(function).append(": parsing \"");
  message.append(text).append("\": invalid syntax");
  return fail(Code::kInvalidArgument, std::move(message));
}

}  // namespace ofn::localdapr
