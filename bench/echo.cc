// Answers each request with its body.
#include <utility>

#include <ofn/function.h>

ofn::Response echo(ofn::Request request) { return std::move(request).body(); }
