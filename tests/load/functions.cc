// The function that the load tests serve. The request decides the answer.
#include <cstdlib>
#include <string>

#include <ofn/function.h>
#include <ofn/reader.h>

//   ?size=N    answers N bytes
//   ?echo      answers with the request's body
//   otherwise  answers with the number of bytes of the request's body
ofn::Response load(const ofn::Request& request) {
  if (const auto size = request.query("size"))
    return ofn::Response(std::string(std::strtoul(size->c_str(), nullptr, 10), 'x'));
  if (request.query("echo")) return ofn::Response(std::string(request.body()));
  return ofn::Response(std::to_string(request.body().size()) + "\n");
}

// The same for bodies in pieces, without ?echo. It holds no thread while it waits for its client.
ofn::task<ofn::Response> load_in_pieces(const ofn::Request& request, ofn::Reader& reader) {
  while (const auto piece = co_await reader.async_read()) {
  }
  if (const auto size = request.query("size"))
    co_return ofn::Response(std::string(std::strtoul(size->c_str(), nullptr, 10), 'x'));
  co_return ofn::Response(std::to_string(reader.received()) + "\n");
}

OFN_FUNCTION(load)
OFN_FUNCTION(load_in_pieces)
