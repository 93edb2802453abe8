#include "function/response_check.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include <ofn/field.h>

namespace ofn {

namespace {

// Fields that frame the message or belong to the connection.
constexpr std::array<std::string_view, 8> kServerFields = {
    "connection", "content-length", "keep-alive",        "proxy-connection",
    "te",         "trailer",        "transfer-encoding", "upgrade"};

constexpr std::array<bool, 256> kTokenBytes = [] {
  std::array<bool, 256> token{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "abcdefghijklmnopqrstuvwxyz")) {
    token[static_cast<unsigned char>(c)] = true;
  }
  return token;
}();

bool is_token(std::string_view name) noexcept {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return kTokenBytes[static_cast<unsigned char>(c)];
  });
}

bool is_server_field(std::string_view name) noexcept {
  return std::any_of(kServerFields.begin(), kServerFields.end(),
                     [name](std::string_view field) { return same_field_name(name, field); });
}

bool is_control(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7F;
}

}  // namespace

std::optional<std::string> response_problem(const Response& response) {
  if (response.status() < 200 || response.status() > 599) {
    return "the status is " + std::to_string(response.status()) + ", which is not within 200…599";
  }
  for (const auto& [name, value] : response.headers()) {
    if (!is_token(name)) {
      std::string shown = name;
      std::replace_if(shown.begin(), shown.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
      return "the header name '" + shown + "' is empty or has a character that is not allowed";
    }
    if (is_server_field(name)) return "the header '" + name + "' is set only by the server";
    const auto bad = std::find_if(value.begin(), value.end(), is_control);
    if (bad != value.end()) {
      const char* const what = *bad == '\r' || *bad == '\n' ? "a line break"
                               : *bad == '\0'               ? "a NUL"
                                                            : "a control character";
      return "the value of the header '" + name + "' has " + what + " in it";
    }
  }
  return std::nullopt;
}

}  // namespace ofn
