// Several functions in one program. Without --target all of them are served, each at its route.
#include <ofn/function.h>

namespace {

std::string list_users() { return "7 Ada\n8 Grace\n"; }

ofn::Response get_user(const ofn::Request& request) {
  if (request.param("id") == "7") return "Ada\n";
  return ofn::Response("there is no such user\n").status(404);
}

std::string put_user(const ofn::Request& request) {
  return "stored: " + std::string(request.param("id").value()) + " " + std::string(request.body());
}

std::string get_file(const ofn::Request& request) {
  return "the file " + std::string(request.param("path").value()) + "\n";
}

void on_event(const ofn::CloudEvent&) {}

std::string version() { return "1\n"; }

}  // namespace

OFN_ROUTE("GET /users", list_users)
OFN_ROUTE("GET /users/{id}", get_user)
OFN_ROUTE("PUT,PATCH /users/{id}", put_user)
OFN_ROUTE("GET /files/{path...}", get_file)
OFN_ROUTE("/events", on_event)
OFN_FUNCTION(version)  // without a route: served at /version, because it is not the only function
