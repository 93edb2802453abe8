// Sends a tick every `pause` milliseconds until the client leaves. In a browser:
//   new EventSource("/?pause=1000")
#include <ofn/function.h>

ofn::task<> ticks(const ofn::Request& request, ofn::Writer& writer) {
  const std::chrono::milliseconds pause(std::stoi(request.query("pause").value_or("1000")));
  for (int tick = 1;; ++tick) {
    const std::string data = std::to_string(tick);
    if (!co_await writer.async_event({.data = data, .event = "tick"})) co_return;
    if (!co_await ofn::sleep_for(pause)) co_return;
  }
}
