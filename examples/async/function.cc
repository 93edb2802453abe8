// Triggered by a Dapr sidecar: by a binding or by a topic, as func_context.json says. What comes is kept in the output,
// and nothing is acknowledged before it is there.
#include <ofn/function.h>

ofn::Out keep(ofn::Context& context, ofn::Bytes data) {
  // A cron's tick brings no data; the input's name says what it was.
  const std::string text =
      data.empty() ? "tick of " + std::string(context.input()->name) : std::string(data);
  const ofn::SendReport sent = context.send(text);
  // Whatever is not acknowledged comes again.
  return sent.ok() ? ofn::Out::success() : ofn::Out::error(sent.error(), 503);
}
