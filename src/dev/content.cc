#include "dev/content.h"

#include <algorithm>
#include <array>

#include <ofn/field.h>

namespace ofn::dev {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// "word" is in lower case.
bool contains(std::string_view name, std::string_view word) {
  return !std::ranges::search(name, word, {}, lower).empty();
}

}  // namespace

bool is_secret(std::string_view name) {
  constexpr std::array<std::string_view, 4> kNames = {"authorization", "proxy-authorization",
                                                      "cookie", "set-cookie"};
  constexpr std::array<std::string_view, 7> kWords = {"token",   "secret",  "password", "passwd",
                                                      "api-key", "api_key", "apikey"};
  return std::ranges::any_of(
             kNames, [&](std::string_view secret) { return same_field_name(name, secret); }) ||
         std::ranges::any_of(kWords, [&](std::string_view word) { return contains(name, word); });
}

void add_field(Content& content, std::string_view name, std::string_view value) {
  content.fields.emplace_back(name, is_secret(name) ? kRedacted : value);
}

void add_body(Content& content, std::string_view piece) {
  content.size += piece.size();
  const std::size_t room = Content::kMostKept - std::min(Content::kMostKept, content.body.size());
  content.body.append(piece.substr(0, room));
}

std::string without_secrets(std::string_view target) {
  const std::size_t query = target.find('?');
  if (query == std::string_view::npos) return std::string(target);
  std::string shown(target.substr(0, query + 1));
  for (std::string_view rest = target.substr(query + 1);;) {
    const std::size_t end = rest.find('&');
    const std::string_view parameter = rest.substr(0, end);
    const std::size_t equals = parameter.find('=');
    if (equals != std::string_view::npos && is_secret(parameter.substr(0, equals))) {
      shown.append(parameter.substr(0, equals + 1)).append(kRedacted);
    } else {
      shown.append(parameter);
    }
    if (end == std::string_view::npos) return shown;
    shown += '&';
    rest.remove_prefix(end + 1);
  }
}

bool is_redacted_parameter(std::string_view parameter) {
  const std::size_t equals = parameter.find('=');
  return equals != std::string_view::npos && is_secret(parameter.substr(0, equals)) &&
         parameter.substr(equals + 1) == kRedacted;
}

}  // namespace ofn::dev
