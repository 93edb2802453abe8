// A Dapr sidecar calls this function: when the timer fires and when an event of the topic arrives, as func_context.json
// says. The function keeps the data in its output, and acknowledges a call only after the output has confirmed.
#include <ofn/function.h>

ofn::Out keep(ofn::Context& context, ofn::Bytes data) {
  // A tick of the timer brings no data; the input's name says what called.
  const std::string text =
      data.empty() ? "tick of " + std::string(context.input()->name) : std::string(data);
  const ofn::SendReport sent = context.send(text);
  // The sidecar delivers again what is not acknowledged.
  return sent.ok() ? ofn::Out::success() : ofn::Out::error(sent.error(), 503);
}
