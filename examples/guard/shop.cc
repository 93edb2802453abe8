// A service that guards itself: requests need a token, browsers of one origin may call it, exceptions become answers, answers are
// compressed and have an ETag.
#include <map>
#include <stdexcept>
#include <string>

#include <ofn/errors.h>
#include <ofn/function.h>
#include <ofn/middleware.h>

// One of the tokens in the variable SHOP_TOKENS; the health check needs none.
OFN_TOKENS(.bearer_variable = "SHOP_TOKENS", .realm = "shop", .exempt = {"/health"})
OFN_CORS(.origins = {"https://shop.example"}, .headers = {"Authorization", "Content-Type"})
OFN_COMPRESSION()
OFN_ETAGS()

struct NoSuchItem : std::out_of_range {
  using out_of_range::out_of_range;
};

ofn::Response no_such_item(const NoSuchItem& error, const ofn::Request& request) {
  return ofn::Response(std::string(request.path()) + ": " + error.what() + "\n").status(404);
}
OFN_ERROR_HANDLER(no_such_item)

// Runs before every function below /items.
std::optional<ofn::Response> check_name(const ofn::Request& request) {
  if (request.param("name").value_or("").size() <= 20) return std::nullopt;
  return ofn::Response("names have at most 20 characters\n").status(400);
}
OFN_BEFORE("/items/{name}", check_name)

// Runs after every function.
void harden(const ofn::Request&, ofn::Response& response) {
  response.header("X-Content-Type-Options", "nosniff");
}
OFN_AFTER(harden)

// A wrapper of one function, in plain C++: only administrators may call what it wraps.
template <auto function>
ofn::Response guarded(const ofn::Request& request) {
  if (request.header("x-role") != "admin") throw ofn::HttpError(403, "only for administrators");
  return function(request);
}

std::string stock(const ofn::Request& request) {
  static const std::map<std::string, int, std::less<>> items = {{"tea", 3}, {"coffee", 0}};
  const auto item = items.find(*request.param("name"));
  if (item == items.end()) throw NoSuchItem("there is no such item");
  if (item->second == 0) throw ofn::HttpError(503, "sold out", {{"Retry-After", "60"}});
  return std::to_string(item->second) + "\n";
}

std::string restock(const ofn::Request& request) {
  return "restocked " + std::string(*request.param("name")) + "\n";
}

std::string health() { return "ok\n"; }

OFN_ROUTE("GET /items/{name}", stock)
OFN_ROUTE("PUT /items/{name}", guarded<restock>)
OFN_ROUTE("GET /health", health)
