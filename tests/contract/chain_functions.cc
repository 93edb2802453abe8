// A function in the middle of a trace.
#include <string>

#include <ofn/context.h>
#include <ofn/function.h>
#include <ofn/stores.h>

// Calls the app that the data names, or else sends the data to the outputs, if there are any.
ofn::Out pass_on(ofn::Context& context, ofn::Bytes data) {
  const std::string text(data);
  if (!text.starts_with("call ")) {
    if (context.outputs().empty()) return ofn::Out::success();
    return context.send(data).ok() ? ofn::Out::success() : ofn::Out::error("not sent", 503);
  }
  const auto reply = context.invoke({.app_id = text.substr(5),
                                     .method = "called",
                                     .data = text,
                                     .content_type = "text/plain",
                                     .verb = "POST"});
  return reply.ok() ? ofn::Out::success() : ofn::Out::error("not called", 503);
}
