#include <stdexcept>
#include <string>

#include <ofn/function.h>

ofn::Response answer(const ofn::Request& request) {
  if (request.path() == "/throw") {
    throw std::runtime_error("went wrong");
  }
  return ofn::Response("got " + std::string(request.body()) + "\n");
}
