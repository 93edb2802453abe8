// CORS: which pages of other origins a browser lets call the functions.
//
//   const auto cors = CorsRules::of(options, "shop.cc:7", environment);
//   cors->add_fields(fields, response);
//   if (CorsRules::is_preflight(method, fields)) return answer(cors->preflight(fields));
//
// Spec: Fetch Standard, "CORS protocol".
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/field.h>
#include <ofn/middleware.h>
#include <ofn/response.h>

#include "base/error.h"
#include "context/environment.h"

namespace ofn {

// Immutable. Threads: any.
class CorsRules {
 public:
  // Errors: an origin, a method or a field that is none; "*" where the standard gives it no meaning. `place`: of the registration.
  static Result<CorsRules> of(const Cors& options, std::string_view place,
                              const Environment& environment);

  static bool is_preflight(std::string_view method, std::span<const Field> fields) noexcept;
  // 204 with what is allowed; 403 if the origin is not.
  Response preflight(std::span<const Field> fields) const;
  // Adds the fields for a request with these fields, unless the author has set Access-Control-Allow-Origin.
  void add_fields(std::span<const Field> fields, Response& response) const;

 private:
  bool allows(std::string_view origin) const noexcept;
  void add_origin(std::string_view origin, Response& response) const;

  bool any_ = false;
  bool credentials_ = false;
  std::vector<std::string> origins_;
  std::string methods_;
  std::string headers_;
  std::string exposed_;
  std::string max_age_;  // empty: the browser's default
};

}  // namespace ofn
