#include "middleware/paths.h"

#include <utility>
#include <vector>

namespace ofn {

Result<Paths> Paths::of(std::span<const char* const> routes, std::string_view place) {
  Paths paths;
  if (routes.empty()) return paths;
  Function stands_for_all{.name = "middleware", .signature = Signature::kHttp};
  for (const char* each : routes)
    stands_for_all.routes.push_back({.text = each, .place = std::string(place)});
  std::vector<Function> functions;
  functions.push_back(std::move(stands_for_all));
  auto found = Routes::of(std::move(functions));
  if (!found) return std::unexpected(std::move(found).error());
  paths.routes_ = *std::move(found);
  return paths;
}

bool Paths::match(std::string_view method, std::string_view path) const {
  if (empty()) return false;
  RouteParams params;
  return routes_.find(method, path, params).function != nullptr;
}

}  // namespace ofn
