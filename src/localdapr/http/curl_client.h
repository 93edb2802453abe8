// HttpClient by libcurl, which is opened when the first component needs it: a program without
// bindings.http neither loads nor requires it.
#pragma once

#include <memory>

#include "localdapr/http/http_client.h"

namespace ofn::localdapr {

// Lifetime: `clock` outlives the client.
// Errors: kFailedPrecondition when libcurl is not installed, naming the package.
Result<std::unique_ptr<HttpClient>> make_curl_client(const HttpClientOptions& options,
                                                     const Clock& clock);

}  // namespace ofn::localdapr
