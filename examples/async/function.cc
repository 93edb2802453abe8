// A Dapr sidecar calls this function when the timer fires and when an event of the topic arrives;
// func_context.json names both. The function sends the data to its output, and acknowledges a call
// only after the output has confirmed.
#include <ofn/function.h>

ofn::Out keep(ofn::Context& context, ofn::Bytes data) {
  // A tick of the timer has no data. The input's name says whether the timer or the topic called.
  const std::string text =
      data.empty() ? "tick of " + std::string(context.input()->name) : std::string(data);
  const ofn::SendReport sent = context.send(text);
  // If the call is not acknowledged, the sidecar delivers the data again.
  return sent.ok() ? ofn::Out::success() : ofn::Out::error(sent.error(), 503);
}
