// A function whose calls end when the test says: /wait ends when the file that FREE names exists, /loop never.
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <unistd.h>

#include <ofn/function.h>

ofn::task<ofn::Response> answer(const ofn::Request& request) {
  const std::string path(request.path());
  if (path != "/") {  // tells that it has begun
    const std::string began = std::getenv("FREE") + std::string("-") + path.substr(1);
    close(creat(began.c_str(), 0600));
  }
  if (path == "/wait") {
    while (access(std::getenv("FREE"), F_OK) != 0)
      co_await ofn::sleep_for(std::chrono::milliseconds(10));
  }
  volatile bool runs = path == "/loop";
  while (runs) {
  }
  co_return ofn::Response("VERSION");
}
