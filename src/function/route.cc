#include "function/route.h"

#include <algorithm>
#include <tuple>

#include <ofn/request.h>

namespace ofn {
namespace {

using Kind = RouteSegment::Kind;

constexpr std::string_view kHowTo =
    R"(; a route is written as "/users/{id}", "GET,PUT /users/{id}" or "/files/{path...}")";

std::unexpected<Error> bad(std::string_view route, const std::string& what) {
  return fail(Code::kInvalidArgument,
              "the route \"" + std::string(route) + "\" " + what + std::string(kHowTo));
}

bool is_upper_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

bool is_name(std::string_view text) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !text.empty() && letter(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

// Returns true for a character that a path cannot contain, or that would be read as something else.
bool is_forbidden(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= ' ' || byte == 0x7F || c == '?' || c == '#';
}

enum class Place { kWithin, kEnd };

Result<RouteSegment> parse_segment(std::string_view route, std::string_view text, Place place) {
  if (text.starts_with('{') && text.ends_with('}')) {
    std::string_view name = text.substr(1, text.size() - 2);
    const bool is_rest = name.ends_with("...");
    if (is_rest) name.remove_suffix(3);
    if (!is_name(name)) {
      return bad(route, "has a parameter \"" + std::string(text) +
                            "\" whose name has a character other than a letter, a digit or '_'");
    }
    if (is_rest && place != Place::kEnd)
      return bad(route, "has something after \"" + std::string(text) +
                            "\", which matches the rest of the path");
    return RouteSegment{.kind = is_rest ? Kind::kRest : Kind::kParameter,
                        .text = std::string(name)};
  }
  if (text.find_first_of("{}") != std::string_view::npos) {
    return bad(route, "has a brace within \"" + std::string(text) +
                          "\": a parameter is the whole part between two slashes");
  }
  RouteSegment literal;
  append_decoded(literal.text, text);
  return literal;
}

std::string encoded(std::string_view literal) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  for (const char c : literal) {
    if (is_forbidden(c) || c == '%' || c == '/' || c == '{' || c == '}') {
      const auto byte = static_cast<unsigned char>(c);
      text += '%';
      text += kDigits[byte >> 4];
      text += kDigits[byte & 15];
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace

void append_decoded(std::string& to, std::string_view encoded) {
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    if (encoded[i] == '%' && i + 2 < encoded.size() && internal::hex_digit(encoded[i + 1]) >= 0 &&
        internal::hex_digit(encoded[i + 2]) >= 0) {
      to += static_cast<char>(internal::hex_digit(encoded[i + 1]) * 16 +
                              internal::hex_digit(encoded[i + 2]));
      i += 2;
    } else {
      to += encoded[i];
    }
  }
}

bool RoutePattern::lists(std::string_view method) const noexcept {
  return std::ranges::find(methods, method) != methods.end();
}

bool RoutePattern::allows(std::string_view method) const noexcept {
  return methods.empty() || lists(method) || (method == "HEAD" && lists("GET"));
}

std::string RoutePattern::text() const {
  std::string text;
  for (const std::string& method : methods) text += (text.empty() ? "" : ",") + method;
  if (!methods.empty()) text += ' ';
  for (const RouteSegment& segment : segments) {
    text += '/';
    switch (segment.kind) {
      case Kind::kLiteral:
        text += encoded(segment.text);
        break;
      case Kind::kParameter:
        text += "{" + segment.text + "}";
        break;
      case Kind::kRest:
        text += "{" + segment.text + "...}";
        break;
    }
  }
  return text;
}

Result<RoutePattern> parse_route(std::string_view text) {
  RoutePattern pattern;
  std::string_view path = text;
  if (!path.starts_with('/')) {
    const auto blank = path.find(' ');
    std::string_view methods = path.substr(0, blank);
    path = blank == std::string_view::npos ? std::string_view() : path.substr(blank + 1);
    if (!path.starts_with('/')) return bad(text, "has no path that begins with '/'");
    for (bool more = true; more;) {
      const auto comma = methods.find(',');
      const std::string method(methods.substr(0, comma));
      more = comma != std::string_view::npos;
      if (more) methods.remove_prefix(comma + 1);
      if (!is_upper_token(method))
        return bad(text, "has a method \"" + method +
                             "\" that has a character other than a capital letter");
      if (pattern.lists(method)) return bad(text, "has the method " + method + " twice");
      pattern.methods.push_back(method);
    }
  }
  if (std::ranges::any_of(path, is_forbidden)) {
    return bad(text, "has a blank, a control character, '?' or '#' in its path");
  }
  for (std::string_view rest = path.substr(1);;) {
    const auto slash = rest.find('/');
    const bool is_last = slash == std::string_view::npos;
    auto segment =
        parse_segment(text, rest.substr(0, slash), is_last ? Place::kEnd : Place::kWithin);
    if (!segment) return std::unexpected(std::move(segment).error());
    const bool is_twice = segment->kind != Kind::kLiteral &&
                          std::ranges::any_of(pattern.segments, [&](const RouteSegment& other) {
                            return other.kind != Kind::kLiteral && other.text == segment->text;
                          });
    if (is_twice) return bad(text, "has the parameter \"" + segment->text + "\" twice");
    pattern.segments.push_back(*std::move(segment));
    if (is_last) return pattern;
    rest.remove_prefix(slash + 1);
  }
}

Result<RoutePattern> parse_http_pattern(std::string_view text) {
  std::string_view path = text;
  if (path.ends_with("/*")) path.remove_suffix(1);
  auto pattern = parse_route(path);
  if (pattern && path.ends_with('/')) {
    pattern->segments.back() = {.kind = RouteSegment::Kind::kRest, .text = "rest"};
  }
  return pattern;
}

bool same_paths(const RoutePattern& a, const RoutePattern& b) noexcept {
  return std::ranges::equal(
      a.segments, b.segments, [](const RouteSegment& x, const RouteSegment& y) {
        return x.kind == y.kind && (x.kind != Kind::kLiteral || x.text == y.text);
      });
}

bool more_specific(const RoutePattern& a, const RoutePattern& b) noexcept {
  const std::size_t common = std::min(a.segments.size(), b.segments.size());
  for (std::size_t i = 0; i < common; ++i) {
    const RouteSegment& x = a.segments[i];
    const RouteSegment& y = b.segments[i];
    if (x.kind != y.kind) return x.kind < y.kind;
    if (x.kind == Kind::kLiteral && x.text != y.text) return x.text < y.text;
  }
  const auto rest = [](const RoutePattern& p) {
    return std::tuple(p.segments.size(), p.methods.empty(), !p.lists("HEAD"));
  };
  return rest(a) < rest(b);
}

}  // namespace ofn
