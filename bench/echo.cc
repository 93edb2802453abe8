// The body of each request is its answer.
#include <utility>

#include <ofn/function.h>

ofn::Response echo(ofn::Request request) { return std::move(request).body(); }
