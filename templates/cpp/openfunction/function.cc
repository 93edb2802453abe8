// A function of OpenFunction: its result goes to the outputs that the context, func_context.json, names. The client gets it
// only after every output has confirmed it.
#include <ofn/function.h>

std::string receipt(ofn::Bytes data) {
  return "received " + std::to_string(data.size()) + " bytes: " + std::string(data) + "\n";
}

ofn::Out handle(ofn::Context& /*context*/, ofn::Bytes data) {
  if (data.empty()) return ofn::Out::error("send some data\n", 400);
  return receipt(data);
}
