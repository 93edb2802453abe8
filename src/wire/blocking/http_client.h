// The port of bindings.http: one blocking HTTP exchange. curl_client.h implements it; tests use
// their own.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/field.h>

#include "base/clock.h"
#include "base/error.h"

namespace ofn::localdapr {

enum class Body { kNone, kSent };

// Views are read before the call returns.
struct HttpCall {
  std::string_view method;
  std::string url;
  std::vector<Header> headers;
  Body has_body = Body::kNone;
  std::string_view body;
  Deadline deadline;
};

struct HttpReply {
  int status = 0;
  std::string status_line;  // "404 Not Found"
  std::vector<Header> headers;
  std::string body;          // at most HttpClientOptions::max_body bytes
  std::string redirect_url;  // absolute, the target of a Location; empty if there is none
};

// Threads: several at once.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  // Sends one request and returns its response, whatever its status. Redirects are not followed.
  // Requests with idempotent methods may be sent more than once, all others are sent once.
  // Errors, with a sentence: kUnavailable (the server could not be reached, and nothing was sent),
  // kDeadlineExceeded, kInvalidArgument (invalid URL or header), kUnknown (any other failure; the
  // server may have received the request).
  virtual Result<HttpReply> send(const HttpCall& call) = 0;
};

// The options of a client. Certificates and keys are PEM text or the path of a file.
struct HttpClientOptions {
  std::string root_ca;
  std::string client_certificate;
  std::string client_key;
  std::int64_t max_body =
      std::int64_t{100} * 1024 * 1024;  // more is read and dropped; no limit if <= 0
};

}  // namespace ofn::localdapr
