// The function that `bench/soak.py` serves. It answers, waits or throws, as the request says.
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>

#include <ofn/function.h>

//   ?size=N  answers N bytes   ?ms=N  waits N ms first   ?throw  throws
ofn::Response soak(const ofn::Request& request) {
  const auto number = [&](std::string_view name) {
    return std::atoi(std::string(request.query(name).value_or("0")).c_str());
  };
  if (request.query("throw")) throw std::runtime_error("as asked");
  if (const int ms = number("ms"); ms > 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(ms));
  const int size = number("size");
  if (size > 0) return ofn::Response(std::string(static_cast<std::size_t>(size), 'x'));
  return ofn::Response(std::string(request.body()));
}
