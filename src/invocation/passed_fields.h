// The fields of a request that an author's task makes (<ofn/http_client.h>): its own, and those that its call passes on.
//
//   const std::vector<Header> headers = headers_of(call, options);
#pragma once

#include <vector>

#include <ofn/field.h>
#include <ofn/http_client.h>

#include "invocation/http_port.h"

namespace ofn {

// A field of the request takes the place of one that is passed on.
std::vector<Header> headers_of(const HttpCall& call, const HttpPortOptions& options);

}  // namespace ofn
