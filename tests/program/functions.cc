// The functions that the tests of the program serve: as a .so, as source, and linked. What they do is asked for by the
// request, so that one compilation serves every test.
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <syncstream>
#include <utility>

#include <ofn/function.h>

namespace {

std::string variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return name + "=" + (value == nullptr ? "(unset)" : value) + "\n";
}

// What code sees that runs while the program is loaded.
struct Loading {
  Loading() { std::cerr << "the program of functions is loaded\n"; }
  std::string target = variable("FUNCTION_TARGET");
  std::string from_file = variable("FROM_FILE");
} const kLoading;

}  // namespace

std::string environment() {
  return variable("FUNCTION_TARGET") + variable("FUNCTION_SIGNATURE_TYPE") +
         "loading: " + kLoading.target;
}

// A variable that a file may set.
std::string from_file() { return variable("FROM_FILE") + "loading: " + kLoading.from_file; }

namespace app {

// The request as it arrived: method, target, version and id, a line each, then the body.
ofn::Response echo(const ofn::Request& request) {
  std::string text;
  for (const auto part : {request.method(), request.target(), request.version(), request.id()}) {
    text += std::string(part) + "\n";
  }
  return ofn::Response(text + std::string(request.body())).header("X-Echo", "yes");
}

// The request's body, the bytes themselves.
ofn::Response give_back(ofn::Request request) { return std::move(request).body(); }

}  // namespace app

//   ?throw=int  throws an int, else a std::exception
std::string crash(const ofn::Request& request) {
  if (request.query("throw") == "int") throw 42;
  throw std::runtime_error("the secret of the exception");
}

//   ?fifo=PATH  waits until somebody has opened that FIFO to write, and closed it
std::string wait(const ofn::Request& request) {
  std::cerr << "waiting\n";
  std::ifstream fifo(request.query("fifo").value_or("/dev/null"));
  return std::string(std::istreambuf_iterator<char>(fifo), {});
}

// How often it has been called.
std::string counted() {
  static std::atomic<int> calls = 0;
  return std::to_string(++calls);
}

// Replies with the same event under another type; an event of the type `wait` waits for its subject, a FIFO.
ofn::CloudEvent relay(const ofn::CloudEvent& event) {
  std::osyncstream(std::cerr) << "event " << event.id() << "\n";  // not mixed with the log's lines
  if (event.type() == "wait") std::ifstream(event.subject().value()).get();
  if (event.type() == "throw") throw std::runtime_error("the secret of the exception");
  ofn::CloudEvent reply = event;
  reply.type("com.example.relayed");
  return reply;
}

OFN_FUNCTION(environment)
OFN_FUNCTION(from_file)
OFN_FUNCTION(app::echo)
OFN_FUNCTION(app::give_back)
OFN_FUNCTION(crash)
OFN_FUNCTION(wait)
OFN_FUNCTION(counted)
OFN_FUNCTION(relay)
