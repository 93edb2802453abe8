// Finds the function for a request.
//
//   auto routes = Routes::of(functions, context.http_pattern);
//   RouteParams params;                                     // one for each call; reusable
//   const Routes::Match match = routes->find("GET", "/users/7", params);
//   if (match.function == nullptr) answer(match.is_path_known ? 405 : 404);
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/field.h>

#include "base/error.h"
#include "function/function.h"
#include "function/route.h"

namespace ofn {

// The parameters of one request's path. Lifetime: the fields refer to the routes, to the path and
// to this object until it is used again. Cost: keeps its memory.
class RouteParams {
 public:
  // In the order of the pattern. Values are percent-decoded, so a value may contain a slash, or be
  // "..".
  std::span<const Field> fields() const noexcept { return fields_; }
  void clear() noexcept { fields_.clear(); }

 private:
  friend class Routes;
  struct Part {
    std::string_view text;  // decoded
    std::size_t at = 0;     // where it begins in the path
  };

  void split(std::string_view path, std::size_t most);
  std::string_view decoded(std::string_view encoded);

  std::vector<Part> parts_;
  bool has_more_ = false;  // the path has more parts than `most`
  std::string_view path_;
  std::string decoded_;  // the decoded text of parts_ and fields_, if they had to be decoded
  std::vector<Field> fields_;
};

// The functions of a program and the paths at which they are served. Immutable.
//
// A function is served at the routes that its author gave it. A function without a route is served
// at every path (or at the context's httpPattern) if it is the only function; otherwise at its
// name: `app::hello` at /app/hello.
// Precedence: more_specific(). The first pattern that matches the path and allows the method is
// taken.
// Threads: any (const). Lifetime: matches refer to it.
class Routes {
 public:
  Routes() = default;

  // `http_pattern`: the context's, checked by parse_http_pattern(); empty if there is none.
  // Errors: a route that cannot be parsed; two routes with the same paths and a common method. The
  // message names the places in the author's source.
  static Result<Routes> of(std::vector<Function> functions, std::string_view http_pattern = {});

  // Gives each route the options that its author wrote beside it.
  void take_options(std::span<const abi::Program> programs);

  struct Match {
    const Function* function = nullptr;
    std::size_t index = 0;  // of the function in functions()
    // The author wrote the route, so it also applies to paths such as /robots.txt.
    bool is_authors = false;
    bool is_path_known = false;  // if there is no function: the path is served for other methods
    std::string_view path{};     // of the route's pattern: "/users/{id}"
    std::size_t route = 0;       // of the route in routes()
  };
  // Cost: nothing for one function at every path. Otherwise linear in the number of routes, most of
  // which fail at their first literal. Allocates only if `params` has to grow.
  Match find(std::string_view method, std::string_view path, RouteParams& params) const;
  // Returns the value of the field Allow for that path: "GET, HEAD, PUT". It allocates, because it
  // is only for errors.
  std::string allowed(std::string_view path) const;

  std::span<const Function> functions() const noexcept { return functions_; }
  // Returns the only function, or null if there are several.
  const Function* sole() const noexcept {
    return functions_.size() == 1 ? functions_.data() : nullptr;
  }

  struct Route {
    RoutePattern pattern;
    std::size_t function = 0;  // index
    bool is_authors = false;
    std::string place;                           // "hello.cc:7"
    std::string path{};                          // of the pattern: "/users/{id}"
    const abi::RouteOptions* options = nullptr;  // <ofn/route.h>; null: none
  };
  // The routes in the order in which they are tried.
  std::span<const Route> routes() const noexcept { return routes_; }

 private:
  static bool matches(const RoutePattern& pattern, const RouteParams& params);
  static void fill(const RoutePattern& pattern, RouteParams& params);

  std::vector<Function> functions_;
  std::vector<Route> routes_;
  std::size_t depth_ = 0;       // segments of the longest pattern
  bool is_everywhere_ = false;  // one function serves every path and method
};

}  // namespace ofn
