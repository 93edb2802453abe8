// The functions that the tests of the program serve: as a .so, as source, and linked. The request
// says what they do, so one compilation serves every test.
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

// Records the variables that code sees while the program is loaded.
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

// Returns the request as it arrived: method, target, version and id, each in a line, then the body.
ofn::Response echo(const ofn::Request& request) {
  std::string text;
  for (const auto part : {request.method(), request.target(), request.version(), request.id()}) {
    text += std::string(part) + "\n";
  }
  return ofn::Response(text + std::string(request.body())).header("X-Echo", "yes");
}

// Returns the bytes of the request's body.
ofn::Response give_back(ofn::Request request) { return std::move(request).body(); }

}  // namespace app

//   ?throw=int  throws an int; otherwise it throws a std::exception
std::string crash(const ofn::Request& request) {
  if (request.query("throw") == "int") throw 42;
  throw std::runtime_error("the secret of the exception");
}

//   ?fifo=PATH  waits until a test has opened this FIFO to write, and has closed it
std::string wait(const ofn::Request& request) {
  std::cerr << "waiting\n";
  std::ifstream fifo(request.query("fifo").value_or("/dev/null"));
  return std::string(std::istreambuf_iterator<char>(fifo), {});
}

// Returns how often it has been called.
std::string counted() {
  static std::atomic<int> calls = 0;
  return std::to_string(++calls);
}

// Replies with the same event under another type. For an event of the type `wait` it first waits
// for the FIFO that the subject names.
ofn::CloudEvent relay(const ofn::CloudEvent& event) {
  // Keeps the line apart from the log's lines.
  std::osyncstream(std::cerr) << "event " << event.id() << "\n";
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
