// Cookies: reading those of a request, setting and deleting them with a response.
//
//   ofn::Response visit(const ofn::Request& request) {
//     const std::string id(ofn::cookie(request, "session").value_or("none"));
//     ofn::Response response("seen: " + id + "\n");
//     ofn::set_cookie(response, {.name = "session", .value = "31d4", .max_age = std::chrono::hours(1)});
//     ofn::delete_cookie(response, {.name = "old"});
//     return response;
//   }
//
// A cookie is data of the client's: it can send any. Sign a value that it must not invent.
// Threads: any. Spec: RFC 6265, and draft-ietf-httpbis-rfc6265bis for what browsers do today
// (SameSite, prefixes of names, limits).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ofn/failure.h>
#include <ofn/field.h>
#include <ofn/http_date.h>
#include <ofn/http_text.h>
#include <ofn/lazy.h>
#include <ofn/request.h>
#include <ofn/response.h>

namespace ofn {

namespace internal {

// Removes the first cookie of a Cookie field and returns true; returns false at the end. Skips what
// is no cookie: a pair without '=', one without a name, and one with a control character.
OFN_INTERNAL_LAZY constexpr bool take_cookie(std::string_view& rest, Field& cookie) noexcept {
  while (!rest.empty()) {
    const std::string_view whole = rest.substr(0, rest.find(';'));
    rest.remove_prefix(whole.size() < rest.size() ? whole.size() + 1 : whole.size());
    const std::string_view pair = without_blanks(whole);
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    bool has_control = false;
    for (const char c : pair) has_control = has_control || is_control(c);
    if (has_control) continue;
    cookie.name = without_blanks(pair.substr(0, equals));
    cookie.value = without_blanks(pair.substr(equals + 1));
    if (cookie.value.size() >= 2 && cookie.value.front() == '"' && cookie.value.back() == '"') {
      cookie.value.remove_prefix(1);
      cookie.value.remove_suffix(1);
    }
    if (!cookie.name.empty()) return true;
  }
  return false;
}

}  // namespace internal

// Returns the value of the first cookie of that name; nullopt if there is none. Case counts. A
// client sends the cookie of the longest path first (RFC 6265 §5.4). Quotes around the value are
// left out; nothing else is decoded.
// Lifetime: the request's. Cost: linear in the field; no allocation.
OFN_INTERNAL_LAZY std::optional<std::string_view> cookie(const Request& request,
                                                         std::string_view name) noexcept {
  for (const Field& field : request.headers()) {
    if (!same_field_name(field.name, "cookie")) continue;
    Field found{};
    for (std::string_view rest = field.value; internal::take_cookie(rest, found);) {
      if (found.name == name) return found.value;
    }
  }
  return std::nullopt;
}

inline constexpr std::size_t kMaxCookies = 1000;

// Returns all cookies in the order in which the client sent them; a name may occur more than once.
// Lifetime: the request's. Errors: BadInput for more than `max_cookies`; browsers send a few
// hundred at most.
OFN_INTERNAL_LAZY std::vector<Field> cookies(const Request& request,
                                             std::size_t max_cookies = kMaxCookies) {
  std::vector<Field> all;
  for (const Field& field : request.headers()) {
    if (!same_field_name(field.name, "cookie")) continue;
    Field found{};
    for (std::string_view rest = field.value; internal::take_cookie(rest, found);) {
      if (all.size() == max_cookies) {
        throw BadInput("the request has more than " + std::to_string(max_cookies) + " cookies");
      }
      all.push_back(found);
    }
  }
  return all;
}

// When a browser sends a cookie with a request that another site has caused.
enum class SameSite : std::uint8_t {
  kStrict,  // never
  kLax,     // only if the user follows a link to this site
  kNone,    // always; needs `secure`
  kUnset,   // the attribute is left out: the browser decides, most as for kLax
};

// One cookie to set. The defaults are the careful ones: only over HTTPS, not readable by the page's
// scripts, not sent from other sites, gone when the browser closes.
struct SetCookie {
  std::string name = {};                                       // a token (RFC 9110 §5.6.2)
  std::string value = {};                                      // see cookie_text()
  std::optional<std::chrono::seconds> max_age = std::nullopt;  // how long it lives
  std::optional<HttpTime> expires = std::nullopt;              // until when; clients prefer max_age
  std::string domain = {};  // also for hosts below it: "example.com". Empty: only for this host
  std::string path = "/";   // for this path and those below it. Empty: the request's folder
  bool secure = true;       // only over HTTPS, and to localhost. false if your site has no TLS
  bool http_only = true;    // not for the page's scripts
  SameSite same_site = SameSite::kLax;
  bool partitioned = false;  // one cookie for each site that embeds this one; needs `secure`
};

namespace internal {

OFN_INTERNAL_LAZY [[noreturn]] void refuse_cookie(const SetCookie& cookie, std::string_view what) {
  const std::string name = is_token(cookie.name) ? " '" + cookie.name + "'" : std::string();
  throw std::invalid_argument("ofn: the cookie" + name + " cannot be set: " + std::string(what));
}

// RFC 6265 §4.1.1, cookie-octet.
constexpr bool is_cookie_octet(char c) noexcept {
  return c > 0x20 && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\';
}

OFN_INTERNAL_LAZY bool has_prefix(std::string_view name, std::string_view prefix) noexcept {
  return name.size() >= prefix.size() && same_field_name(name.substr(0, prefix.size()), prefix);
}

OFN_INTERNAL_LAZY void check_cookie(const SetCookie& cookie) {
  constexpr std::size_t kMostBytes = 4096;
  constexpr std::size_t kMostOfAttribute = 1024;
  if (!is_token(cookie.name)) {
    refuse_cookie(cookie, "its name must be letters, digits and !#$%&'*+-.^_`|~");
  }
  for (std::size_t at = 0; at < cookie.value.size(); ++at) {
    if (is_cookie_octet(cookie.value[at])) continue;
    refuse_cookie(cookie, "byte " + std::to_string(at) +
                              " of its value is a blank, a control character, one of \" , ; \\ or "
                              "not ASCII; encode the value, for example with ofn::url_encode");
  }
  if (cookie.name.size() + cookie.value.size() > kMostBytes) {
    refuse_cookie(cookie, "name and value have more than 4096 bytes, and clients ignore those");
  }
  for (const char c : cookie.domain) {
    if (is_letter_or_digit(c) || c == '-' || c == '.') continue;
    refuse_cookie(cookie, "its domain must be the name of a host, such as example.com");
  }
  if (!cookie.path.empty() && cookie.path.front() != '/') {
    refuse_cookie(cookie, "its path must begin with a slash");
  }
  for (const char c : cookie.path) {
    if (is_control(c) || c == ';') {
      refuse_cookie(cookie, "its path has a semicolon or a control character");
    }
  }
  if (cookie.domain.size() > kMostOfAttribute || cookie.path.size() > kMostOfAttribute) {
    refuse_cookie(cookie, "domain and path have at most 1024 bytes each, and clients ignore more");
  }
  // Clients read no earlier year (RFC 6265 §5.1.1).
  constexpr HttpTime kFirst{
      std::chrono::seconds(days_of({.year = 1601, .month = 1, .day = 1}) * 86'400)};
  if (cookie.expires && *cookie.expires < kFirst) {
    refuse_cookie(cookie, "it expires before the year 1601, and clients ignore that");
  }
  const bool for_host = has_prefix(cookie.name, "__Host-");
  const bool needs_secure = for_host || has_prefix(cookie.name, "__Secure-") ||
                            cookie.same_site == SameSite::kNone || cookie.partitioned;
  if (needs_secure && !cookie.secure) {
    refuse_cookie(cookie,
                  "clients accept a name that begins with __Host- or __Secure-, SameSite=None and "
                  "Partitioned only with `secure`");
  }
  if (for_host && (cookie.path != "/" || !cookie.domain.empty())) {
    refuse_cookie(cookie,
                  "clients accept a name that begins with __Host- only with the path / and without "
                  "a domain");
  }
}

}  // namespace internal

// Returns the value of the field Set-Cookie.
// Errors: std::invalid_argument if a client could not read the cookie or would ignore it. It says
// why. A value may have the characters ! # to + - to : < to [ ] to ~ (RFC 6265 §4.1.1); encode
// others, for example with url_encode() of <ofn/url.h>.
OFN_INTERNAL_LAZY std::string cookie_text(const SetCookie& cookie) {
  internal::check_cookie(cookie);
  std::string text = cookie.name + "=" + cookie.value;
  if (cookie.expires) text += "; Expires=" + http_date(*cookie.expires);
  if (cookie.max_age) text += "; Max-Age=" + std::to_string(cookie.max_age->count());
  if (!cookie.domain.empty()) text += "; Domain=" + cookie.domain;
  if (!cookie.path.empty()) text += "; Path=" + cookie.path;
  if (cookie.secure) text += "; Secure";
  if (cookie.http_only) text += "; HttpOnly";
  if (cookie.same_site == SameSite::kStrict) text += "; SameSite=Strict";
  if (cookie.same_site == SameSite::kLax) text += "; SameSite=Lax";
  if (cookie.same_site == SameSite::kNone) text += "; SameSite=None";
  if (cookie.partitioned) text += "; Partitioned";
  return text;
}

// Adds the cookie to the response. Set each cookie once. Errors: those of cookie_text().
OFN_INTERNAL_LAZY void set_cookie(Response& response, const SetCookie& cookie) {
  response.header("Set-Cookie", cookie_text(cookie));
}

// Makes the client forget a cookie that was set with the same name, domain and path. The value
// and the times do not count.
OFN_INTERNAL_LAZY void delete_cookie(Response& response, SetCookie cookie) {
  cookie.value.clear();
  cookie.max_age = std::chrono::seconds(0);
  cookie.expires = HttpTime();  // for clients that do not know Max-Age
  set_cookie(response, cookie);
}

}  // namespace ofn
