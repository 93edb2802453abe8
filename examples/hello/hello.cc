// functions-framework --source examples/hello/hello.cc --target hello
// curl 'localhost:8080/?name=Ada'
#include <ofn/function.h>

ofn::Response hello(const ofn::Request& request) {
  if (request.method() != "GET") return ofn::Response("only GET\n").status(405);
  return "hello, " + request.query("name").value_or("world") + "\n";
}
