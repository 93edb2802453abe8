#include "wire/blocking/request_check.h"

#include <algorithm>

#include "wire/chars.h"

namespace ofn::wire::blocking {

Result<void> check_request(std::string_view method, const std::vector<Header>& headers) {
  const auto is_field = [](const Header& header) {
    return !header.name.empty() && all(kToken, header.name) && all(kValue, header.value);
  };
  if (!std::ranges::all_of(headers, is_field))
    return fail(Code::kInvalidArgument, "a header's name or value is not valid in HTTP");
  if (method.empty() || !all(kToken, method))
    return fail(Code::kInvalidArgument, "the method is not valid in HTTP");
  return {};
}

}  // namespace ofn::wire::blocking
