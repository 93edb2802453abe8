// Reads two routes and a path, separated by NUL bytes. The text of a parsed route must parse to the
// same route, no two routes may be more specific than each other, and the route of a path must be
// the one that a simple reading of the rules gives.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "function/route.h"
#include "function/routes.h"

namespace {

// The decoded parts of a path: "/a/b" has two, "/" has one that is empty.
std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t slash = path.find('/');
    ofn::append_decoded(parts.emplace_back(), path.substr(0, slash));
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash);
  }
  return parts;
}

bool takes(const ofn::RoutePattern& pattern, const std::vector<std::string>& parts) {
  using Kind = ofn::RouteSegment::Kind;
  for (std::size_t i = 0; i < pattern.segments.size(); ++i) {
    const ofn::RouteSegment& segment = pattern.segments[i];
    if (segment.kind == Kind::kRest) return i < parts.size();
    if (i == parts.size()) return false;
    if (segment.kind == Kind::kLiteral ? segment.text != parts[i] : parts[i].empty()) return false;
  }
  return parts.size() == pattern.segments.size();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::array<std::string, 3> texts;
  for (std::string& text : texts) {
    const std::size_t nul = rest.find('\0');
    text = rest.substr(0, nul);
    rest = nul == std::string_view::npos ? std::string_view() : rest.substr(nul + 1);
  }
  static_cast<void>(ofn::parse_http_pattern(texts[0]));

  std::vector<ofn::RoutePattern> patterns;
  std::vector<ofn::Function> functions;
  for (const std::string& text : {texts[0], texts[1]}) {
    const auto pattern = ofn::parse_route(text);
    if (!pattern) continue;
    const auto again = ofn::parse_route(pattern->text());
    OFN_CHECK(again && *again == *pattern);
    OFN_CHECK(!ofn::more_specific(*pattern, *pattern) && ofn::same_paths(*pattern, *pattern));
    patterns.push_back(*pattern);
    ofn::Function function;
    function.name = "f" + std::to_string(functions.size());
    function.routes = {{.text = text, .place = "fuzz:1"}};
    functions.push_back(function);
  }
  if (patterns.size() == 2) {
    OFN_CHECK(!ofn::more_specific(patterns[0], patterns[1]) ||
              !ofn::more_specific(patterns[1], patterns[0]));
  }
  const auto routes = ofn::Routes::of(functions);
  if (!routes || functions.empty()) return 0;

  const std::string path = "/" + texts[2].substr(0, texts[2].find('?'));
  const std::vector<std::string> parts = parts_of(path);
  ofn::RouteParams params;
  const auto match = routes->find("GET", path, params);
  bool expected = false;
  for (const ofn::RoutePattern& pattern : patterns) {
    expected = expected || (pattern.allows("GET") && takes(pattern, parts));
  }
  OFN_CHECK((match.function != nullptr) == expected);
  static_cast<void>(routes->allowed(path));
  return 0;
}
