// The functions of the contract tests. The request says what they do, so one compilation serves
// every test.
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <string>

#include <ofn/function.h>

// Returns the request's body, with its content type if it has one.
//   /throw       throws instead
//   ?status=404  answers with that status
//   ?say=word    prints a line with that word, so that a test knows that the call has begun
//   ?fifo=path   then waits until the test has opened this FIFO to write, and has closed it
ofn::Response act(const ofn::Request& request) {
  if (request.path() == "/throw") throw std::runtime_error("the secret of the exception");
  if (const auto word = request.query("say")) std::fprintf(stderr, "called: %s\n", word->c_str());
  if (const auto path = request.query("fifo")) {
    std::ifstream fifo(*path);
    while (fifo.get() != EOF) {
    }
  }
  ofn::Response response{std::string(request.body())};
  if (const auto type = request.header("content-type")) response.content_type(std::string(*type));
  if (const auto status = request.query("status")) response.status(std::stoi(*status));
  return response;
}

// Replies with the event that it got, under another type.
ofn::CloudEvent relay(const ofn::CloudEvent& event) {
  ofn::CloudEvent reply = event;
  reply.type("com.example.relayed");
  return reply;
}
