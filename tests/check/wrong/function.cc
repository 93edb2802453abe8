// A function that does not agree with the files beside it.
#include <ofn/function.h>
#include <ofn/plugin.h>

struct Shout : ofn::Plugin {};
OFN_PLUGIN(Shout, "shout", "1.0.0")
OFN_PLUGIN(Shout, "shout", "1.0.0")

ofn::Out keep(ofn::Context& context, ofn::Bytes data) {
  if (context.plugin<Shout>("loud") != nullptr) return {};
  const auto sent = context.send("archve", data);
  const auto visits = context.get_state("visits", "all");
  const auto key = context.get_secret("vault", "key");
  return sent && visits && key ? ofn::Out() : ofn::Out::error("no");
}
