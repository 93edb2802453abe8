// A client of HTTP whose calls block, as a port: for https, and for work that has a thread of its own anyway. curl_client.h
// implements it; tests use their own.
//
//   auto reply = client.send({.method = "GET", .url = "https://host/x", .headers = {}, .deadline = deadline});
//   if (!reply) complain(reply.error().message());
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/field.h>

#include "base/clock.h"
#include "base/error.h"
#include "wire/memory_account.h"

namespace ofn::wire::blocking {

enum class Body { kNone, kSent };
enum class Version { kHttp1, kHttp2 };
// Whether the client itself may send a request again, on a new connection, if the server has closed the old one without a response.
enum class Repeat {
  kIfIdempotent,  // as the method says (RFC 9110 §9.2.2); other requests get a connection of their own
  kAlways,
};

// What becomes of a body that is larger than it may be: the rest is dropped, or the call fails.
enum class Larger { kDropped, kRefused };

// Views are read before the call returns.
struct HttpCall {
  std::string_view method = {};
  std::string url = {};
  std::vector<Header> headers = {};
  Body has_body = Body::kNone;
  std::string_view body = {};
  Deadline deadline = {};
  Version version =
      Version::kHttp1;  // HTTP/2 needs https, and a server that offers it; otherwise it is HTTP/1.1
  Repeat repeat = Repeat::kIfIdempotent;
  std::int64_t max_body = 0;  // of the answer, in bytes; 0: HttpClientOptions::max_body
  Larger larger = Larger::kDropped;
  unsigned redirects = 0;  // at most that many are followed
};

struct HttpReply {
  int status = 0;
  std::string status_line;      // "404 Not Found"
  std::vector<Header> headers;  // and trailers
  std::string body;             // at most HttpClientOptions::max_body bytes
  std::string redirect_url;     // absolute, the target of a Location; empty if there is none
};

// Threads: several at once.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  // Sends one request and returns its response, whatever its status.
  // HttpCall::repeat says which requests may be sent more than once.
  // Errors, with a sentence: kUnavailable (the server could not be reached, and nothing was sent),
  // kDeadlineExceeded, kInvalidArgument (invalid URL or header), kFailedPrecondition (a certificate
  // or a key is wrong, here or there, and nothing was sent), kUnknown (any other failure; the server
  // may have received the request).
  virtual Result<HttpReply> send(const HttpCall& call) = 0;
};

// The options of a client. Certificates and keys are PEM text or the path of a file.
struct HttpClientOptions {
  std::string needed_by = {};  // for messages: "bindings.http"
  std::string root_ca = {};
  std::string client_certificate = {};
  std::string client_key = {};
  std::int64_t max_body =
      std::int64_t{100} * 1024 * 1024;  // more is read and dropped; no limit if <= 0
  MemoryAccount* account =
      nullptr;  // counts the bodies of answers until they are handed over; null: none
};

}  // namespace ofn::wire::blocking
