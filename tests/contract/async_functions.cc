// The functions that a sidecar triggers. The data says what they do, so one compilation serves
// every test.
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <string>

#include <ofn/function.h>
#include <ofn/typed.h>

// Prints `took: INPUT DATA`, then does what the data's first word says:
//   fail, drop, throw   does that, instead of succeeding
//   code N              fails with that code
//   slow                runs until it is asked to stop, and fails
//   fine                succeeds without sending
//   wait PATH …         waits until the test has opened this FIFO to write, and has closed it; then
//                       sends the data
// It sends any other data to the outputs, if there are any.
ofn::Out take(ofn::Context& context, ofn::Bytes data) {
  const std::string text(data);
  const std::string_view input = context.input() == nullptr ? "http" : context.input()->name;
  std::fprintf(stderr, "took: %s %.60s\n", std::string(input).c_str(), text.c_str());
  if (text.starts_with("fail")) return ofn::Out::error("as asked");
  if (text.starts_with("code "))
    return ofn::Out::error("as asked", std::stoi(text.substr(sizeof("code"))));
  if (text.starts_with("drop")) return ofn::Out::error("as asked").with("retry", "false");
  if (text.starts_with("throw")) throw std::runtime_error("the secret of the exception");
  if (text.starts_with("slow")) {
    while (!context.stop_token().stop_requested()) {
    }
    std::fprintf(stderr, "stopped\n");
    return ofn::Out::error("stopped");
  }
  if (text.starts_with("wait ")) {
    std::ifstream fifo(text.substr(5, text.find(' ', 5) - 5));
    while (fifo.get() != EOF) {
    }
  }
  if (text.starts_with("fine") || context.outputs().empty()) return "done";
  const ofn::SendReport report = context.send(data);
  return report.ok() ? ofn::Out::success() : ofn::Out::error("not sent", 503);
}

// Does the same for an envelope.
void see(const ofn::CloudEvent& event) {
  std::fprintf(stderr, "saw: %s %s %s\n", event.id().c_str(), event.type().c_str(),
               event.data().value_or("(none)").c_str());
}

// Does the same for JSON.
struct Order {
  std::string item;
  unsigned count = 0;
};
OFN_FIELDS(Order, item, count)

void order(const Order& order) {
  if (order.count > 9) throw ofn::BadInput("that is too many");
  std::fprintf(stderr, "ordered: %u %s\n", order.count, order.item.c_str());
}

// Stores the data in the output `file`, and deletes it again.
ofn::Out keep_and_remove(ofn::Context& context, ofn::Bytes data) {
  context.send("file", data).check();
  std::fprintf(stderr, "kept %.60s\n", std::string(data).c_str());
  context.send("file", {}, {.metadata = {}, .operation = "delete"}).check();
  std::fprintf(stderr, "removed %.60s\n", std::string(data).c_str());
  return ofn::Out::success();
}

// Sends on the data of the input `first`; for every other input it prints `relayed: INPUT DATA`.
ofn::Out relay_once(ofn::Context& context, ofn::Bytes data) {
  if (context.input()->name == "first")
    return context.send(data).ok() ? ofn::Out::success() : ofn::Out::error("not sent");
  std::fprintf(stderr, "relayed: %s %.60s\n", std::string(context.input()->name).c_str(),
               std::string(data).c_str());
  return ofn::Out::success();
}
