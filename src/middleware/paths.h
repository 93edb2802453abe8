// The paths that a piece of middleware is about, written as routes.
//
//   const char* const routes[] = {"/orders/{rest...}", "GET /health"};
//   const auto paths = Paths::of(routes, "orders.cc:7");
//   paths->match("GET", "/orders/7");   // true
#pragma once

#include <span>
#include <string_view>

#include "base/error.h"
#include "function/routes.h"

namespace ofn {

// Immutable. Threads: any.
class Paths {
 public:
  Paths() = default;  // no path
  // `place`: of the registration, for errors. Errors: those of a route.
  static Result<Paths> of(std::span<const char* const> routes, std::string_view place);

  bool empty() const noexcept { return routes_.functions().empty(); }
  // `path`: without the query. Cost: that of Routes::find(); allocates.
  bool match(std::string_view method, std::string_view path) const;

 private:
  Routes routes_;
};

}  // namespace ofn
