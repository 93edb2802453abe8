// Greets whom the request names.
#include <string>

#include <ofn/function.h>

ofn::Response my_function(const ofn::Request& request) {
  const std::string name = request.query("name").value_or("world");
  if (name.empty()) return ofn::Response("name must not be empty\n").status(400);
  return "hello, " + name + "\n";
}
OFN_FUNCTION(my_function)
