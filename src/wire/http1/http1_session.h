// The server's end of an HTTP/1.1 connection: bytes in, one Exchange after the other, answers out.
//
//   http1::SessionContext context{.handler = handler, .limits = limits, .date = date,
//                                 .upgrade = {}};
//   connection.start(http1::make_session(context), on_gone);
//
// A request is handed over when its body is whole; the next one is read when it was answered, so
// that pipelined requests are answered in order. What a peer sends meanwhile is kept up to a bound,
// then not read.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "wire/exchange.h"
#include "wire/http_date.h"
#include "wire/limits.h"
#include "wire/memory_account.h"
#include "wire/refusal.h"
#include "wire/session.h"

namespace ofn::wire::http1 {

// What all HTTP/1.1 sessions of one loop share.
struct SessionContext {
  Handler& handler;
  const Limits& limits;
  HttpDate& date;
  // Makes the session that goes on after `Upgrade: h2c`, with `request` (copied) as its first;
  // `settings` is the value of HTTP2-Settings. Null, or returning null: upgrades are ignored.
  std::function<std::unique_ptr<Session>(std::string_view settings, const Message& request)>
      upgrade;
  OnRefused refused = {};            // null: refusals carry no id
  MemoryAccount* account = nullptr;  // of the memory that peers hold; null: without a limit
};

// Lifetime: `context` outlives the session; exchanges may outlive it.
// Errors: what the parsers refuse is answered here, with `Connection: close`, and never reaches the
//   handler: 400, 413, 414, 417, 431, 501, 505; 503 when there is no memory for the body. Unfinished
//   requests: 408, after Limits::head_timeout
//   and body_timeout, or when the peer has closed its direction.
// Cost: the steady state allocates nothing; an idle connection keeps the buffers of its last
//   request, unless they were large.
// Spec: RFC 9112 §9 (persistence, pipelining), RFC 9110 §10.1.1 (Expect), RFC 7540 §3.2.
std::unique_ptr<Session> make_session(const SessionContext& context);

}  // namespace ofn::wire::http1
