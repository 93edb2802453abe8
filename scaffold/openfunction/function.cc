// Its result goes to the output that func_context.json names, and to the client when the output has
// confirmed it.
#include <string>

#include <ofn/function.h>

ofn::Out my_function(ofn::Context& /*context*/, ofn::Bytes data) {
  if (data.empty()) return ofn::Out::error("send some data\n", 400);
  return "received " + std::to_string(data.size()) + " bytes: " + std::string(data) + "\n";
}
OFN_FUNCTION(my_function)
