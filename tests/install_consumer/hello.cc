#include <string>

#include <ofn/function.h>

namespace consumer {

std::string hello(const ofn::Request& request) {
  return "hello, " + std::string(request.query("name").value_or("stranger")) + "\n";
}

}  // namespace consumer

OFN_FUNCTION(consumer::hello)
