// Writes lines to the program's log. Each names the request, without a word about it here.
#include <exception>
#include <string>

#include <ofn/function.h>
#include <ofn/log.h>

ofn::Response charge(const ofn::Request& request) {
  int cents = 0;
  try {
    cents = std::stoi(std::string(request.body()));
  } catch (const std::exception& error) {
    ofn::log_warning("no amount", {{"bytes", request.body().size()}, {"error", error.what()}});
    return ofn::Response("the body is a number of cents\n").status(400);
  }
  ofn::log_info("charged", {{"cents", cents}, {"large", cents > 100'000}});
  return "charged\n";
}
