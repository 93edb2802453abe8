#include "tracing/forwarded.h"

#include <algorithm>

#include <ofn/field.h>

#include "base/trimmed.h"
#include "tracing/fields.h"

namespace ofn::tracing {
namespace {

// Removes the first parameter, `name=value`, from the text and returns it. Its end is a semicolon or a comma outside of quotes.
std::string_view take_parameter(std::string_view& text) {
  bool is_quoted = false;
  std::size_t end = 0;
  for (; end < text.size(); ++end) {
    if (text[end] == '"') is_quoted = !is_quoted;
    if (text[end] == '\\' && is_quoted) ++end;
    if (!is_quoted && (text[end] == ';' || text[end] == ',')) break;
  }
  const std::string_view parameter = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return parameter;
}

}  // namespace

std::string_view forwarded_host(std::string_view forwarded) {
  while (!forwarded.empty()) {
    const std::string_view parameter = trimmed(take_parameter(forwarded));
    const std::size_t equals = parameter.find('=');
    if (equals == std::string_view::npos || !same_field_name(parameter.substr(0, equals), "host"))
      continue;
    std::string_view value = parameter.substr(equals + 1);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    return value.find_first_of("\"\\") == std::string_view::npos ? value : std::string_view();
  }
  return {};
}

std::string_view first_host(std::string_view list) {
  return trimmed(list.substr(0, list.find(',')));
}

}  // namespace ofn::tracing
