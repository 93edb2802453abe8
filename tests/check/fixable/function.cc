#include <ofn/function.h>
#include <ofn/plugin.h>

struct Greet : ofn::Plugin {};
OFN_PLUGIN(Greet, "greet", "1.0.0")

ofn::Out keep(ofn::Context& context, ofn::Bytes data) {
  const auto sent = context.send("archive", data);
  return sent ? ofn::Out() : ofn::Out::error(sent.error());
}
