#include "function/routes.h"

#include <algorithm>
#include <utility>

#include <ofn/route.h>

#include "function/registry.h"

namespace ofn {
namespace {

using Kind = RouteSegment::Kind;

RoutePattern everywhere() {
  return {.methods = {}, .segments = {{.kind = Kind::kRest, .text = "path"}}};
}

// "app::hello" → /app/hello
RoutePattern named(std::string_view name) {
  RoutePattern pattern;
  while (true) {
    const auto colons = name.find("::");
    pattern.segments.push_back(
        {.kind = Kind::kLiteral, .text = std::string(name.substr(0, colons))});
    if (colons == std::string_view::npos) return pattern;
    name.remove_prefix(colons + 2);
  }
}

bool have_common_method(const RoutePattern& a, const RoutePattern& b) {
  if (a.methods.empty() || b.methods.empty()) return a.methods.empty() && b.methods.empty();
  return std::ranges::any_of(a.methods, [&](const std::string& m) { return b.lists(m); });
}

}  // namespace

void RouteParams::split(std::string_view path, std::size_t most) {
  path_ = path;
  parts_.clear();
  fields_.clear();
  decoded_.clear();
  // The views into this buffer must stay valid, so it must not grow later: all parts and one
  // remainder fit.
  if (path.find('%') != std::string_view::npos) decoded_.reserve(2 * path.size());
  has_more_ = false;
  for (std::size_t at = 1; parts_.size() < most;) {
    const auto slash = std::min(path.find('/', at), path.size());
    parts_.push_back({.text = decoded(path.substr(at, slash - at)), .at = at});
    if (slash == path.size()) return;
    at = slash + 1;
  }
  has_more_ = true;
}

std::string_view RouteParams::decoded(std::string_view encoded) {
  if (encoded.find('%') == std::string_view::npos) return encoded;
  const std::size_t begin = decoded_.size();
  append_decoded(decoded_, encoded);
  return std::string_view(decoded_).substr(begin);
}

Result<Routes> Routes::of(std::vector<Function> functions, std::string_view http_pattern) {
  Routes routes;
  routes.functions_ = std::move(functions);
  const bool is_alone = routes.functions_.size() == 1;
  for (std::size_t i = 0; i < routes.functions_.size(); ++i) {
    const Function& function = routes.functions_[i];
    if (function.routes.empty()) {
      Route route{.pattern = is_alone ? everywhere() : named(function.name),
                  .function = i,
                  .is_authors = false,
                  .place = function.place};
      if (is_alone && !http_pattern.empty()) {
        auto pattern = parse_http_pattern(http_pattern);
        if (!pattern) return std::unexpected(std::move(pattern).error());
        route.pattern = *std::move(pattern);
      }
      routes.routes_.push_back(std::move(route));
    }
    for (const RegisteredRoute& registered : function.routes) {
      auto pattern = parse_route(registered.text);
      if (!pattern) {
        return fail(Code::kInvalidArgument, registered.place + ": " + pattern.error().message());
      }
      routes.routes_.push_back({.pattern = *std::move(pattern),
                                .function = i,
                                .is_authors = true,
                                .place = registered.place});
    }
  }
  // A typed function reads a body. Unless its author lists methods, it serves POST.
  for (Route& route : routes.routes_) {
    if (row_of(routes.functions_[route.function].signature).parses_argument &&
        route.pattern.methods.empty())
      route.pattern.methods = {"POST"};
  }
  // Equal routes stay in the order of registration, so conflicts are reported in this order.
  std::ranges::sort(routes.routes_, [](const Route& a, const Route& b) {
    if (more_specific(a.pattern, b.pattern)) return true;
    return !more_specific(b.pattern, a.pattern) && a.function < b.function;
  });
  for (auto a = routes.routes_.begin(); a != routes.routes_.end(); ++a) {
    for (auto b = a + 1; b != routes.routes_.end() && same_paths(a->pattern, b->pattern); ++b) {
      if (!have_common_method(a->pattern, b->pattern)) continue;
      const auto told = [&](const Route& route) {
        return "\"" + route.pattern.text() + "\" of " + routes.functions_[route.function].name +
               " at " + route.place;
      };
      return fail(Code::kAlreadyExists, "two routes are for the same requests: " + told(*a) +
                                            " and " + told(*b) + "; change one of them");
    }
  }
  for (Route& route : routes.routes_)
    route.path = RoutePattern{.methods = {}, .segments = route.pattern.segments}.text();
  for (const Route& route : routes.routes_)
    routes.depth_ = std::max(routes.depth_, route.pattern.segments.size());
  routes.is_everywhere_ = is_alone && routes.functions_.front().routes.empty() &&
                          routes.routes_.front().pattern == everywhere();
  return routes;
}

void Routes::take_options(std::span<const abi::Program> programs) {
  for (const abi::Program& program : programs) {
    for (const auto* it = program.begin; it != program.end; ++it) {
      if (*it == nullptr || (*it)->size < sizeof(abi::Registration) || (*it)->options == nullptr ||
          (*it)->options->size < sizeof(abi::RouteOptions))
        continue;
      const std::string name = registered_name(**it);
      const std::string place = registered_place(**it);
      for (Route& route : routes_) {
        const Function& function = functions_[route.function];
        if (route.place == place && function.name == name && function.invoke == (*it)->invoke)
          route.options = (*it)->options;
      }
    }
  }
}

bool Routes::matches(const RoutePattern& pattern, const RouteParams& params) {
  const auto& segments = pattern.segments;
  const bool has_rest = segments.back().kind == Kind::kRest;
  const std::size_t parts = params.parts_.size();
  if (parts < segments.size()) return false;
  if (!has_rest && (parts > segments.size() || params.has_more_)) return false;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const std::string_view part = params.parts_[i].text;
    if (segments[i].kind == Kind::kLiteral && segments[i].text != part) return false;
    if (segments[i].kind == Kind::kParameter && part.empty()) return false;
  }
  return true;
}

