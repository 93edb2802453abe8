// A function that ends its process if the request says so. What the test puts in place of STATIC runs before main.
#include <csignal>
#include <string>
#include <unistd.h>

#include <ofn/function.h>

namespace {

[[maybe_unused]] const int kStatic = [] {
  /*STATIC*/;
  return 0;
}();

std::string hello() { return "hello"; }

std::string crash() {
  raise(SIGSEGV);
  return "";
}

std::string process() { return std::to_string(getpid()); }

ofn::task<> endless(const ofn::Request&, ofn::Writer& writer) {
  for (int tick = 1;; ++tick) {
    const std::string data = "tick " + std::to_string(tick);
    if (!co_await writer.async_event({.data = data})) co_return;
    if (!co_await ofn::sleep_for(std::chrono::milliseconds(5))) co_return;
  }
}

}  // namespace

OFN_ROUTE("/", hello)
OFN_ROUTE("/crash", crash)
OFN_ROUTE("/process", process)
OFN_ROUTE("/endless", endless)
