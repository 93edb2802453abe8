// HttpClient by libcurl. The library is opened when the first client is made, so a program that makes none neither loads nor
// requires it.
//
//   auto client = make_curl_client({.needed_by = "bindings.http"}, clock);
#pragma once

#include <memory>

#include "wire/blocking/http_client.h"

namespace ofn::wire::blocking {

// Lifetime: `clock` outlives the client.
// Errors: kFailedPrecondition if libcurl is not installed; the message names the package.
Result<std::unique_ptr<HttpClient>> make_curl_client(const HttpClientOptions& options,
                                                     const Clock& clock);

}  // namespace ofn::wire::blocking
