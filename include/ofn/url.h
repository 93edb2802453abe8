// Percent-encoding, and queries for URLs.
//
//   std::string path = "/files/" + ofn::url_encode(name);       // "a/b c" → "a%2Fb%20c"
//   std::string url = ofn::with_query("/search", {{"q", "tea & milk"}, {"page", "2"}});
//   std::optional<std::string> decoded = ofn::url_decode(text);  // nullopt: a broken escape
//
// Threads: any. Cost: one pass and one text. Lifetime: results own their text.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <ofn/http_text.h>
#include <ofn/lazy.h>
#include <ofn/request.h>

namespace ofn {

namespace internal {

OFN_INTERNAL_LAZY void append_escape(std::string& out, char c) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += kDigits[byte >> 4U];
  out += kDigits[byte & 15U];
}

// Appends the text with an escape for each byte that is neither a letter, nor a digit, nor in
// `kept`.
OFN_INTERNAL_LAZY void append_encoded(std::string& out, std::string_view text,
                                      std::string_view kept) {
  for (const char c : text) {
    if (is_letter_or_digit(c) || kept.find(c) != std::string_view::npos) {
      out += c;
    } else {
      append_escape(out, c);
    }
  }
}

// The other bytes that stand for themselves in a form (URL Standard,
// application/x-www-form-urlencoded percent-encode set); the blank becomes a plus.
OFN_INTERNAL_LAZY void append_form(std::string& out, std::string_view text) {
  const std::size_t begin = out.size();
  append_encoded(out, text, "*-._ ");
  for (std::size_t at = begin; at < out.size(); ++at) {
    if (out[at] == ' ') out[at] = '+';
  }
}

}  // namespace internal

// Returns the text as one part of a path, or as a name or value in a query: every byte but letters,
// digits and -._~ is escaped, also the slash (RFC 3986 §2.3).
OFN_INTERNAL_LAZY std::string url_encode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  internal::append_encoded(out, text, "-._~");
  return out;
}

// Returns the place of the first percent sign without two hexadecimal digits, or npos.
OFN_INTERNAL_LAZY constexpr std::size_t find_broken_escape(std::string_view text) noexcept {
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 3)) {
    if (at + 2 >= text.size() || internal::hex_digit(text[at + 1]) < 0 ||
        internal::hex_digit(text[at + 2]) < 0) {
      return at;
    }
  }
  return std::string_view::npos;
}

// Returns the text with each %XX as its byte, and a broken escape as it is (URL Standard,
// percent-decode). A plus stays a plus. The result may have any bytes: zeros, slashes, line breaks,
// no UTF-8.
OFN_INTERNAL_LAZY std::string url_decode_leniently(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const bool is_plus = text.front() == '+';
    const char byte = internal::next_of_form(text);
    out += is_plus ? '+' : byte;
  }
  return out;
}

// The same, but nullopt if an escape is broken. find_broken_escape() says where.
OFN_INTERNAL_LAZY std::optional<std::string> url_decode(std::string_view text) {
  if (find_broken_escape(text) != std::string_view::npos) return std::nullopt;
  return url_decode_leniently(text);
}

// Returns the text as a name or a value of application/x-www-form-urlencoded, as browsers send
// forms: "tea+%26+milk".
OFN_INTERNAL_LAZY std::string form_encode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  internal::append_form(out, text);
  return out;
}

// The reverse. Nothing is an error: a broken escape stays as it is (URL Standard).
OFN_INTERNAL_LAZY std::string form_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) out += internal::next_of_form(text);
  return out;
}

// Returns the URL with these names and values added to its query, encoded as a form. A fragment
// stays at the end.
OFN_INTERNAL_LAZY std::string with_query(
    std::string_view url,
    std::initializer_list<std::pair<std::string_view, std::string_view>> parameters) {
  const std::string_view before = url.substr(0, url.find('#'));
  std::string out(before);
  const auto mark = before.find('?');
  char separator = '?';
  if (mark != std::string_view::npos) {
    separator = before.ends_with('?') || before.ends_with('&') ? '\0' : '&';
  }
  for (const auto& [name, value] : parameters) {
    if (separator != '\0') out += separator;
    internal::append_form(out, name);
    out += '=';
    internal::append_form(out, value);
    separator = '&';
  }
  out += url.substr(before.size());
  return out;
}

}  // namespace ofn
