// Which function a request is for.
//
//   auto routes = Routes::of(functions, context.http_pattern);
//   RouteParams params;                                     // one a call; used again and again
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

// The parameters of one request's path. Lifetime: the fields borrow from the routes, from the path
// and from this object until it is used again. Cost: keeps its memory.
class RouteParams {
 public:
  // In the order of the pattern; percent-decoded: a value may hold a slash, or be "..".
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
  bool has_more_ = false;  // the path has more parts than were asked for
  std::string_view path_;
  std::string decoded_;  // what parts_ and fields_ point into where they had to be decoded
  std::vector<Field> fields_;
};

// The functions of a program and the paths they are served at. Immutable.
//
// A function is served at the routes that its author gave it. One without a route is served at every
// path when it is the only function (or where the context's httpPattern says), else at its name:
// `app::hello` at /app/hello.
// Precedence: more_specific(); the first pattern that matches the path and allows the method.
// Threads: any (const). Lifetime: matches point into it.
class Routes {
 public:
  Routes() = default;

  // `http_pattern`: the context's, valid (parse_http_pattern); "" for none.
  // Errors: a route that cannot be parsed; two routes of the same paths with a method in common.
  //   Both say the places in the author's source.
  static Result<Routes> of(std::vector<Function> functions, std::string_view http_pattern = {});

  struct Match {
    const Function* function = nullptr;
    std::size_t index = 0;       // of the function in functions()
    bool is_authors = false;     // its author wrote the route, and means it for /robots.txt, too
    bool is_path_known = false;  // with no function: other methods are served at that path
    std::string_view path{};     // of the route's pattern: "/users/{id}"
  };
  // Cost: nothing for one function at every path; else linear in the number of routes, where nearly
  // all fall at their first literal. Allocates only when `params` has to grow.
  Match find(std::string_view method, std::string_view path, RouteParams& params) const;
  // The value of the field Allow for that path: "GET, HEAD, PUT". For the error path: allocates.
  std::string allowed(std::string_view path) const;

  std::span<const Function> functions() const noexcept { return functions_; }
  // The only function, or null when there are several.
  const Function* sole() const noexcept {
    return functions_.size() == 1 ? functions_.data() : nullptr;
  }

  struct Route {
    RoutePattern pattern;
    std::size_t function = 0;  // index
    bool is_authors = false;
    std::string place;   // "hello.cc:7"
    std::string path{};  // of the pattern: "/users/{id}"
  };
  // In the order in which they are tried.
  std::span<const Route> routes() const noexcept { return routes_; }

 private:
  static bool matches(const RoutePattern& pattern, const RouteParams& params);
  static void fill(const RoutePattern& pattern, RouteParams& params);

  std::vector<Function> functions_;
  std::vector<Route> routes_;
  std::size_t depth_ = 0;       // segments of the longest pattern
  bool is_everywhere_ = false;  // one function, any path and method: nothing to look at
};

}  // namespace ofn
