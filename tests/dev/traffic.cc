// The function behind the traffic of the tests. Each answer says which version of this text gave it; a reload changes VERSION.
#include <chrono>
#include <string>

#include <ofn/function.h>

namespace {

const std::string kVersion = "VERSION";

std::string answer_to(const ofn::Request& request) {
  return kVersion + " " + std::string(request.query("id").value_or("")) + "\n";
}

std::chrono::milliseconds milliseconds(const ofn::Request& request, const char* name) {
  return std::chrono::milliseconds(std::stoi(std::string(request.query(name).value_or("1"))));
}

std::string now(const ofn::Request& request) { return answer_to(request); }

// The sum (Adler-32) shows that no piece of the body was lost, doubled or moved.
std::string upload(const ofn::Request& request) {
  unsigned long sum = 1;
  unsigned long sums = 0;
  for (const char byte : request.body()) {
    sum = (sum + static_cast<unsigned char>(byte)) % 65521;
    sums = (sums + sum) % 65521;
  }
  return kVersion + " " + std::to_string(sums << 16 | sum) + "\n";
}

ofn::task<std::string> nap(const ofn::Request& request) {
  co_await ofn::sleep_for(milliseconds(request, "ms"));
  co_return answer_to(request);
}

ofn::task<> ticks(const ofn::Request& request, ofn::Writer& writer) {
  const int count = std::stoi(std::string(request.query("count").value_or("1")));
  for (int tick = 1; tick <= count; ++tick) {
    const std::string data = kVersion + " " + std::to_string(tick);
    if (!co_await writer.async_event({.data = data, .event = "tick"})) co_return;
    if (!co_await ofn::sleep_for(milliseconds(request, "pause"))) co_return;
  }
}

}  // namespace

OFN_ROUTE("/now", now)
OFN_ROUTE("/upload", upload)
OFN_ROUTE("/nap", nap)
OFN_ROUTE("/ticks", ticks)
