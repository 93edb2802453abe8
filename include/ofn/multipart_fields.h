// What the fields around and in a multipart body say, for <ofn/multipart_parser.h>: parameters, quoted texts, boundaries.
// Authors include that header.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <ofn/failure.h>
#include <ofn/field.h>
#include <ofn/http_text.h>
#include <ofn/lazy.h>

namespace ofn::internal {

// One `name=value` or `name="value"` of a field. The value is without its quotes, still escaped.
struct Parameter {
  std::string_view name;
  std::string_view value;
  bool is_quoted = false;
};

// Returns the place of the quote that ends a text which begins behind a quote, or npos. A backslash
// escapes only a quote or a backslash, because browsers send it as it is: "C:\file".
OFN_INTERNAL_LAZY constexpr std::size_t end_of_quoted(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '"') return at;
    if (text[at] == '\\' && at + 1 < text.size() && (text[at + 1] == '"' || text[at + 1] == '\\')) {
      ++at;
    }
  }
  // A browser's last backslash stands before the quote that ends the text.
  return text.ends_with('"') ? text.size() - 1 : std::string_view::npos;
}

// Removes the next parameter of `rest`, which is empty or begins with a semicolon. Returns false at
// the end and for a text that is no parameter; then `rest` is not empty.
OFN_INTERNAL_LAZY constexpr bool take_parameter(std::string_view& rest,
                                                Parameter& parameter) noexcept {
  std::string_view text = without_blanks(rest);
  while (text.starts_with(';')) text = without_blanks(text.substr(1));
  if (text.empty()) {
    rest = text;
    return false;
  }
  if (rest.front() != ';' && !is_blank(rest.front())) return false;
  parameter.name = without_blanks(text.substr(0, text.find('=')));
  if (!is_token(parameter.name) || text.find('=') == std::string_view::npos) return false;
  text = without_blanks(text.substr(text.find('=') + 1));
  parameter.is_quoted = text.starts_with('"');
  if (parameter.is_quoted) {
    text.remove_prefix(1);
    const std::size_t end = end_of_quoted(text);
    if (end == std::string_view::npos) return false;
    parameter.value = text.substr(0, end);
    rest = without_blanks(text.substr(end + 1));
    return rest.empty() || rest.front() == ';';
  }
  parameter.value = without_blanks(text.substr(0, text.find(';')));
  if (parameter.value.empty() || parameter.value.find('"') != std::string_view::npos) return false;
  rest = text.substr(internal::least(text.find(';'), text.size()));
  return true;
}

// Returns the quoted name of a part or file as its author wrote it. Browsers escape a quote and a
// line break with a percent sign, and nothing else; other clients escape a quote and a backslash
// with a backslash.
OFN_INTERNAL_LAZY std::string unescaped_name(std::string_view quoted) {
  std::string name;
  for (std::size_t at = 0; at < quoted.size(); ++at) {
    const std::string_view escape = quoted.substr(at, 3);
    if (escape == "%22" || escape == "%0D" || escape == "%0A") {
      name += escape[1] == '2' ? '"' : (escape[2] == 'D' ? '\r' : '\n');
      at += 2;
      continue;
    }
    if (escape.starts_with("\\\"") || escape.starts_with("\\\\")) ++at;
    name += quoted[at];
  }
  return name;
}

// RFC 2046 §5.1.1.
OFN_INTERNAL_LAZY constexpr bool is_boundary(std::string_view text) noexcept {
  if (text.empty() || text.size() > 70 || text.back() == ' ') return false;
  for (const char c : text) {
    if (!is_letter_or_digit(c) &&
        std::string_view("'()+_,-./:=? ").find(c) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

// Returns the boundary that the content type names. Errors: BadInput.
OFN_INTERNAL_LAZY std::string_view boundary_of(std::string_view content_type) {
  if (!same_field_name(media_type_alone(content_type), "multipart/form-data")) {
    throw BadInput(
        "the body is no form with files: its content type must be multipart/form-data with a "
        "boundary");
  }
  std::string_view rest =
      content_type.substr(internal::least(content_type.find(';'), content_type.size()));
  std::optional<std::string_view> boundary;
  for (Parameter parameter; take_parameter(rest, parameter);) {
    if (!same_field_name(parameter.name, "boundary")) continue;
    if (boundary) throw BadInput("the content type names two boundaries: it must name one");
    boundary = parameter.value;
  }
  if (!rest.empty() || !boundary || !is_boundary(*boundary)) {
    throw BadInput(
        "the content type multipart/form-data has no valid boundary: 1 to 70 of letters, digits, "
        "blanks and '()+_,-./:=? (RFC 2046 section 5.1.1)");
  }
  return *boundary;
}

}  // namespace ofn::internal
