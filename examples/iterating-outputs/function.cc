// Sends to each output what suits it, and answers which sends succeeded.
#include <ofn/function.h>

ofn::Out spread(ofn::Context& context, ofn::Bytes data) {
  std::string told;
  for (const ofn::Component& output : context.outputs()) {
    const std::string message = "for " + std::string(output.name) + ": " + std::string(data) + "\n";
    // Bindings take an operation and metadata of their own; topics just the data.
    const ofn::SendReport sent =
        output.topic.empty()
            ? context.send(output.name, message, {.metadata = {{"fileName", "note.txt"}}})
            : context.send(output.name, message);
    told += std::string(output.name) + ": " + (sent ? "sent" : sent.error()) + "\n";
  }
  // Everything was sent above: the answer itself goes to the caller only.
  return ofn::Out::success(told).with("forward", "false");
}
