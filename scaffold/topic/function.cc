// It gets the events of a topic, and keeps each in its output. An event is acknowledged when the output has confirmed.
#include <ofn/function.h>
#include <ofn/log.h>

ofn::Out my_function(ofn::Context& context, ofn::Bytes data) {
  if (data.empty()) {
    // It can never succeed, so it is acknowledged. Otherwise the sidecar would deliver it again.
    ofn::log_warning("ignored an event without data");
    return ofn::Out::success();
  }
  const ofn::SendReport sent = context.send("archive", data);
  return sent.ok() ? ofn::Out::success() : ofn::Out::error(sent.error(), 503);
}
OFN_FUNCTION(my_function)
