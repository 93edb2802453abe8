#include <stdexcept>
#include <string>

#include <ofn/function.h>

ofn::Response hello(const ofn::Request& request) {
  return "hello " + std::string(request.param("name").value_or("nobody")) + "\n";
}
OFN_ROUTE("GET /hello/{name}", hello)

ofn::Response echo(const ofn::Request& request) { return std::string(request.body()); }
OFN_ROUTE("/echo", echo)

ofn::Response status(const ofn::Request& request) {
  return ofn::Response("").status(std::stoi(std::string(request.param("code").value_or("200"))));
}
OFN_ROUTE("/status/{code}", status)

ofn::Response crash(const ofn::Request&) { throw std::runtime_error("as asked"); }
OFN_ROUTE("/crash", crash)
