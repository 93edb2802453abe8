// Path parameters in functions of four signatures, on one server.
#include <string>

#include <ofn/function.h>
#include <ofn/typed.h>

namespace {

std::string name_of(const ofn::Context& context) {
  return std::string(context.request()->param("name").value());
}

std::string by_http(const ofn::Request& request) {
  return "hello, " + std::string(request.param("name").value()) + "\n";
}

// A CloudEvent does not contain the HTTP request; the context does.
ofn::CloudEvent by_event(ofn::Context& context, const ofn::CloudEvent& event) {
  return ofn::CloudEvent(event.id(), "/greeter", "greeting").data("hello, " + name_of(context));
}

ofn::Out by_openfunction(ofn::Context& context, ofn::Bytes data) {
  return ofn::Out::success("hello, " + name_of(context) + ": " + std::string(data) + "\n");
}

struct Greeting {
  std::string word;
};
OFN_FIELDS(Greeting, word)

Greeting by_type(ofn::Context& context, const Greeting& greeting) {
  return {greeting.word + ", " + name_of(context)};
}

}  // namespace

OFN_ROUTE("GET /http/{name}", by_http)
OFN_ROUTE("/cloudevent/{name}", by_event)
OFN_ROUTE("POST /openfunction/{name}", by_openfunction)
OFN_ROUTE("PUT /typed/{name}", by_type)
