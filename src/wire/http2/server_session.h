// The server's end of an HTTP/2 connection, over nghttp2: bytes in, Exchanges out, answers in any
// order.
//
//   connection.start(http2::make_server_session(handler, limits), on_gone);   // prior knowledge
//
//   if (auto session = http2::make_upgraded_session(handler, limits, settings, request)) {
//     …                                               // write "101 Switching Protocols"
//     transport.replace(std::move(*session), rest);
//   }                                                 // else: stay HTTP/1.1
//
// What nghttp2 does: frames, HPACK, stream states, flow control, the rules of malformed messages.
// What is ours: whole bodies under a memory bound, limits answered with a status instead of a reset
// where the peer can read it, time limits, the two-step farewell, and a budget for peers that make
// work without wanting any (frame_budget.h).
#pragma once

#include <memory>
#include <string_view>

#include "base/error.h"
#include "wire/exchange.h"
#include "wire/http2/block_pool.h"
#include "wire/limits.h"
#include "wire/memory_account.h"
#include "wire/refusal.h"
#include "wire/session.h"

namespace ofn::wire::http2 {

// Spec: RFC 9113.
// Lifetime: `handler` and `limits` outlive the session; exchanges may outlive it. The first bytes
//   that it receives are the client's connection preface.
//
// `refused` is told of what is answered here and never reaches the handler; `account`, which outlives
// the session's exchanges, bounds their memory (null: nothing does). `blocks`, which outlives the session, is the memory that
// sessions of one loop share (null: each has its own from malloc).
//
// Errors: a malformed message ends its stream only (a proxy shares the connection with others).
//   Over a limit: 431, 414, 413 or 503 is answered, and what the peer still sends for that stream is not
//   read. A peer that breaks the framing, or spends its budget, gets a GOAWAY and an end.
// Cost: a stream's memory is kept for the next one; a body under 64 KiB is taken at once, larger
//   ones share twice Limits::body_bytes per connection, first come first served. One of unknown
//   length has Limits::body_bytes of them until it is complete.
std::unique_ptr<Session> make_server_session(Handler& handler, const Limits& limits,
                                             OnRefused refused = {},
                                             MemoryAccount* account = nullptr,
                                             BlockPool* blocks = nullptr);

// For an HTTP/1.1 request that asked for `Upgrade: h2c`; it becomes stream 1 of the session (RFC
// 7540 §3.2), and is copied. `settings` is the value of its HTTP2-Settings field.
// Errors: kInvalidArgument when that is malformed: the upgrade is to be ignored.
Result<std::unique_ptr<Session>> make_upgraded_session(
    Handler& handler, const Limits& limits, std::string_view settings, const Message& request,
    OnRefused refused = {}, MemoryAccount* account = nullptr, BlockPool* blocks = nullptr);

}  // namespace ofn::wire::http2