// Called once for each request: split() has reserved memory for only one remainder.
void Routes::fill(const RoutePattern& pattern, RouteParams& params) {
  const auto& segments = pattern.segments;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (segments[i].kind == Kind::kLiteral) continue;
    params.fields_.push_back(
        {segments[i].text, segments[i].kind == Kind::kParameter
                               ? params.parts_[i].text
                               : params.decoded(params.path_.substr(params.parts_[i].at))});
  }
}

Routes::Match Routes::find(std::string_view method, std::string_view path,
                           RouteParams& params) const {
  if (is_everywhere_) {
    params.clear();
    return {.function = functions_.data(),
            .index = 0,
            .is_authors = false,
            .is_path_known = true,
            .path = routes_.front().path};
  }
  Match match;
  // "*" and an authority (OPTIONS, CONNECT) are not paths.
  if (!path.starts_with('/')) {
    params.clear();
    return match;
  }
  params.split(path, depth_);
  for (const Route& route : routes_) {
    if (!matches(route.pattern, params)) continue;
    match.is_path_known = true;
    if (!route.pattern.allows(method)) continue;
    fill(route.pattern, params);
    match.function = &functions_[route.function];
    match.index = route.function;
    match.is_authors = route.is_authors;
    match.path = route.path;
    match.route = static_cast<std::size_t>(&route - routes_.data());
    return match;
  }
  return match;
}

std::string Routes::allowed(std::string_view path) const {
  RouteParams params;
  params.split(path, depth_);
  std::vector<std::string> methods;
  const auto add = [&](const std::string& method) {
    if (std::ranges::find(methods, method) == methods.end()) methods.push_back(method);
  };
  for (const Route& route : routes_) {
    if (!matches(route.pattern, params)) continue;
    for (const std::string& method : route.pattern.methods) {
      add(method);
      if (method == "GET") add("HEAD");
    }
  }
  std::ranges::sort(methods);
  std::string text;
  for (const std::string& method : methods) text += (text.empty() ? "" : ", ") + method;
  return text;
}

}  // namespace ofn
