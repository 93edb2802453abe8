// HttpClient by libcurl. The library is opened when the first component needs it, so a program
// without bindings.http neither loads nor requires it.
#pragma once

#include <memory>

#include "localdapr/http/http_client.h"

namespace ofn::localdapr {

// Lifetime: `clock` outlives the client.
// Errors: kFailedPrecondition if libcurl is not installed; the message names the package.
Result<std::unique_ptr<HttpClient>> make_curl_client(const HttpClientOptions& options,
                                                     const Clock& clock);

}  // namespace ofn::localdapr
