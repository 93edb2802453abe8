// A function of HTTP requests: greets with GET, and sends the body of any other request back.
#include <ofn/function.h>

ofn::Response handle(const ofn::Request& request) {
  if (request.method() == "GET") return "hello, " + request.query("name").value_or("world") + "\n";
  return ofn::Response(request.body())
      .header("content-type", std::string(request.header("content-type").value_or("text/plain")));
}
