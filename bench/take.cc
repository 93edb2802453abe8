// What `./dev bench` delivers events to, beside bench/peers/dapr-go/subscriber.
#include <ofn/function.h>
#include <ofn/task.h>

// The event's data to the outputs, where there are any.
ofn::task<ofn::Out> take(ofn::Context& context, ofn::Bytes data) {
  if (context.outputs().empty()) co_return ofn::Out::success();
  const ofn::SendReport sent = co_await context.async_send(data);
  co_return sent.ok() ? ofn::Out::success() : ofn::Out::error("not sent", 503);
}
