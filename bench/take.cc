// The function to which `./dev bench` delivers events; its peer is bench/peers/dapr-go/subscriber.
#include <ofn/function.h>
#include <ofn/task.h>

// Sends the event's data to the outputs, if there are any.
ofn::task<ofn::Out> take(ofn::Context& context, ofn::Bytes data) {
  if (context.outputs().empty()) co_return ofn::Out::success();
  const ofn::SendReport sent = co_await context.async_send(data);
  co_return sent.ok() ? ofn::Out::success() : ofn::Out::error("not sent", 503);
}
