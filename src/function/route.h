// The text of a route, parsed: which paths, which methods.
//
//   parse_route("/users/{id}")             any method
//   parse_route("GET,PUT /users/{id}")     these; GET answers HEAD, too
//   parse_route("/files/{path...}")        whatever lies below /files/
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace ofn {

// One part of a path, between two slashes. The order of the kinds is that of precedence.
struct RouteSegment {
  enum class Kind {
    kLiteral,    // this very text
    kParameter,  // {name}: any one segment that is not empty
    kRest,       // {name...}: all that follows, slashes and nothing included; only at the end
  };
  Kind kind = Kind::kLiteral;
  std::string text;  // the literal, percent-decoded; or the parameter's name

  friend bool operator==(const RouteSegment&, const RouteSegment&) = default;
};

// A value.
struct RoutePattern {
  std::vector<std::string> methods;    // as written; none: any
  std::vector<RouteSegment> segments;  // never empty: "/" is one empty literal

  bool lists(std::string_view method) const noexcept;
  // May that method be used? Where GET is listed, HEAD may, too (RFC 9110 §9.3.2).
  bool allows(std::string_view method) const noexcept;
  // "GET,PUT /users/{id}". Parsing that gives the same pattern.
  std::string text() const;

  friend bool operator==(const RoutePattern&, const RoutePattern&) = default;
};

// Errors: kInvalidArgument with what is wrong and how it is written right.
// Spec: RFC 3986 §3.3 for the path, RFC 9110 §9.1 for methods.
Result<RoutePattern> parse_route(std::string_view text);

// What the context's httpPattern means: the same, but "/" and what ends in "/" or "/*" takes
// everything below it, as in the sibling frameworks.
Result<RoutePattern> parse_http_pattern(std::string_view text);

// Which of two patterns is tried first when both match a path: from left to right, the first
// difference decides. A literal comes before {name}, that before {name...}. Then the one that lists
// methods, HEAD first, before one for any method. A strict weak order; patterns that differ only in
// the names of their parameters and in their methods are neighbours.
bool more_specific(const RoutePattern& a, const RoutePattern& b) noexcept;
// Do the same paths match both?
bool same_paths(const RoutePattern& a, const RoutePattern& b) noexcept;

// Undoes percent-encoding (RFC 3986 §2.1); an escape that is incomplete stays as it is. '+' is '+'.
void append_decoded(std::string& to, std::string_view encoded);

}  // namespace ofn
