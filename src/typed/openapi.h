// The OpenAPI document of a program's routes.
#pragma once

#include <string>

#include "function/routes.h"

namespace ofn {

struct OpenApiFacts {
  std::string title;    // the name of the context, or of the functions
  std::string version;  // of the context
};

// Returns the document (OpenAPI 3.1.0, JSON), with a final line break. Its schemas are those of schema_of().
//
// A path item has the methods of its routes. A route for all methods is described by POST for an event or data, by GET for a function
// that returns one of the author's types and takes none, and otherwise by GET, PUT, POST, DELETE and PATCH. OpenAPI has no words for a method
// of the author's own and for a parameter that matches several parts of a path: the first is left out, the second is described as a
// parameter.
std::string openapi_of(const Routes& routes, const OpenApiFacts& facts);

}  // namespace ofn
