// Answers without a body of their own: redirects, 204 and 304.
//
//   ofn::Response login(const ofn::Request& request) {
//     const std::string next = request.query("next").value_or("/");
//     return ofn::redirect(ofn::is_local(next) ? next : "/");
//   }
//
// Threads: any.
#pragma once

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <ofn/failure.h>
#include <ofn/field.h>
#include <ofn/http_date.h>
#include <ofn/http_text.h>
#include <ofn/lazy.h>
#include <ofn/request.h>
#include <ofn/response.h>
#include <ofn/url.h>

namespace ofn {

// Returns true if a browser that is sent to this location stays on the same site: it is a path, and
// not "//host" or "/\host". Ask before you redirect to a location that came with the request;
// otherwise anybody can send your users to a foreign site with a link to yours.
constexpr bool is_local(std::string_view location) noexcept {
  for (const char c : location) {
    if (internal::is_control(c)) return false;  // browsers leave out tabs and line breaks
  }
  return location.starts_with('/') && !location.starts_with("//") && !location.starts_with("/\\");
}

// Returns an answer that sends the client to another URL (RFC 9110 §15.4):
//
//   303  see the other URL with GET: the usual answer to a form
//   301  moved for good; 302: for now. Clients may change POST to GET
//   308  moved for good; 307: for now. Clients repeat the request as it was
//
// Bytes that a URL cannot have, such as blanks and those that are not ASCII, are percent-encoded.
// Errors: BadInput if the location is empty or has a control character: it could end the header
// field. std::invalid_argument for another status.
OFN_INTERNAL_LAZY
[[nodiscard("a Response that is not returned answers nobody: return it")]] Response redirect(
    std::string_view location, int status = 303) {
  if (status != 301 && status != 302 && status != 303 && status != 307 && status != 308) {
    throw std::invalid_argument("ofn: a redirect has the status 301, 302, 303, 307 or 308");
  }
  if (location.empty()) throw BadInput("the location of a redirect is empty");
  std::string encoded;
  for (const char c : location) {
    if (internal::is_control(c)) {
      throw BadInput("the location of a redirect has a control character");
    }
    const bool is_ascii = static_cast<unsigned char>(c) < 0x80;
    if (is_ascii && std::string_view(" \"<>\\^`{|}").find(c) == std::string_view::npos) {
      encoded += c;
    } else {
      internal::append_escape(encoded, c);
    }
  }
  return Response().status(status).header("Location", std::move(encoded));
}

// Returns the answer "done, and there is nothing to show".
OFN_INTERNAL_LAZY Response no_content() { return Response().status(204); }

// Returns 304: the client's copy is still the same. It has those header fields of the full answer
// that a 304 has (RFC 9110 §15.4.5), and no body.
OFN_INTERNAL_LAZY Response not_modified(const Response& full = Response()) {
  Response response;
  response.status(304);
  for (const Header& header : full.headers()) {
    for (const std::string_view kept : {"cache-control", "content-location", "date", "etag",
                                        "expires", "last-modified", "set-cookie", "vary"}) {
      if (same_field_name(header.name, kept)) response.header(header.name, header.value);
    }
  }
  return response;
}

namespace internal {

// How entity tags are compared (RFC 9110 §8.8.3.2). Weakly, W/"a" and "a" are the same; strongly, W/"a" is the same as none.
enum class EtagComparison { kWeak, kStrong };

// Returns true if an If-Match or If-None-Match field is "*" or has that entity tag. What follows a malformed one does not count.
OFN_INTERNAL_LAZY constexpr bool names_etag(std::string_view list, std::string_view etag,
                                            EtagComparison comparison) noexcept {
  if (without_blanks(list) == "*") return true;
  const bool is_weak = etag.starts_with("W/");
  if (is_weak && comparison == EtagComparison::kStrong) return false;
  if (is_weak) etag.remove_prefix(2);
  while (true) {
    while (!list.empty() && (is_blank(list.front()) || list.front() == ',')) list.remove_prefix(1);
    const bool each_is_weak = list.starts_with("W/");
    if (each_is_weak) list.remove_prefix(2);
    // A comma may stand inside of the quotes (RFC 9110 §8.8.3).
    const std::size_t end = list.find('"', 1);
    if (!list.starts_with('"') || end == std::string_view::npos) return false;
    const bool counts = comparison == EtagComparison::kWeak || !each_is_weak;
    if (counts && list.substr(0, end + 1) == etag) return true;
    list.remove_prefix(end + 1);
  }
}

OFN_INTERNAL_LAZY bool has_same_copy(const Request& request, const Response& full) {
  bool has_etags = false;
  const std::string* const etag = full.find_header("etag");
  for (const Field& field : request.headers()) {
    if (!same_field_name(field.name, "if-none-match")) continue;
    has_etags = true;
    if (names_etag(field.value, etag == nullptr ? std::string_view() : *etag,
                   EtagComparison::kWeak))
      return true;
  }
  const std::optional<std::string_view> since = request.header("if-modified-since");
  const std::string* const changed = full.find_header("last-modified");
  if (has_etags || !since || changed == nullptr) return false;
  const std::optional<HttpTime> theirs = parse_http_date(*since);
  const std::optional<HttpTime> ours = parse_http_date(*changed);
  return theirs && ours && *ours <= *theirs;
}

}  // namespace internal

// Returns 304 if the client already has what `full` is: by its ETag and the request's If-None-Match
// or, if the request has none, by its Last-Modified and If-Modified-Since (RFC 9110 §13.2.2).
// Otherwise, and for another method than GET and HEAD or another status than 200, returns `full`.
//
//   ofn::Response page(const ofn::Request& request) {
//     return ofn::if_modified(request, ofn::Response("text\n").header("ETag", "\"1\""));
//   }
OFN_INTERNAL_LAZY Response if_modified(const Request& request, Response full) {
  const bool reads = request.method() == "GET" || request.method() == "HEAD";
  if (!reads || full.status() != 200 || !internal::has_same_copy(request, full)) return full;
  return not_modified(full);
}

}  // namespace ofn
