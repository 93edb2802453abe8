// What a proxy says of the request that it got.
//
//   forwarded_host(R"(for=10.0.0.1;host="shop.test:8443", for=10.0.0.2)");   // shop.test:8443
#pragma once

#include <string_view>

namespace ofn::tracing {

// Returns the host that the client asked for: the first one in the value of a field Forwarded (RFC 7239 §5.3). Empty if there is
// none, or if it has an escape, which no host needs. The client can have written the field itself.
std::string_view forwarded_host(std::string_view forwarded);

// The same for the list in a field X-Forwarded-Host: "shop.test, inner.test".
std::string_view first_host(std::string_view list);

}  // namespace ofn::tracing
