// What `./dev bench` delivers events to, beside bench/peers/dapr-go/subscriber.
#include <ofn/function.h>

// The event's data to the outputs, where there are any.
ofn::Out take(ofn::Context& context, ofn::Bytes data) {
  if (context.outputs().empty()) return ofn::Out::success();
  return context.send(data).ok() ? ofn::Out::success() : ofn::Out::error("not sent", 503);
}
