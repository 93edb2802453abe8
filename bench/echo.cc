// The body of each request is its answer.
#include <string>

#include <ofn/function.h>

ofn::Response echo(const ofn::Request& request) {
  return ofn::Response(std::string(request.body()));
}
