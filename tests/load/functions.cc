// What the load tests serve. The answer is asked for by the request.
#include <cstdlib>
#include <string>

#include <ofn/function.h>

//   ?size=N  answers N bytes   ?echo  answers the request's body   else how many bytes the request's body has
ofn::Response load(const ofn::Request& request) {
  if (const auto size = request.query("size"))
    return ofn::Response(std::string(std::strtoul(size->c_str(), nullptr, 10), 'x'));
  if (request.query("echo")) return ofn::Response(std::string(request.body()));
  return ofn::Response(std::to_string(request.body().size()) + "\n");
}

OFN_FUNCTION(load)
