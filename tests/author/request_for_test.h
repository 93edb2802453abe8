// A request for the tests of the HTTP helpers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <ofn/request.h>

namespace ofn {

// Owns what a Request borrows.
struct RequestForTest {
  std::vector<Field> headers = {};
  std::string_view body = {};
  std::string_view target = "/";
  std::string_view method = "GET";

  Request made() const {
    Request::Parts parts;
    parts.method = method;
    parts.target = target;
    parts.headers = headers;
    parts.body = body;
    return Request(parts);
  }
};

}  // namespace ofn
