// An HTTP function: a request in, an answer out.
#include <ofn/function.h>

ofn::Response hello(const ofn::Request& request) {
  if (request.method() != "GET") return ofn::Response("only GET\n").status(405);
  return "hello, " + request.query("name").value_or("world") + "\n";
}
