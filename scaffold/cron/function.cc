// A timer calls it. It writes a line to its output, and the tick is acknowledged when the output has confirmed.
#include <string>

#include <ofn/function.h>

ofn::Out my_function(ofn::Context& context, ofn::Bytes /*a tick has no data*/) {
  const ofn::SendReport sent = context.send("archive", std::string("tick\n"));
  return sent.ok() ? ofn::Out::success() : ofn::Out::error(sent.error(), 503);
}
OFN_FUNCTION(my_function)
