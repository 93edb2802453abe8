// The text of a route, parsed into its paths and methods.
//
//   parse_route("/users/{id}");            // any method
//   parse_route("GET,PUT /users/{id}");    // these methods; GET also means HEAD
//   parse_route("/files/{path...}");       // any path below /files/
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace ofn {

// One part of a path, between two slashes. The kinds are in order of precedence.
struct RouteSegment {
  enum class Kind {
    kLiteral,    // exactly this text
    kParameter,  // {name}: any single segment that is not empty
    // {name...}: the rest of the path, with slashes, and also if it is empty; only at the end.
    kRest,
  };
  Kind kind = Kind::kLiteral;
  std::string text;  // the literal, percent-decoded; or the parameter's name

  friend bool operator==(const RouteSegment&, const RouteSegment&) = default;
};

// A value.
struct RoutePattern {
  std::vector<std::string> methods;    // as written; empty: any method
  std::vector<RouteSegment> segments;  // never empty: "/" is one empty literal

  bool lists(std::string_view method) const noexcept;
  // Returns true if a request with that method is allowed. A pattern that lists GET also allows
  // HEAD (RFC 9110 §9.3.2).
  bool allows(std::string_view method) const noexcept;
  // Returns "GET,PUT /users/{id}". Parsing this text gives the same pattern.
  std::string text() const;

  friend bool operator==(const RoutePattern&, const RoutePattern&) = default;
};

// Errors: kInvalidArgument with the mistake and the correct notation.
// Spec: RFC 3986 §3.3 for the path, RFC 9110 §9.1 for methods.
Result<RoutePattern> parse_route(std::string_view text);

// Parses the context's httpPattern. Differs from parse_route(): "/" and patterns that end in "/" or
// "/*" match every path below, as in the sibling frameworks.
Result<RoutePattern> parse_http_pattern(std::string_view text);

// Returns true if `a` is tried before `b` when both match a path. The first difference from left to
// right decides: a literal comes before {name}, and {name} before {name...}. If there is none, a
// pattern that lists methods comes before one for any method; one that lists HEAD comes first. This
// is a strict weak order. Patterns that differ only in the names of their parameters and in their
// methods are neighbours.
bool more_specific(const RoutePattern& a, const RoutePattern& b) noexcept;
// Returns true if both match the same paths.
bool same_paths(const RoutePattern& a, const RoutePattern& b) noexcept;

// Decodes percent-encoding (RFC 3986 §2.1). An incomplete escape is kept unchanged. '+' stays '+'.
void append_decoded(std::string& to, std::string_view encoded);

}  // namespace ofn
