// Service invocation and jobs over gRPC (AppCallback.OnInvoke, OnJobEventAlpha1) as requests: the
// handler of HTTP requests gets what a sidecar would have sent over HTTP, so that routes, limits
// and hooks hold for it in the same way.
//
//   answer_invocation(std::move(call), requests, limits);      // a grpc::Method of AppServer
//   answer_job(std::move(job), requests, limits);
//
// | gRPC                                | the request                                             |
// |-------------------------------------|---------------------------------------------------------|
// | method "orders/7?a=1", query "b=2"  | /orders/7?a=1&b=2; other bytes are percent-encoded      |
// | the extension's verb, or none       | that method, or POST                                    |
// | data, content type                  | body, Content-Type                                      |
// | metadata                            | header fields, without those of gRPC and without the    |
// |                                     | token; `dapr-` is removed from the names to which daprd |
// |                                     | adds it (Accept, Cookie, Host, …)                       |
// | grpc-trace-bin without traceparent  | traceparent                                             |
// | a job                               | POST /job/NAME, application/json, as from daprd         |
//
// | the answer                          | gRPC                                                    |
// |-------------------------------------|---------------------------------------------------------|
// | below 400                           | OK, the body, Content-Type; the other fields as         |
// |                                     | metadata; a status other than 200 in `ofn-http-status`  |
// | 400 and above                       | the code of code_of_answer(); the body's begin as the   |
// |                                     | message; status and body in grpc-status-details-bin, in |
// |                                     | the form that daprd uses for an app over HTTP           |
// | of a job                            | OK without a body, or a code that is never NOT_FOUND,   |
// |                                     | because daprd takes that for a success                  |
// | a larger body than the server sends | RESOURCE_EXHAUSTED                                      |
#pragma once

#include <cstddef>
#include <memory>

#include "base/error.h"
#include "wire/exchange.h"
#include "wire/grpc/server.h"

namespace ofn::dapr {

// The limits of such a request. Sizes in bytes.
struct InvocationLimits {
  std::size_t target = 0;  // longer: INVALID_ARGUMENT
  std::size_t answer = 0;  // of an answer in pieces; longer: RESOURCE_EXHAUSTED
};

// The code whose HTTP status in daprd (HTTPStatusFromCode) is nearest to the answer's status, which
// is 400 or above. 400 becomes INVALID_ARGUMENT, 409 ABORTED; other 4xx FAILED_PRECONDITION.
Code code_of_answer(int http_status) noexcept;

// Threads: the loop's of the call. Errors: INTERNAL for a message that is not protobuf;
// INVALID_ARGUMENT for a method with control characters, for CONNECT, and for a name of a job that
// has no place in a path; UNAVAILABLE if no memory is left for the request.
// Lifetime: the handler outlives the calls.
void answer_invocation(std::unique_ptr<wire::grpc::ServerCall> call, wire::Handler& requests,
                       const InvocationLimits& limits);
void answer_job(std::unique_ptr<wire::grpc::ServerCall> call, wire::Handler& requests,
                const InvocationLimits& limits);

}  // namespace ofn::dapr
