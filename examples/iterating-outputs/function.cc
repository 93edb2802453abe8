// Sends different data to each output, and answers which sends succeeded.
#include <ofn/function.h>

ofn::Out spread(ofn::Context& context, ofn::Bytes data) {
  std::string told;
  for (const ofn::Component& output : context.outputs()) {
    const std::string message = "for " + std::string(output.name) + ": " + std::string(data) + "\n";
    // A binding may get its own operation and metadata; a topic gets only the data.
    const ofn::SendReport sent =
        output.topic.empty()
            ? context.send(output.name, message, {.metadata = {{"fileName", "note.txt"}}})
            : context.send(output.name, message);
    told += std::string(output.name) + ": " + (sent ? "sent" : sent.error()) + "\n";
  }
  // Everything was sent above, so the answer goes only to the client, not to the outputs.
  return ofn::Out::success(told).with("forward", "false");
}
