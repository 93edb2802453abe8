// What a request of HTTP must be before a client sends it.
//
//   if (auto checked = check_request("GET", {{"Accept", "text/plain"}}); !checked) return checked.error();
#pragma once

#include <string_view>
#include <vector>

#include <ofn/field.h>

#include "base/error.h"

namespace ofn::wire::blocking {

// A malformed field could turn into another field, or end the head. Errors: kInvalidArgument.
Result<void> check_request(std::string_view method, const std::vector<Header>& headers);

}  // namespace ofn::wire::blocking
